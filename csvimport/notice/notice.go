// Package notice is what a run tells people of itself: why it stops, and what they should
// hear meanwhile.
package notice

import (
	"fmt"
	"time"

	"bulkimport/csvimport"
)

// Code is what a person should hear while a run goes on.
type Code uint8

const (
	Adopted         Code = iota + 1 // Orders were found that the ledger did not know, and taken in
	Shaken                          // the ledger may not have all of a run that was broken off
	Holding                         // nothing is placed before Until: orders of others may still turn up
	Doubled                         // subscription Sub has two orders that both stand
	NoReferences                    // the platform does not keep our reference on orders
	TenantsUnread                   // whether the subscriptions show as imported could not be read
	ControlsMissing                 // some of the orders that this ledger saw listed are not listed any more: Orders of them
)

// Notice is something a person should hear while a run goes on. Of its facts
// those are set that its code names.
type Notice struct {
	Code   Code
	Orders int
	Sub    string
	Until  time.Time
}

func (n Notice) String() string {
	switch n.Code {
	case Adopted:
		return fmt.Sprintf("found %s that this ledger does not know: adopted. Another ledger has been at work", csvimport.Plural(n.Orders, "order", "orders"))
	case Shaken:
		return "a run was broken off, and the ledger does not have all of it: orders may exist that it does not know"
	case Holding:
		return "waiting for " + ToTurnUp(n.Until)
	case Doubled:
		return fmt.Sprintf("subscription %s has two orders that both stand: look at them in Billing", n.Sub)
	case NoReferences:
		return "the platform does not keep our reference on orders: they are told apart by account, service plan and Azure subscription instead"
	case TenantsUnread:
		return "whether the subscriptions show as imported could not be read"
	case ControlsMissing:
		return fmt.Sprintf("%s that this ledger saw listed are not listed any more", csvimport.Plural(n.Orders, "order", "orders"))
	}
	return fmt.Sprintf("notice %d", n.Code)
}

// ToTurnUp is what a run waits for that places nothing until then.
func ToTurnUp(until time.Time) string {
	return "orders placed by others to turn up, until " + until.Format("15:04:05 MST")
}

// NotFound is why a row in doubt is not sent again, though its order was looked for.
// waking says that the run that sent it may only be asleep, and until when the platform
// would take what it sends then: for ever if that is zero.
func NotFound(waking bool, until time.Time) string {
	words := "no order was found"
	if waking {
		words += ", and the run that was to send it is not known to have ended: it may send it yet"
	}
	if !until.IsZero() {
		words += ", until " + until.Format("Mon 2 Jan 15:04 MST")
	}
	return words
}
