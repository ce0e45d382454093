package session

import (
	"fmt"

	"bulkimport/csvimport"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/rows"
)

// Loses says what would be lost if the results of file took the place of what is in
// old: results of other rows, of more rows, or something that is no results file.
// It is nil if nothing would.
func Loses(old, file *rows.File) error {
	if !rows.IsResults(old) {
		return fmt.Errorf("it is not a results file")
	}
	subs := make(joined.SubSet)
	n := 0
	for row := range file.Rows() {
		n++
		subs.Add(row.SubID)
	}
	had, others := 0, 0
	var first csvimport.Reported
	for r, err := range rows.ReadResults(old) {
		if err != nil {
			return err
		}
		had++
		if ordered := r.Result.OrderID != "" || r.Result.OrderNumber != ""; ordered && !subs.Has(r.Row.SubID) {
			if others++; others == 1 {
				first = r
			}
		}
	}
	switch {
	case others > 0:
		return fmt.Errorf("it holds results of %s that %s does not have (row %d)", csvimport.Plural(others, "row", "rows"), file.Name(), first.Row.Row)
	case had > n:
		return fmt.Errorf("it holds results of %s, and %s has %d", csvimport.Plural(had, "row", "rows"), file.Name(), n)
	}
	return nil
}
