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
	Imported                   // no order of ours: the platform shows the subscription as already imported
)

// States lists all states in the order summaries show them.
func States() []State {
	return []State{Intended, NotSent, Refused, Doubt, Accepted, Completed, Failed, Imported}
}

// String returns the state in a word, for people and for JSON.
func (s State) String() string {
	names := [...]string{"none", "intended", "not-sent", "refused", "doubt", "accepted", "completed", "failed", "imported"}
	if int(s) < len(names) {
		return names[s]
	}
	return "state " + strconv.Itoa(int(s))
}

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
	Foreign     bool // adopted: found on the platform, not placed by this ledger
	HTTPStatus  int
	Code        string
	Message     string
	Sends       int       // requests of this generation that may have been written
	Doubted     bool      // some send of this generation ended in doubt and was not yet proved absent
	DoubtSince  time.Time // platform's time at which the doubt began, or at which a later run first found it
	SubmittedAt time.Time
	FinishedAt  time.Time
}
