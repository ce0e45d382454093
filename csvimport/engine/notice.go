package engine

import (
	"fmt"
	"time"

	"bulkimport/csvimport"
)

// NoticeCode is what a person should hear while a run goes on.
type NoticeCode uint8

const (
	NoticeAdopted       NoticeCode = iota + 1 // Orders were found that the ledger did not know, and taken in
	NoticeShaken                              // the ledger may not have all of a run that was broken off
	NoticeHolding                             // nothing is placed before Until: orders of others may still turn up
	NoticeDoubled                             // subscription Sub has two orders that both stand
	NoticeNoReferences                        // the platform does not keep our reference on orders
	NoticeTenantsUnread                       // whether the subscriptions show as imported could not be read
)

// Notice is something a person should hear while a run goes on. Of its facts
// those are set that its code names.
type Notice struct {
	Code   NoticeCode
	Orders int
	Sub    string
	Until  time.Time
}

func (n Notice) String() string {
	switch n.Code {
	case NoticeAdopted:
		return fmt.Sprintf("found %s that this ledger does not know: adopted. Another ledger has been at work", csvimport.Plural(n.Orders, "order", "orders"))
	case NoticeShaken:
		return "a run was broken off, and the ledger does not have all of it: orders may exist that it does not know"
	case NoticeHolding:
		return "waiting for " + ordersToTurnUp(n.Until)
	case NoticeDoubled:
		return fmt.Sprintf("subscription %s has two orders that both stand: look at them in Billing", n.Sub)
	case NoticeNoReferences:
		return "the platform does not keep our reference on orders: they are told apart by account, service plan and Azure subscription instead"
	case NoticeTenantsUnread:
		return "whether the subscriptions show as imported could not be read"
	}
	return fmt.Sprintf("notice %d", n.Code)
}

// ordersToTurnUp is what a run waits for that places nothing until then.
func ordersToTurnUp(until time.Time) string {
	return "orders placed by others to turn up, until " + until.Format("15:04:05")
}
