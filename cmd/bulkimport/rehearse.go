package main

import (
	"context"
	"fmt"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
)

// rehearse does all of an import but placing: it asks the platform's estimate
// for each row and says how deep the check went.
func (o *importing) rehearse(ctx context.Context, s *session, c *check.Checker) error {
	began := time.Now()
	list := new(findingList)
	var asked, refused, unanswered, skipped int
	var why error
	for e, err := range engine.EstimateRows(ctx, o.unordered(c.Rows), s.orders, o.concurrency) {
		if err != nil {
			return err
		}
		switch {
		case e.Err != nil:
			unanswered++
			why = e.Err
		case e.Asked && !e.Row.Valid():
			refused++
			for _, f := range c.Name(e.Row.Findings) {
				if f.Code == "E_PLAN_REFUSED" {
					list.add(f)
				}
			}
		case e.Asked:
			asked++
		default:
			skipped++
		}
	}
	plans, err := engine.EstimatePlans(ctx, o.unordered(c.Rows), s.orders)
	if err != nil {
		return err
	}
	o.show(list, c.File.Name())
	if o.events == nil {
		again, err := o.count(ctx, c)
		if err != nil {
			return err
		}
		p := &preview{session: s, name: c.File.Name(), tally: c.Tally(), estimates: plans, again: again, warnings: o.warnings}
		p.write(o.env.out, o.env.pen(o.env.out))
		fmt.Fprintf(o.env.out, "\ndry run: nothing was placed. The platform's estimate accepted %s and refused %s", count(asked, "order"), number(refused))
		if unanswered > 0 {
			fmt.Fprintf(o.env.out, "; for %s it gave none (%s)", number(unanswered), clean(why.Error()))
		}
		fmt.Fprintln(o.env.out)
	} else {
		t := c.Tally()
		counts := map[csvimport.Status]int{
			csvimport.Refused: refused, csvimport.Invalid: t.Rows - t.Valid, csvimport.Existing: t.Imported + t.Ordered,
		}
		counts[csvimport.Unsent] = t.Rows - counts[csvimport.Refused] - counts[csvimport.Invalid] - counts[csvimport.Existing]
		summary := summaryOf(t.Rows, counts)
		summary["dry_run"], summary["valid"], summary["accepted"], summary["unanswered"] = true, t.Valid-refused, asked, unanswered
		summary["seconds"], summary["results"] = round(time.Since(began).Seconds()), ""
		o.events.emit(summary)
		if err := o.events.failed(); err != nil {
			return err
		}
	}
	switch {
	case refused > 0:
		return &ending{status: statusRefused, err: fmt.Errorf("the platform refuses %s", count(refused, "order")), hint: "nothing was sent; the estimate's words are above"}
	case skipped > 0:
		return ended(statusIncomplete)
	}
	return nil
}
