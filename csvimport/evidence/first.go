package evidence

import "time"

// Admission is how many orders may be placed now.
type Admission uint8

const (
	None  Admission = iota // none
	Alone                  // one, while no other is on its way: the first order
	All                    // as many as anything else allows
)

// Verdict is what waiting for the first order comes to.
type Verdict uint8

const (
	Undecided     Verdict = iota
	Unseen                // it was accepted and nothing has shown it
	UnseenAgain           // so was one of an earlier run
	TooManyDoubts         // several in a row were in doubt
)

// stage is where the first order stands.
type stage uint8

const (
	looking  stage = iota // a recent look that holds nothing foreign is needed
	sent                  // it is on its way
	doubting              // it has no clear answer; after a while the next row is first
	showing               // it was accepted and has to show
	open                  // it has shown: others may go
)

// First is the first order: whenever evidence begins anew, or nothing was placed for
// a while, one order is placed alone and nothing else before it has shown. Times
// are elapsed. It belongs to one goroutine.
type First struct {
	rules Rules

	stage    stage
	order    string        // its id, once accepted
	accepted time.Duration // when
	shown    bool
	until    time.Duration // doubting: when the next row is first
	doubts   int           // in a row
	placed   time.Duration // when the last order was
	anew     time.Duration // since when evidence is gathered
	clean    bool          // the last complete look since then held nothing foreign
	spared   bool          // another run's first order stands for this one's

	owed      string // an accepted order that has to show before any other is placed
	owedSince time.Duration
	inherited bool // it is an earlier run's
}

// NewFirst returns one for a run that begins at now. owed is the id of a first
// order that an earlier run has left unseen, empty if there is none.
func NewFirst(rules Rules, owed string, now time.Duration) *First {
	return &First{rules: rules, anew: now, owed: owed, owedSince: now, inherited: owed != ""}
}

// Anew begins evidence anew at now: what has shown so far no longer counts.
func (f *First) Anew(now time.Duration) {
	f.stage, f.order, f.shown, f.clean, f.spared, f.anew = looking, "", false, false, false, now
}

// Spare opens without a first order, since another run on this ledger has had one
// shown and is at work.
func (f *First) Spare(now time.Duration) {
	if f.stage == looking && f.owed == "" {
		f.stage, f.placed, f.spared = open, now, true
	}
}

// Admits tells how many orders may be placed at now; recent is whether the last
// look is young enough for a first order, and working how many are on their way.
func (f *First) Admits(now time.Duration, recent bool, working int) Admission {
	f.Lapse(now)
	switch {
	case f.stage == open && (working > 0 || !f.Idle(now)):
		return All
	case f.stage == looking && recent && f.clean && f.owed == "" && working == 0:
		return Alone
	}
	return None
}

// Idle reports whether nothing was placed for so long that evidence has to begin anew
// before anything else is.
func (f *First) Idle(now time.Duration) bool { return f.stage == open && now-f.placed > idle }

// Lapse ends at now the wait for one that is in doubt: from then on there is none,
// also for what weighs it against orders of others.
func (f *First) Lapse(now time.Duration) {
	if f.stage == doubting && now >= f.until {
		f.stage = looking
	}
}

// NeedsLook reports whether a look is what the first order waits for: one before
// it, or one that shows it.
func (f *First) NeedsLook() bool { return f.stage == looking || f.stage == showing || f.owed != "" }

// Waiting reports whether it was accepted and has to show still.
func (f *First) Waiting() bool { return f.owed != "" || f.stage == showing }

// Placed reports whether the present evidence has a first order, or one that may
// be.
func (f *First) Placed() bool { return f.Begun() && !f.spared }

// Begun reports whether present evidence has come as far as its first order, or
// needs none.
func (f *First) Begun() bool { return f.stage != looking }

// Open reports whether others may go.
func (f *First) Open() bool { return f.stage == open }

// Sent takes that an order is on its way.
func (f *First) Sent(now time.Duration) {
	f.placed = now
	if f.stage == looking {
		f.stage = sent
	}
}

// Accepted takes the id of an order that was accepted.
func (f *First) Accepted(id string, now time.Duration) {
	f.placed = now
	if f.stage != sent && f.stage != doubting {
		return
	}
	f.stage, f.order, f.accepted, f.shown, f.doubts = showing, id, now, false, 0
	f.owed, f.owedSince, f.inherited = id, now, false
}

// Not takes that the first order was denied, refused, busy or not sent: the next
// row is first.
func (f *First) Not() {
	if f.stage == sent {
		f.stage = looking
	}
}

// Doubted takes that it has no clear answer: after d the next row is first.
func (f *First) Doubted(now, d time.Duration) {
	if f.stage == sent {
		f.stage, f.until = doubting, now+d
		f.doubts++
	}
}

// Misnamed takes at now that the order of the id that was accepted is another row's:
// the first order is in doubt, and after d the next row is first.
func (f *First) Misnamed(now, d time.Duration) {
	if f.stage != showing {
		return
	}
	f.stage, f.until = doubting, now+d
	f.doubts++
	if f.owed == f.order {
		f.owed = ""
	}
	f.order, f.shown = "", false
}

// Listed takes a complete look that began at began. shows tells whether it shows an
// order; clean whether it holds nothing foreign.
func (f *First) Listed(began, now time.Duration, shows func(id string) bool, clean bool) {
	if f.owed != "" && shows(f.owed) {
		f.owed = ""
	}
	if began >= f.anew {
		f.clean = clean
	}
	if f.stage != showing {
		return
	}
	f.shown = f.shown || shows(f.order)
	old := f.rules.Loopback || began-f.accepted >= young
	if f.shown && old && clean && f.owed == "" {
		f.stage, f.placed = open, now
	}
}

// Own is the id of the first order of the present evidence, empty if none was
// accepted.
func (f *First) Own() string { return f.order }

// Due is when a look is next worth while, given when the last one began, in state
// showing or looking.
func (f *First) Due(last time.Duration) time.Duration {
	if f.stage == showing && f.shown && !f.rules.Loopback {
		return max(last+time.Second, f.accepted+young)
	}
	return last + time.Second
}

// Judge tells at now whether waiting goes on.
func (f *First) Judge(now time.Duration) Verdict {
	switch {
	case f.doubts >= mostFirst && f.stage != sent && f.stage != doubting:
		return TooManyDoubts
	case f.owed == "" || now-f.owedSince < f.rules.Show:
		return Undecided
	case f.inherited:
		return UnseenAgain
	}
	return Unseen
}

// GivesUp is when Judge next has to be asked, 0 if never.
func (f *First) GivesUp() time.Duration {
	if f.owed == "" {
		return 0
	}
	return f.owedSince + f.rules.Show
}
