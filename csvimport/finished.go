package csvimport

import (
	"context"
	"time"

	"bulkimport/csvimport/ledger"
)

// Finished is the outcome of a job of which every row is at its good end in the
// ledger, with the row's own account, plan and cut-off; nil if it is not. The
// job's rows need not be resolved, and nothing is asked of the platform: running
// a command again on a large file is a matter of a second. Of the job
// only Rows and Book are used.
func Finished(ctx context.Context, job Job) (*Outcome, error) {
	began := time.Now()
	im := newImporter(job)
	for rows, err := range im.chunks(ctx, nil) {
		if err != nil {
			return nil, err
		}
		for i := range rows {
			if !finished(&rows[i].row, rows[i].entry) || im.ends.of(rows[i].row.Index) != "" {
				return nil, nil
			}
			im.ends.set(rows[i].row.Index, Existing)
		}
		im.rows += len(rows)
	}
	if im.rows == 0 {
		return nil, nil
	}
	im.count[Existing] = im.rows
	return &Outcome{Rows: im.rows, Count: im.count, Seconds: time.Since(began).Seconds(), Results: im.results}, nil
}

func finished(row *Row, e *ledger.Entry) bool {
	return e != nil && row.Valid() && e.State == ledger.Completed && e.Code == "" &&
		sameAccount(row, e) && row.PlanID == e.PlanID && row.CutOff == e.CutOff
}

// sameAccount reports whether the row names the entry's account as a row did
// that was bound to it: by number, or by name and e-mail.
func sameAccount(row *Row, e *ledger.Entry) bool {
	if row.AccountID != "" {
		return sameNumber(row.AccountID, e.AccountNo)
	}
	return row.Company != "" && row.Email != "" && companyKey(row.Company) == companyKey(e.AccountName) && NormalEmailKey(row.Email) == NormalEmailKey(e.Email)
}
