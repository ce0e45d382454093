package joined

import (
	"context"
	"errors"
	"iter"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/outcome"
)

// ErrUnfinished is rows of which one is not at its good end.
var ErrUnfinished = errors.New("a row is not at its end")

// Finished yields the results of rows all of which are at their good end in the
// ledger, with the row's own account, plan and cut-off. At the first row that is
// not it ends with ErrUnfinished. The rows need not be resolved, and nothing is
// asked of the platform: running a command again on a large file is a matter of a
// second.
func Finished(ctx context.Context, rows csvimport.Rows, book ledger.Book) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		var seen RowSet
		for r, err := range (Rows{Rows: rows, Book: book}).Each(ctx) {
			if err == nil && (!finished(&r.Row, r.Entry) || seen.Has(r.Row.Index)) {
				err = ErrUnfinished
			}
			if err != nil {
				yield(csvimport.Reported{}, err)
				return
			}
			seen.Add(r.Row.Index)
			if !yield(csvimport.Reported{Row: r.Row, Result: outcome.OfRow(&r.Row, r.Entry, csvimport.Existing, nil)}, nil) {
				return
			}
		}
	}
}

func finished(row *csvimport.Row, e *ledger.Entry) bool {
	return e != nil && row.Valid() && e.State == ledger.Completed && e.Code == "" &&
		sameAccount(row, e) && row.PlanID == e.PlanID && row.CutOff == e.CutOff
}

// sameAccount reports whether the row names the entry's account as a row did
// that was bound to it: by number, or by name and e-mail.
func sameAccount(row *csvimport.Row, e *ledger.Entry) bool {
	if row.AccountID != "" {
		return normal.Number(row.AccountID) == normal.Number(e.AccountNo)
	}
	return row.Company != "" && row.Email != "" && normal.CompanyKey(row.Company) == normal.CompanyKey(e.AccountName) && normal.EmailKey(row.Email) == normal.EmailKey(e.Email)
}
