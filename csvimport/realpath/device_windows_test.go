package realpath_test

import (
	"errors"
	"testing"

	"bulkimport/csvimport/realpath"
)

// TestDevices refuses names that are no files, and takes all others.
func TestDevices(t *testing.T) {
	for path, device := range map[string]bool{
		"NUL": true, `C:\Users\me\con`: true, "com1": true, "LPT9": true, "CONIN$": true, `sub\aux`: true, "r.csv:hidden": true,
		"r.csv": false, "C:r.csv": false, `C:\r.csv`: false, `\r.csv`: false, "console.csv": false, "COM10.csv": false,
		`\\server\share\r.csv`: false, `\\?\C:\r.csv`: false, `..\r.csv`: false, "..": false, `C:\`: false,
		"Zażółć gęślą.csv": false,
	} {
		if _, err := realpath.Of(path); errors.Is(err, realpath.ErrDevice) != device {
			t.Errorf("%s: error %v, want one of a device: %v", path, err, device)
		}
	}
}
