package engine

import (
	"context"
	"errors"
	"iter"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
)

// ErrUnfinished is a job with a row that is not at its good end.
var ErrUnfinished = errors.New("a row is not at its end")

// Finished yields the results of a job of which every row is at its good end in
// the ledger, with the row's own account, plan and cut-off. At the first row that
// is not it ends with ErrUnfinished. The job's rows need not be resolved, and
// nothing is asked of the platform: running a command again on a large file is a
// matter of a second. Of the job only Rows and Book are used.
func Finished(ctx context.Context, job Job) iter.Seq2[csvimport.Result, error] {
	return func(yield func(csvimport.Result, error) bool) {
		im := newImporter(job)
		var seen rowSet
		for r, err := range im.each(ctx) {
			if err == nil && (!finished(&r.row, r.entry) || seen.has(r.row.Index)) {
				err = ErrUnfinished
			}
			if err != nil {
				yield(csvimport.Result{}, err)
				return
			}
			seen.add(r.row.Index)
			if !yield(rowResult(&r.row, r.entry, csvimport.Existing, nil), nil) {
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
