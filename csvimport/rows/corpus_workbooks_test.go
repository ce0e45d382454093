package rows_test

import (
	"testing"
)

// TestWorkbooks reads every file of the workbook corpus: what must be read gives
// exactly the reference rows, what must be refused exactly the listed errors at
// their positions, and what the operator has to be told is told.
func TestWorkbooks(t *testing.T) {
	all := expectations(t, workbooksDir)
	if len(all) != 130 {
		t.Errorf("the corpus has %d files, want 130", len(all))
	}
	for _, e := range all {
		t.Run(e.file, func(t *testing.T) {
			got := readAll(openCorpus(t, workbooksDir, e.file))
			checkWords(t, got.findings)
			checkExpected(t, workbooksDir, e, got)
			told := map[string]bool{}
			for _, f := range got.findings {
				told[string(f.Code)] = true
			}
			for code, w := range e.warnings {
				if w.Must && !told[code] {
					t.Errorf("nobody is told of %s", code)
				}
			}
		})
	}
}
