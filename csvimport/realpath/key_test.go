package realpath_test

import (
	"testing"

	"bulkimport/csvimport/realpath"
)

// TestKey tells which names are those of one file, as each system compares them.
func TestKey(t *testing.T) {
	const composed, decomposed = "/b/M\u00fcller.csv", "/b/Mu\u0308ller.csv"
	for _, tt := range []struct {
		name, a, b             string
		linux, darwin, windows bool
	}{
		{"the same", "/a.csv", "/a.csv", true, true, true},
		{"another", "/a.csv", "/b.csv", false, false, false},
		{"another case", "/A.csv", "/a.CSV", false, true, true},
		{"a letter composed and decomposed", composed, decomposed, false, true, false},
		{"both, in another case", composed, "/B/MU\u0308LLER.CSV", false, true, false},
		{"marks in another order", "/a\u0323\u0307", "/a\u0307\u0323", false, true, false},
		{"letters that only look alike", "/\ufb01le.csv", "/file.csv", false, false, false},
	} {
		for system, want := range map[string]bool{"linux": tt.linux, "darwin": tt.darwin, "windows": tt.windows} {
			if got := realpath.Key(tt.a, system) == realpath.Key(tt.b, system); got != want {
				t.Errorf("%s, %s: one file %v, want %v", tt.name, system, got, want)
			}
		}
	}
}
