package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"reflect"
	"slices"
	"time"

	"bulkimport/csvimport/jobs"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/upload"
)

// outage is how long imports of a team wait for their database.
const outage = time.Hour

// share opens what a team shares, where the ledger is a database.
func (s *service) share(ctx context.Context) (err error) {
	if !postgres.Is(s.places.ledger) {
		return nil
	}
	o, err := s.env.sharedOptions(s.places)
	if err != nil {
		return err
	}
	s.commons, err = postgres.OpenCommons(ctx, s.places.ledger, o)
	s.env.patience = outage
	return err
}

// keeping is where it is kept who is in, and who has tried: with the other servers of a
// team that are set up alike, or in memory.
func (s *service) keeping() (store serve.Store) {
	store = new(serve.Memory)
	if s.team == nil {
		return store
	}
	if s.commons != nil {
		store = s.commons.Drawer(serve.KeyOf(s.places.url + "\n" + s.team.realm))
	}
	s.team.tries = &serve.Tries{Store: store}
	if s.team.provider != nil {
		s.team.provider.Share(store)
	}
	return store
}

// home is where records of a kind are kept: with the others' of a team, or in a folder.
func (s *service) home(folder, kind string) (upload.Home, error) {
	if s.commons != nil {
		return s.commons.Shelf(kind), nil
	}
	return upload.OpenFolder(filepath.Join(folder, kind))
}

// join takes part in the work of a team: the imports of this platform.
func (im *imports) join(ctx context.Context) (err error) {
	im.self = im.service.commons.Self()
	platform := sha256.Sum256([]byte(im.service.places.url))
	im.queue, err = jobs.Join(ctx, im.service.commons, hex.EncodeToString(platform[:16]), im.work, im.help, im.tend)
	return err
}

// living are the programs that may have an import in hand.
func (im *imports) living(ctx context.Context) ([]string, error) {
	if im.service.commons == nil {
		return []string{im.self}, nil
	}
	return im.service.commons.Living(ctx)
}

// tend queues imports again that nobody has in hand any more.
func (im *imports) tend(ctx context.Context) {
	living, err := im.living(ctx)
	if err != nil {
		return
	}
	all, err := upload.Every[importRecord](im.home)
	if err != nil {
		return
	}
	slices.SortFunc(all, func(a, b importRecord) int { return a.Queued.Compare(b.Queued) })
	for _, rec := range all {
		inHand := slices.Contains(living, rec.Holder)
		if rec.Holder == im.self { // unless its end could not be written
			inHand = im.liveOf(rec.ID) != nil
		}
		if !rec.State.over() && rec.Platform == im.service.places.url && !inHand {
			_ = im.queue.Add(ctx, rec.ID) // else the next time
			if time.Since(rec.Queued) > askEvery {
				im.yield()
			}
		}
	}
}

// tellEvery is how often other machines are told how an import stands, and asked
// whether it is to stop.
const tellEvery = time.Second

// tell tells other machines how an import stands, until its end is called.
func (im *imports) tell(ctx context.Context, id string, l *liveImport) (end func()) {
	if im.service.commons == nil {
		return func() {}
	}
	return every(context.WithoutCancel(ctx), tellEvery, func() {
		im.tellOnce(id, l)
		im.seekHelp(ctx, l)
	})
}

func (im *imports) tellOnce(id string, l *liveImport) {
	var kept importRecord
	if upload.Get(im.home, id, &kept) != nil {
		return // the next time
	}
	l.hear(kept.Help)
	im.tellWhy(l, kept.Help)
	was, now := l.shown(), im.service.now(l)
	if kept.Holder == was.Holder && kept.Stop == was.Stop && kept.Counts == was.Counts && reflect.DeepEqual(kept.Now, now) || was.State.over() {
		return
	}
	_, _ = l.change(func(r *importRecord) {
		if !r.State.over() {
			l.count(r)
			r.Now = now
		}
	})
}

// hear takes what other hands have told.
func (l *liveImport) hear(h *helped) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.record.Help = h
}
