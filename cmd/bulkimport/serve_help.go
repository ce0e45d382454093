package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/session"
	"bulkimport/csvimport/upload"
)

const (
	helpFrom  = 100             // orders of an import at which others help
	mostHands = 8               // at one import
	askEvery  = 5 * time.Second // for help, and looked whether another import needs a hand more
	// handsPatience is for how long the others' end is waited for: what they have begun
	// gets half a minute, and so does one that may have died.
	handsPatience = 45 * time.Second
)

// errEnough is why a hand ends: its import needs it no more, or another one needs it.
var errEnough = errors.New("no further hand is needed")

// helped is what those at one import tell each other: its holder, whose run answers for
// every row, and the hands that others lend.
type helped struct {
	Rows  uint64          `json:"rows"`           // session.Preview.Rows
	Over  bool            `json:"over,omitempty"` // nothing is placed any more
	Full  bool            `json:"full,omitempty"` // a hand ended by itself: no further one is asked
	Hands map[string]hand `json:"hands,omitempty"`
}

// hand is one that another program lends, or has lent.
type hand struct {
	Program  string       `json:"program"`
	Left     bool         `json:"left,omitempty"`
	Counts   importCounts `json:"counts"` // of the rows it placed
	InFlight int          `json:"in_flight,omitempty"`
	Open     int          `json:"open,omitempty"`
}

// all is what the hands have done and do, together.
func (h *helped) all() (sum hand) {
	if h == nil {
		return sum
	}
	for _, one := range h.Hands {
		sum.Counts.add(one.Counts)
		if !one.Left {
			sum.InFlight, sum.Open = sum.InFlight+one.InFlight, sum.Open+one.Open
		}
	}
	return sum
}

// atWork reports whether a hand of a living program has not ended.
func (h *helped) atWork(living []string) bool {
	return h != nil && slices.ContainsFunc(slices.Collect(maps.Values(h.Hands)), func(one hand) bool {
		return !one.Left && slices.Contains(living, one.Program)
	})
}

// shared lets others help from now on, where that is worth their while: not on the first
// day, nor where the platform refuses plans, which rows are left out for.
func (r *servedRun) shared(p *session.Preview) {
	for _, plan := range p.Estimates {
		if !plan.Row.Valid() {
			return
		}
	}
	if p.FirstOnly || r.canary > 0 || r.hand() == 0 || p.ToPlace() < helpFrom {
		return
	}
	_, _ = r.live.change(func(rec *importRecord) { rec.Help = &helped{Rows: p.Rows} }) // else nobody helps
}

// hand is which hand the holder of an import is: the first, where others may help.
func (r *servedRun) hand() int {
	if r.service.commons == nil || r.live.shown().Orders < helpFrom {
		return 0
	}
	return 1
}

// theirs counts a row that has ended by the order of another run.
func (l *liveImport) theirs(r csvimport.Result) {
	if strings.HasPrefix(r.PlacedBy, "run ") && r.Status != csvimport.Existing && r.Status != csvimport.Differs {
		l.helped.Ended(r.Status)
	}
}

// seekHelp asks others to help once the import goes on in full, and ends their hands where
// it does not any more.
func (im *imports) seekHelp(ctx context.Context, l *liveImport) {
	rec, now := l.shown(), l.progress.Snapshot()
	switch {
	case rec.Help == nil, rec.Help.Over:
		return
	case now.Halted, rec.Stop:
		_, _ = l.change(endHands)
		return
	case now.InFlight > 1: // its first order has shown
		l.opened = true
	}
	if rec.Help.Full || !l.opened || time.Since(l.asked) < askEvery {
		return
	}
	l.asked = time.Now()
	living, err := im.living(ctx)
	for n := 2; err == nil && n <= min(len(living), mostHands); n++ {
		err = im.queue.Ask(ctx, rec.ID, n) // else the next time
	}
}

func endHands(r *importRecord) {
	if r.Help != nil {
		r.Help.Over = true
	}
}

