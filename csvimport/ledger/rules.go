package ledger

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Head is what the rules read of an entry that a ledger has.
type Head struct {
	Gen        int
	State      State
	Run        int64 // that holds or last held it
	Ended      bool  // that run is known to have ended or died; of no account unless State.Holds
	Sends      int
	Doubted    bool
	DoubtSince time.Time
	OrderID    string
	Shown      bool  // something has shown its order
	SentBy     int64 // the run that sent it last, 0 if none of this ledger did
}

// heldFrom reports whether the entry belongs to another run than this one.
func (h *Head) heldFrom(run int64) bool { return h.State.Holds() && h.Run != run && !h.Ended }

// Intendable says what is wrong with an entry that Intend is asked for, nil if
// nothing is.
func Intendable(e *Entry) error {
	switch {
	case e.Sub == "":
		return errors.New("ledger: an entry without subscription")
	case e.State > Denied:
		return fmt.Errorf("ledger: no such state: %d", e.State)
	}
	return nil
}

// Recordable is Intendable for an entry that is to be recorded.
func Recordable(e *Entry) error {
	if err := Intendable(e); err != nil {
		return err
	}
	if e.State == 0 || e.State == Intended {
		return fmt.Errorf("ledger: %s: only Intend makes intents, Record was given state %d", e.Sub, e.State)
	}
	return nil
}

// Grant decides whether run may send what it asks for. have is the latest
// generation of the subscription, nil if there is none.
//
// It is granted if there is no entry yet, if the latest generation is the one
// asked for and was not sent or was refused, or if it is this run's own, intended
// or in doubt, and the state asked for is NotSent, the caller's word that its
// absence was proved. The intent then is what was asked for as Intended, with one
// more in Sends and no DoubtSince; Doubted stays as it was recorded last. keep
// says that the story is to keep what became of the send before it (LastSend).
func Grant(have *Head, ask Entry, run int64) (intent Entry, keep, granted bool) {
	absent := ask.State == NotSent
	intent = ask.Normal()
	intent.State, intent.Run, intent.SentBy = Intended, run, run
	// Nothing is known of this send yet: a doubt about it begins when it ends, or
	// when it is found without an end, not with an earlier send's.
	intent.Sends, intent.Doubted, intent.DoubtSince = 1, false, time.Time{}
	if have == nil {
		return intent, false, true
	}
	proved := have.Run == run && have.State.InDoubt() && absent
	if have.Gen != intent.Gen || !proved && !have.State.MaySend() {
		return Entry{}, false, false
	}
	intent.Sends, intent.Doubted = have.Sends+1, have.Doubted
	return intent, have.State == Refused || have.State == Doubt || have.State == Denied, true
}

// LastSend is the note by which the story keeps what became of an entry's last
// send, which a new intent is about to overwrite.
func LastSend(was *Entry) string {
	words := []string{fmt.Sprintf("send %d was %v", was.Sends, was.State)}
	if was.HTTPStatus != 0 {
		words = append(words, fmt.Sprintf("HTTP %d", was.HTTPStatus))
	}
	for _, w := range []string{was.Code, was.Message} {
		if w != "" {
			words = append(words, w)
		}
	}
	return strings.Join(words, ", ")
}

// Generation returns the generation of what was said: its own, or, if it has
// none, the latest there is. latest is nil if there is none.
func Generation(latest *Head, said *Entry) int {
	if said.Gen == 0 && latest != nil {
		return latest.Gen
	}
	return max(said.Gen, 1)
}

// Outcome decides what is made of a new state that run has said. latest is the
// subscription's latest generation, have that of Generation, each nil if there is
// none. after is the entry as it is to be written: the run becomes its run, its
// Sends do not go down, and who sent it is not forgotten.
//
// The entry has to stay as it is if another live run is at work on it, or on a
// later generation, or if another run has sent it since, of which it is not known what
// came of it, and no order was found (ErrHeld), or if it has an order that the new state
// would forget (ErrOrdered): a completed entry stays completed, and one that was
// accepted or failed does not become one to send again. There are two ways back: a
// completed order may be cancelled, and one that was accepted and that nothing ever
// showed may come to be in doubt, where the answer named another row's order. Stale
// news of a completed order is no conflict; nothing is to be written, note included.
func Outcome(latest, have *Head, said Entry, run int64) (after Entry, write bool, err error) {
	for _, h := range []*Head{latest, have} {
		if h != nil && h.heldFrom(run) {
			return Entry{}, false, ErrHeld
		}
	}
	after = said
	after.Gen = Generation(latest, &said)
	after = after.Normal()
	after.Run = run
	switch {
	case have == nil:
		return after, true, nil
	case have.State == Completed && said.State != Completed && said.State != Failed && said.OrderID != "" && said.OrderID == have.OrderID:
		return Entry{}, false, nil
	case have.Run != run && have.State.InDoubt() && said.Sends < have.Sends && !said.State.Ordered():
		return Entry{}, false, ErrHeld
	case !follows(have, &said):
		return Entry{}, false, ErrOrdered
	}
	if after.SentBy == 0 || said.Sends < have.Sends {
		after.SentBy = have.SentBy
	}
	after.Sends = max(after.Sends, have.Sends)
	return after, true, nil
}

// follows reports whether an outcome may change an entry. Where an order exists no
// state may follow that would let it be sent again. After a good end comes no other
// but by a cancellation. Staff may resubmit a failed order.
func follows(have *Head, said *Entry) bool {
	switch from, to := have.State, said.State; {
	case from == Completed:
		return to == Completed || to == Failed && said.OrderID == have.OrderID
	case from == Accepted && to == Doubt:
		return !have.Shown
	default:
		return !from.Ordered() || to.Ordered()
	}
}

// TakeOver decides whether run may have an entry; now is the platform's time.
// It may if the entry is its own, which then stays as it is, or its run has
// ended: then what was intended is in doubt since now, what was denied stays so,
// and both keep the time they were recorded with, if any. The note, if not empty, goes into the story.
func TakeOver(have Head, run int64, now time.Time) (after Head, note string, taken bool) {
	if !have.State.Holds() || have.heldFrom(run) {
		return have, "", false
	}
	after = have
	if have.Run == run {
		return after, "", true
	}
	after.Run, after.Ended = run, false
	if !have.State.InDoubt() {
		return after, "", true
	}
	if have.State == Intended || have.DoubtSince.IsZero() {
		after.DoubtSince = normalTime(now)
	}
	if have.State == Denied {
		return after, fmt.Sprintf("denied: taken over from run %d, which has ended", have.Run), true
	}
	after.State, after.Doubted = Doubt, true
	return after, fmt.Sprintf("in doubt: taken over from run %d, which has ended", have.Run), true
}

// Reopen decides on a new generation of a subscription after have, its latest,
// nil if there is none. next is the entry to be added, with a note for the story;
// it is nil if have may be sent anyway, so that opening twice opens once. It
// cannot be opened again if there is no entry (ErrUnknown), or if an order exists
// or may exist that is not at its end (ErrOrdered, or ErrHeld if it belongs to
// another live run).
func Reopen(have *Head, sub string, run int64) (next *Entry, note string, err error) {
	switch {
	case have == nil:
		return nil, "", ErrUnknown
	case have.heldFrom(run):
		return nil, "", ErrHeld
	case have.State.Holds():
		return nil, "", ErrOrdered
	case have.State.MaySend():
		return nil, "", nil
	}
	return &Entry{Sub: sub, Gen: have.Gen + 1, State: NotSent, Run: run}, fmt.Sprintf("opened again, after %v", have.State), nil
}
