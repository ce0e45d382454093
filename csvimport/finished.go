package csvimport

import (
	"context"
	"errors"
	"iter"

	"bulkimport/csvimport/ledger"
)

// ErrUnfinished is a job with a row that is not at its good end.
var ErrUnfinished = errors.New("a row is not at its end")

// Finished yields the results of a job of which every row is at its good end in
// the ledger, with the row's own account, plan and cut-off. At the first row that
// is not it ends with ErrUnfinished. The job's rows need not be resolved, and
// nothing is asked of the platform: running a command again on a large file is a
// matter of a second. Of the job only Rows and Book are used.
func Finished(ctx context.Context, job Job) iter.Seq2[Result, error] {
	return func(yield func(Result, error) bool) {
		im := newImporter(job)
		var seen rowSet
		for r, err := range im.each(ctx) {
			if err == nil && (!finished(&r.row, r.entry) || seen.has(r.row.Index)) {
				err = ErrUnfinished
			}
			if err != nil {
				yield(Result{}, err)
				return
			}
			seen.add(r.row.Index)
			if !yield(rowResult(&r.row, r.entry, Existing, nil), nil) {
				return
			}
		}
	}
}

func finished(row *Row, e *ledger.Entry) bool {
	return e != nil && row.Valid() && e.State == ledger.Completed && e.Code == "" &&
		sameAccount(row, e) && row.PlanID == e.PlanID && row.CutOff == e.CutOff
}

// sameAccount reports whether the row names the entry's account as a row did
// that was bound to it: by number, or by name and e-mail.
func sameAccount(row *Row, e *ledger.Entry) bool {
	if row.AccountID != "" {
		return number(row.AccountID) == number(e.AccountNo)
	}
	return row.Company != "" && row.Email != "" && companyKey(row.Company) == companyKey(e.AccountName) && NormalEmailKey(row.Email) == NormalEmailKey(e.Email)
}