// alone ends the hands of others and waits until they have ended, or died. Where the
// program ends the import goes on elsewhere, and so do they.
func (r *servedRun) alone(ctx context.Context) {
	cause := context.Cause(ctx)
	if r.live.shown().Help == nil || cause != nil && !errors.Is(cause, errStopAsked) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), handsPatience)
	defer cancel()
	for ctx.Err() == nil {
		rec, err := r.live.change(endHands)
		living, unknown := r.service.imports.living(ctx)
		if errors.Is(err, errTaken) || err == nil && unknown == nil && !rec.Help.atWork(living) {
			return
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// lent is the hand that this program lends.
type lent struct {
	import_  string // its id
	key      string // among the hands
	holder   string
	progress *csvimport.Meter
	placed   *csvimport.Meter // of the rows it placed itself
	cancel   context.CancelCauseFunc
}

// help lends a hand to an import that another program has.
func (im *imports) help(ctx context.Context, id string, n int) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	h := &lent{id, upload.NewID(), "", new(csvimport.Meter), new(csvimport.Meter), cancel}
	rec, err := im.lend(ctx, h)
	if err != nil {
		return
	}
	im.helps(h)
	defer im.helps(nil)
	quit := every(ctx, tellEvery, func() {
		if err := im.tellHand(h, false, false); errors.Is(err, errEnough) || errors.Is(err, upload.ErrNone) {
			cancel(errEnough)
		}
	})
	_ = im.service.helpAt(ctx, rec, n, h) // what goes wrong is the holder's to meet, and to tell
	quit()
	_ = im.tellHand(h, true, ctx.Err() == nil) // else the others wait until this program is taken for dead
}

func (im *imports) helps(h *lent) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.lent = h
}

// yield ends the hand that this program lends: an import that nobody has needs it more.
func (im *imports) yield() {
	im.mu.Lock()
	defer im.mu.Unlock()
	if im.lent != nil {
		im.lent.cancel(errEnough)
	}
}

// lend puts a hand among those of its import, if that wants any.
func (im *imports) lend(ctx context.Context, h *lent) (rec importRecord, err error) {
	living, err := im.living(ctx)
	if err != nil {
		return rec, err
	}
	err = upload.Change(im.home, h.import_, func(r *importRecord) error {
		wanted := r.Help != nil && !r.Help.Over && !r.Stop && r.State == importRunning && r.Platform == im.service.places.url
		if !wanted || r.Holder == im.self || !slices.Contains(living, r.Holder) {
			return errEnough
		}
		if r.Help.Hands == nil {
			r.Help.Hands = make(map[string]hand)
		}
		r.Help.Hands[h.key] = hand{Program: im.self}
		rec, h.holder = *r, r.Holder
		return nil
	})
	return rec, err
}

// tellHand tells the holder what a hand does.
func (im *imports) tellHand(h *lent, left, full bool) error {
	return upload.Change(im.home, h.import_, func(r *importRecord) error {
		if r.Help == nil || r.Holder != h.holder || r.State.over() {
			return errEnough
		}
		one, ok := r.Help.Hands[h.key]
		if !ok || !left && (r.Help.Over || r.Stop) {
			return errEnough
		}
		placed, now := h.placed.Snapshot(), h.progress.Snapshot()
		one.Left, one.InFlight, one.Open = left, now.InFlight, now.Open
		one.Counts = importCounts{Done: placed.Done, Failed: placed.Failed, Unknown: placed.Unknown}
		r.Help.Hands[h.key], r.Help.Full = one, r.Help.Full || full
		return nil
	})
}

// helpAt places what is left of an import, as its holder does.
func (s *service) helpAt(ctx context.Context, rec importRecord, n int, h *lent) error {
	file, err := s.openAs(rec)
	if err != nil {
		return err
	}
	defer file.Close()
	what := rec.Said
	what.LastImport, what.Resend = "", false // said to the holder
	run, err := s.importOf(ctx, file, what)
	if err != nil {
		return err
	}
	defer run.work.Close()
	job := run.job(ctx)
	job.Hand, job.Meter, job.Run.Operator = n, h.progress, rec.Who.Name
	job.Confirm = func(_ context.Context, p *session.Preview) error {
		if p.Rows != rec.Help.Rows {
			return errEnough // the platform's lists have changed since
		}
		return nil
	}
	job.Events = session.Events{Ended: func(r csvimport.Result) { h.placed.Ended(r.Status) }}
	if !run.work.settings.loopback() {
		defer awake("orders are on their way")()
	}
	return session.Help(ctx, job)
}

// every does something now and then beside, until its end is called.
func every(ctx context.Context, d time.Duration, do func()) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		each := time.NewTicker(d)
		defer each.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-each.C:
				do()
			}
		}
	}()
	return func() { cancel(); <-done }
}
