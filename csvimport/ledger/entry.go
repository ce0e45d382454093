package ledger

import (
	"strconv"
	"time"
)

// State is what is known of the order for a subscription.
type State uint8

const (
	Intended  State = iota + 1 // written before the request; in doubt once its run is dead
	NotSent                    // certain: no request of this generation left an order; may be sent
	Refused                    // the platform said no and nothing was created; may be sent again by a later run
	Doubt                      // a request ended without a clear answer
	Accepted                   // an order exists and is not at its end
	Completed                  // its good end
	Failed                     // its bad end
	_                          // of ledgers of old
	Denied                     // the platform said no to a request that was written, and no look has borne it out yet
)

// States lists all states in the order summaries show them.
func States() []State {
	return []State{Intended, NotSent, Refused, Denied, Doubt, Accepted, Completed, Failed}
}

// String returns the state in a word, for people and for JSON.
func (s State) String() string {
	names := [...]string{"none", "intended", "not-sent", "refused", "doubt", "accepted", "completed", "failed", "", "denied"}
	if int(s) < len(names) && names[s] != "" {
		return names[s]
	}
	return "state " + strconv.Itoa(int(s))
}

// Holds reports whether an entry in this state belongs to its run for as long as
// that is alive.
func (s State) Holds() bool { return s.InDoubt() || s == Accepted }

// Ordered reports whether an order is known to exist in this state.
func (s State) Ordered() bool { return s == Accepted || s == Completed || s == Failed }

// InDoubt reports whether an order may exist in this state and is not known to.
func (s State) InDoubt() bool { return s == Intended || s == Doubt || s == Denied }

// MaySend reports whether a new intent may follow without further proof.
func (s State) MaySend() bool { return s == NotSent || s == Refused }

// Entry is everything known of one subscription in one generation on one
// platform.
type Entry struct {
	Sub   string // lower-case GUID
	Gen   int    // 1, and one more for each order opened again
	State State
	Run   int64 // the run that holds or last held it

	// As the intent had them.
	Tenant      string
	AccountID   string // aps.id
	AccountNo   string // the account's number
	AccountName string
	Email       string // by which, with the name, the row was bound to the account; empty if by its number
	PlanID      string
	PlanName    string
	CutOff      string

	OrderID     string
	OrderNumber string
	OrderStatus string
	Origin      Origin
	SentBy      int64 // the run that sent it last, 0 if none of this ledger did
	HTTPStatus  int
	Code        string
	Message     string
	Sends       int       // requests of this generation that may have been written
	Doubted     bool      // some send of this generation ended in doubt and was not yet proved absent
	DoubtSince  time.Time // platform's time at which the doubt began, or at which a later run first found it
	DoubtHere   time.Time // the same by the wall clock of the machine; zero where it was not noted
	SubmittedAt time.Time
	FinishedAt  time.Time
	ShownAt     time.Time // platform's time at which a listing, or the order itself, was last shown with this order; zero if never

	Imported    Imported // what the tenant list showed after the end
	CommerceSub string   // number of the Commerce subscription, where it could be read
}

// Origin tells who placed an order.
type Origin uint8

const (
	Here        Origin = iota // this ledger
	OtherLedger               // found on the platform, with our reference
	NotOurs                   // found on the platform, by its content
)

// Foreign reports whether the order was found on the platform and not placed by
// this ledger.
func (e *Entry) Foreign() bool { return e.Origin != Here }

// Imported is what the tenant list showed of a subscription after its order ended
// well.
type Imported uint8

const (
	ImportUntold      Imported = iota // not looked at
	ImportYes                         // imported
	ImportNo                          // not imported, and the list is known to follow
	ImportNotShown                    // not imported yet; the list may follow
	ImportNotReadable                 // the list could not be read
)

// Normal returns the entry as every ledger gives it back: of generation 1 at
// least, its times in UTC and to the millisecond.
func (e Entry) Normal() Entry {
	e.Gen = max(e.Gen, 1)
	for _, t := range []*time.Time{&e.DoubtSince, &e.DoubtHere, &e.SubmittedAt, &e.FinishedAt, &e.ShownAt} {
		*t = normalTime(*t)
	}
	return e
}

func normalTime(t time.Time) time.Time {
	if t.IsZero() || t.UnixMilli() == 0 {
		return time.Time{}
	}
	return time.UnixMilli(t.UnixMilli()).UTC()
}

// Event is something of note that happened to a subscription: its story.
type Event struct {
	Time time.Time
	Run  int64
	Gen  int
	Note string
}
