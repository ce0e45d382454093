package rows

import (
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet"
)

// Letters are those a spreadsheet shows above the columns, by folded heading.
type Letters map[string]string

func LettersOf(header []string) Letters {
	l := make(Letters)
	for i, name := range header {
		if name := sheet.Fold(name); l[name] == "" {
			l[name] = sheet.Letter(i)
		}
	}
	return l
}

// Name completes findings that know their column and not its letter.
func (l Letters) Name(findings []csvimport.Finding) []csvimport.Finding {
	cloned := false
	for i := range findings {
		if findings[i].Letter != "" || findings[i].Column == "" {
			continue
		}
		if !cloned {
			findings, cloned = slices.Clone(findings), true
		}
		findings[i].Letter = l[sheet.Fold(findings[i].Column)]
	}
	return findings
}
