package main

import (
	"context"
	"fmt"
	"time"

	"bulkimport/csvimport/session"
)

// rehearse does all of an import but placing: it asks the platform's estimate
// for each row and says how deep the check went.
func (r *importRun) rehearse(ctx context.Context) error {
	done, err := session.Rehearse(ctx, r.job(ctx))
	if err != nil {
		return r.refusal(err)
	}
	if r.events == nil {
		w := r.env.out
		r.preview(done.Preview).write(w, r.env.pen(w))
		fmt.Fprintf(w, "\ndry run: nothing was placed. The platform's estimate accepted %s and refused %s", count(done.Accepted, "order"), number(done.Refused))
		if done.Unanswered > 0 {
			fmt.Fprintf(w, "; for %s it gave none (%s)", number(done.Unanswered), clean(done.Why.Error()))
		}
		fmt.Fprintln(w)
	} else {
		t := done.Tally
		summary := importSummary(t.Rows, unsentCounts(t, done.Refused), time.Since(r.began).Seconds(), "")
		summary["dry_run"], summary["valid"], summary["accepted"], summary["unanswered"] = true, t.Valid-done.Refused, done.Accepted, done.Unanswered
		r.events.emit(summary)
		if err := r.events.failed(); err != nil {
			return err
		}
	}
	switch {
	case done.Refused > 0:
		return &ending{status: statusRefused, err: fmt.Errorf("the platform refuses %s", count(done.Refused, "order")), hint: "nothing was sent; the estimate's words are above"}
	case done.Skipped > 0:
		return ended(statusIncomplete)
	}
	return nil
}
