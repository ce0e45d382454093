package ledger

import (
	"slices"
	"time"
)

// Evidence is what a platform has been seen to show, as a ledger remembers it from
// one run to the next. Times are the platform's. The zero value is that of a
// platform never asked.
type Evidence struct {
	References Kept

	// Login tells the credentials that looked; what they have been shown since
	// LoginSince is what they can see.
	Login      string
	LoginSince time.Time

	// Watermark is the time up to which all orders, of whatever reference, have
	// been listed once; zero if that was never done.
	Watermark time.Time

	// Lags is how long orders took to show in a listing, the longest of each
	// day, the oldest day first; see Lag.
	Lags []Lag

	// First is the id of a first order that was accepted and has not shown yet,
	// and FirstSince since when; empty if there is none. Nothing else may be
	// placed until it shows.
	First      string
	FirstSince time.Time

	// HoldUntil is a time before which no run may place anything, since an
	// order of somebody else's was seen; zero if there is none.
	HoldUntil time.Time

	// PausedUntil is a time before which no run places anything, since the platform
	// asked one for a pause; zero if there is none. SilentAt is when it last did not answer
	// one; zero if that never was.
	PausedUntil, SilentAt time.Time

	// Vouched is a run that had its first order shown and has seen an order
	// listed at VouchedAt: while it lives others need no first order of their
	// own.
	Vouched   int64
	VouchedAt time.Time

	// Follows is the shortest time after an order's end at which the tenant list
	// has been seen to show what it imported; zero as long as it has not.
	Follows time.Duration

	// LetGo is how many orders a limit has let go in each second, the oldest first,
	// by the machine's clock; see MayGo.
	LetGo []LetGo

	// Twice are ids of orders that the answers to two rows have named, the latest last,
	// a hundred at most: until one of them tells whose it is, it is nobody's.
	Twice []string

	// Measured is what a person had measured last.
	Measured Measured
}

// Pause puts PausedUntil off. Who asks for less than there is changes nothing.
func (e *Evidence) Pause(until time.Time) {
	if until.After(e.PausedUntil) {
		e.PausedUntil = until
	}
}

// NamedTwice adds to Twice.
func (e *Evidence) NamedTwice(ids ...string) {
	const most = 100
	for _, id := range ids {
		if !slices.Contains(e.Twice, id) {
			e.Twice = append(e.Twice, id)
		}
	}
	e.Twice = e.Twice[max(0, len(e.Twice)-most):]
}

// LetGo is how many orders were let go in a second.
type LetGo struct {
	Second time.Time // its start
	Orders int
}

// onTheWay is how long an order may take to the wire once it was let go.
const onTheWay = 5 * time.Second

// MayGo lets one more order go at now, by the machine's clock, if that makes no more
// than most in any time of length per. Else it tells when to ask again. Asked in
// Memory.Amend, it holds over all runs of a ledger.
func (e *Evidence) MayGo(now time.Time, most int, per time.Duration) (again time.Time, ok bool) {
	second := now.UTC().Truncate(time.Second)
	var counts []LetGo
	n := 0
	for _, l := range e.LetGo {
		if l.Second.After(second) { // the clock was set back
			l.Second = second
		}
		if now.Before(l.Second.Add(per + onTheWay)) {
			counts, n = append(counts, l), n+l.Orders
		}
	}
	e.LetGo = counts
	if n > 0 && n >= most {
		return counts[0].Second.Add(per + onTheWay), false
	}
	if last := len(counts) - 1; last >= 0 && counts[last].Second.Equal(second) {
		counts[last].Orders++
		return now, true
	}
	e.LetGo = append(counts, LetGo{second, 1})
	return now, true
}

// Measured is what a platform was measured to do by asking it, no order placed. The
// zero value is that of one never measured.
type Measured struct {
	At     time.Time     // when
	Window time.Duration // the least age at which a signature was refused; zero: none was refused, or it is not known
	Spread time.Duration // how far apart its answers were dated
	Counts bool          // the list of orders tells its length, and truly
	Search bool          // the list of orders finds one by its reference
}

// SawImport takes that the tenant list showed an import so long after its order's
// end.
func (e *Evidence) SawImport(after time.Duration) {
	if after = max(after, time.Millisecond); e.Follows == 0 || after < e.Follows {
		e.Follows = after
	}
}

// Lag is the longest time an order of one day took to show.
type Lag struct {
	Day     time.Time // its start, UTC
	Longest time.Duration
}

// lagDays is for how many days a lag counts.
const lagDays = 7

// Lag returns the longest time an order took to show in the days before now, and
// whether any has been measured.
func (e *Evidence) Lag(now time.Time) (longest time.Duration, measured bool) {
	for _, l := range e.Lags {
		if now.Sub(l.Day) < (lagDays+1)*24*time.Hour {
			longest, measured = max(longest, l.Longest), true
		}
	}
	return longest, measured
}

// SawLag takes how long an order took to show, at now, and forgets what no longer
// counts. It reports whether anything is known now that was not.
func (e *Evidence) SawLag(took time.Duration, now time.Time) bool {
	day := now.UTC().Truncate(24 * time.Hour)
	e.Lags = slices.DeleteFunc(slices.Clone(e.Lags), func(l Lag) bool { return now.Sub(l.Day) >= (lagDays+1)*24*time.Hour })
	if n := len(e.Lags); n > 0 && e.Lags[n-1].Day.Equal(day) {
		if took <= e.Lags[n-1].Longest {
			return false
		}
		e.Lags[n-1].Longest = took
		return true
	}
	e.Lags = append(e.Lags, Lag{day, took})
	return true
}

// Sighting is an order of ours on the platform to which no entry is bound: its
// subscription has another one, or has none here.
type Sighting struct {
	Sub          string
	Gen          int // as its reference says, 0 if it has none of ours
	OrderID      string
	OrderNumber  string
	OrderStatus  string
	FirstSeen    time.Time // platform's time
	Run          int64     // that saw it first
	Acknowledged bool      // a person knows of it
}

// Loss is why a ledger may not know of all the orders that were placed from it.
type Loss uint8

const (
	Sound       Loss = iota // it knows of all
	LossTail                // the machine went down under a run, or the end of the ledger's log was torn off
	LossMissing             // a run on this platform was at work here with a ledger that is not where it was
	LossCopied              // this file is a copy, or was put back from one, or comes from another machine
	LossUnknown             // nothing on this machine vouches for the file
)

// String returns the loss in a word.
func (l Loss) String() string {
	names := [...]string{"sound", "tail", "missing", "copied", "unknown"}
	if int(l) < len(names) {
		return names[l]
	}
	return "loss"
}
