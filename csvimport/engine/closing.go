package engine

import (
	"context"

	"bulkimport/csvimport"
	"bulkimport/csvimport/joined"
	"bulkimport/csvimport/ledger"
)

// shownImports is what the tenant list shows of the orders that completed in a run.
type shownImports struct {
	yes     int
	notYet  int           // shown as not imported, by a list that may follow
	missing int           // shown as not imported, by a list that is known to follow
	subs    joined.SubSet // of the missing
}

// imported reads the tenant list and notes, for each order that completed in this
// run, what it shows. follows is whether the list is known to show an import soon
// after its order's end.
func (a asker) imported(ctx context.Context, follows bool) (shownImports, error) {
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
		var list []ledger.Entry
		for sub, e := range entries {
			if e.Run == a.job.Run.ID() && e.State == ledger.Completed && e.SentBy == e.Run {
				found.note(&e, shown[sub], follows)
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

// note writes into an entry what the list shows of it.
func (s *shownImports) note(e *ledger.Entry, b csvimport.Binding, follows bool) {
	switch {
	case b.Imported:
		s.yes++
		e.Imported = ledger.ImportYes
		if e.Code == csvimport.CodeNotImported {
			e.Code, e.Message = "", ""
		}
	case follows:
		s.missing++
		s.subs.Add(e.Sub)
		e.Imported = ledger.ImportNo
		e.Code, e.Message = csvimport.CodeNotImported, csvimport.NotImportedWords
	default:
		s.notYet++
		e.Imported = ledger.ImportNotShown
	}
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
