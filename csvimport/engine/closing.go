package engine

import (
	"context"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// shownImports is what the tenant list shows of the orders that completed in a run.
type shownImports struct {
	outcome.Imports
	subs joined.SubSet // of the missing
}

// imported reads the tenant list and notes, for each order that completed in this
// run, what it shows. follows is how soon after an order's end the list has been
// seen to show it, zero if it has not: then what it does not show may still come.
// Where that is decided soon, it is waited for.
func (a asker) imported(ctx context.Context, follows time.Duration) (shownImports, error) {
	for {
		found, err := a.readImported(ctx, follows)
		if err != nil || found.NotYet == 0 || follows == 0 {
			return found, err
		}
		wait := a.rules.ImportDue(follows) - found.Youngest
		if soon := follows + follows/4 - found.Youngest; soon > 0 {
			wait = soon + time.Second
		}
		if wait > mostImportWait {
			return found, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return found, nil
		}
	}
}

// mostImportWait is how long the end of a run is put off, at most, for a tenant list
// that does not show imports yet.
const mostImportWait = 3 * time.Minute

func (a asker) readImported(ctx context.Context, follows time.Duration) (shownImports, error) {
	found := shownImports{subs: make(joined.SubSet)}
	shown := make(map[string]csvimport.Binding, joined.Chunk)
	flush := func() error {
		subs := make([]string, 0, len(shown))
		for sub := range shown {
			subs = append(subs, sub)
		}
		entries, err := a.job.Book.Find(ctx, subs)
		if err != nil {
			return err
		}
		now := a.job.Orders.Now()
		var list []ledger.Entry
		for sub, e := range entries {
			if e.Run == a.job.Run.ID() && e.State == ledger.Completed && e.SentBy == e.Run {
				age := now.Sub(e.FinishedAt)
				if found.Take(&e, shown[sub].Imported, age, follows > 0 && age >= a.rules.ImportDue(follows)); e.Imported == ledger.ImportNo {
					found.subs.Add(e.Sub)
				}
				list = append(list, e)
			}
		}
		clear(shown)
		_, err = a.record(ctx, list, "")
		return err
	}
	for b, err := range a.job.Imported(ctx) {
		if err != nil {
			return found, err
		}
		if !b.Known {
			continue
		}
		if shown[b.Sub] = b; len(shown) == joined.Chunk {
			if err := flush(); err != nil {
				return found, err
			}
		}
	}
	return found, flush()
}

// doubles looks once more at the newest orders and returns the second orders that
// stand, of rows of the file or first seen in this run, and that nobody has said
// to know of.
func (a asker) doubles(w *watcher, inFile joined.SubSet) ([]ledger.Sighting, error) {
	if _, err := w.look(nil, 0, false); err != nil {
		return nil, err
	}
	all, err := a.job.Book.Sightings(a.readCtx)
	if err != nil {
		return nil, err
	}
	var standing []ledger.Sighting
	for sub, of := range all {
		for _, s := range of {
			if standsAs(s.OrderStatus) && !s.Acknowledged && (s.Run == a.job.Run.ID() || inFile.Has(sub)) {
				standing = append(standing, s)
			}
		}
	}
	return standing, nil
}
