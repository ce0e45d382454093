package main

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/notice"
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
	handRests     = 30 * time.Second // one that could not go on, until it is lent again
)

// errEnough is why a hand ends: its import needs it no more, or another one needs it.
var errEnough = errors.New("no further hand is needed")

// helped is what those at one import tell each other: its holder, whose run answers for
// every row, and the hands that others lend.
type helped struct {
	Rows  uint64          `json:"rows"`           // session.Preview.Rows
	Over  bool            `json:"over,omitempty"` // nothing is placed any more
	Full  bool            `json:"full,omitempty"` // a hand found no row to place, or a reason not to: no further one is asked
	Hands map[string]hand `json:"hands,omitempty"`
}

// hand is one that another program lends, or has lent.
type hand struct {
	Program  string       `json:"program"`
	Left     bool         `json:"left,omitempty"`
	Why      string       `json:"why,omitempty"` // it could not go on; until it sends orders again
	Counts   importCounts `json:"counts"`        // of the rows it placed
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
		waited(ctx, 200*time.Millisecond)
	}
}

// tellWhy tells who watches why hands could not go on, each reason once.
func (im *imports) tellWhy(l *liveImport, h *helped) {
	if h == nil {
		return
	}
	for key, one := range h.Hands {
		if one.Why != "" && l.why[key] != one.Why {
			l.notice(one.Why)
		}
		l.why[key] = one.Why
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

// help lends a hand to an import that another program has. One that could not go on is
// lent again after a rest: the platform or the database may answer again, or whoever runs this
// program may have mended what is wrong with it.
func (im *imports) help(ctx context.Context, id string, n int) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer im.helps(nil)
	h := &lent{import_: id, key: upload.NewID(), placed: new(csvimport.Meter), cancel: cancel}
	for again := true; again; {
		one := *h
		one.progress = new(csvimport.Meter)
		im.helps(&one)
		again = im.lendOnce(ctx, &one, n) && im.rests(ctx, id)
	}
}

// lendOnce is a hand from its beginning to its end. It reports whether that was for a reason
// that may pass.
func (im *imports) lendOnce(ctx context.Context, h *lent, n int) (again bool) {
	rec, err := im.lend(ctx, h)
	if err != nil {
		return !isEnough(err)
	}
	quit := every(ctx, tellEvery, func() {
		if isEnough(im.tellHand(h, nil)) {
			h.cancel(errEnough)
		}
	})
	end := im.service.handEnd(ctx, im.service.helpAt(ctx, rec, n, h))
	quit()
	for told := im.tellHand(h, &end); told != nil && !isEnough(told) && waited(ctx, tellEvery); {
		told = im.tellHand(h, &end) // else the others wait until this program is taken for dead
	}
	return end.why != "" && !end.full
}

// isEnough reports whether an import needs no hand, which is why there was an error.
func isEnough(err error) bool { return errors.Is(err, errEnough) || errors.Is(err, upload.ErrNone) }

// rests waits until a hand is to be lent again, and reports whether its import may want it.
func (im *imports) rests(ctx context.Context, id string) bool {
	for end := time.Now().Add(handRests); time.Now().Before(end); {
		var rec importRecord
		if !waited(ctx, tellEvery) || upload.Get(im.home, id, &rec) == nil && !im.wants(&rec) {
			return false
		}
	}
	return true
}

// waited waits, and reports whether nothing has ended ctx meanwhile.
func waited(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
	return ctx.Err() == nil
}

// handEnd is how a hand ended.
type handEnd struct {
	why  string // empty: it was done, or not needed any more
	full bool   // another one would end as it did
}

// handEnd is what an end by an error means. What a person has to look at, and rows that were
// refused, are the holder's to meet; but one that begins anew would have an allowance anew.
func (s *service) handEnd(ctx context.Context, err error) (end handEnd) {
	switch stop, stopped := errors.AsType[*notice.StopError](err); {
	case ctx.Err() != nil:
		return end
	case err == nil, isEnough(err), errors.Is(err, session.ErrNoHelp):
		end.full = true
		return end
	case stopped:
		end.full = !stop.Systemic() || stop.LookFirst() || stop.Held()
	}
	words, hint := s.explain(err)
	end.why = machine.Local().Host() + " cannot help with this import any more: " + words
	if hint != "" {
		end.why += "; there: " + hint
	}
	return end
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
		if !im.wants(r) || !slices.Contains(living, r.Holder) {
			return errEnough
		}
		if r.Help.Hands == nil {
			r.Help.Hands = make(map[string]hand)
		}
		one := r.Help.Hands[h.key] // of before it rested
		one.Program, one.Left = im.self, false
		r.Help.Hands[h.key] = one
		rec, h.holder = *r, r.Holder
		return nil
	})
	return rec, err
}

// wants reports whether an import of another program wants a hand.
func (im *imports) wants(r *importRecord) bool {
	return r.Help != nil && !r.Help.Over && !r.Stop && r.State == importRunning && r.Platform == im.service.places.url && r.Holder != im.self
}

// tellHand tells the holder what a hand does, or how it ended.
func (im *imports) tellHand(h *lent, end *handEnd) error {
	return upload.Change(im.home, h.import_, func(r *importRecord) error {
		if r.Help == nil || r.Holder != h.holder || r.State.over() {
			return errEnough
		}
		one, ok := r.Help.Hands[h.key]
		if !ok || end == nil && (r.Help.Over || r.Stop) {
			return errEnough
		}
		placed, now := h.placed.Snapshot(), h.progress.Snapshot()
		one.Left, one.InFlight, one.Open = end != nil, now.InFlight, now.Open
		switch {
		case end != nil:
			one.Why, r.Help.Full = end.why, r.Help.Full || end.full
		case now.InFlight > 0:
			one.Why = ""
		}
		one.Counts = importCounts{Done: placed.Done, Failed: placed.Failed, Unknown: placed.Unknown}
		r.Help.Hands[h.key] = one
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
