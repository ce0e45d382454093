package notice

import (
	"errors"
	"fmt"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// StopCode is why a run ended before all of its rows were tried.
type StopCode uint8

const (
	StopLedger       StopCode = iota + 1 // the ledger cannot be written: Err
	StopRows                             // the rows cannot be read: Err
	StopCredentials                      // the platform does not accept the credentials: Err
	StopPermission                       // it does not permit to place or to read orders: Err
	StopNoService                        // it has no order service where that was: Err
	StopOutage                           // it has not answered as it should for Waited
	StopForeign                          // somebody else placed Order, which has our reference, and began earlier: seen Since
	StopUnseen                           // the first order, Order, was accepted and nothing has shown it for Waited
	StopUnseenAgain                      // so was one of an earlier run
	StopFirstInDoubt                     // several first orders in a row got no clear answer
	StopNoEvidence                       // no listing shows Order, or none tells that it is ours
	StopControls                         // no listing shows any of the Bad orders that this ledger saw listed
	StopLost                             // the ledger may not know of all orders, and nobody has said when anybody last imported here
	StopDoubles                          // subscriptions have second orders that stand: Bad of them
	StopNotImported                      // Bad orders completed without an import that shows
	StopWrong                            // Bad of the Rows that ended were refused or failed, which is the part of one of Runs
	StopCanary                           // Bad of the first Rows did not end well
	StopFirst                            // the first order has ended well, and is to be looked at
)

// String returns the code in a word, for programs.
func (c StopCode) String() string {
	names := [...]string{
		StopLedger: "ledger", StopRows: "rows", StopCredentials: "credentials", StopPermission: "permission", StopNoService: "no_service",
		StopOutage: "outage", StopForeign: "foreign", StopUnseen: "unseen", StopUnseenAgain: "unseen_again", StopFirstInDoubt: "first_in_doubt",
		StopNoEvidence: "no_evidence", StopControls: "controls", StopLost: "lost", StopDoubles: "doubles", StopNotImported: "not_imported",
		StopWrong: "wrong", StopCanary: "canary", StopFirst: "first",
	}
	if int(c) < len(names) && names[c] != "" {
		return names[c]
	}
	return fmt.Sprintf("stop_%d", c)
}

// StopError is why a run ended before all of its rows were tried. Of its facts
// those are set that its code names.
type StopError struct {
	Code   StopCode
	Rows   int
	Bad    int
	Runs   int // on the platform
	Waited time.Duration
	Order  string // its number, or its id where it has none
	Since  time.Time
	Loss   ledger.Loss
	Err    error // the failure behind it, which Unwrap returns
}

// LookFirst reports whether a person has to look before anything is run again.
func (e *StopError) LookFirst() bool {
	switch e.Code {
	case StopForeign, StopUnseenAgain, StopNoEvidence, StopControls, StopLost, StopDoubles, StopNotImported:
		return true
	}
	return false
}

// Held reports whether what was not placed may be placed by a later run, without
// anything to be mended.
func (e *StopError) Held() bool { return e.Code == StopUnseen || e.Code == StopFirstInDoubt }

// Systemic reports whether the platform, this machine or the ledger is at fault,
// and not the rows.
func (e *StopError) Systemic() bool {
	return e.Code != StopWrong && e.Code != StopCanary && e.Code != StopFirst
}

// Error is the reason as results tell it.
func (e *StopError) Error() string {
	switch e.Code {
	case StopLedger:
		return "the ledger cannot be written: " + e.Err.Error()
	case StopRows:
		return e.Err.Error()
	case StopCredentials:
		return "the platform does not accept the credentials"
	case StopPermission:
		if e, ok := errors.AsType[*apsclient.Error](e.Err); ok && e.Wrapped {
			return "Billing denies the order: " + e.Message
		}
		return "the platform does not permit this operation"
	case StopNoService:
		return "the order service is not where it was"
	case StopOutage:
		return fmt.Sprintf("the platform has not answered as it should for %s", e.Waited)
	case StopForeign:
		return fmt.Sprintf("stopped: another import with another ledger is running here and began earlier: its order %s was first seen at %s", e.Order, e.Since.Format("15:04:05 MST"))
	case StopUnseen:
		return fmt.Sprintf("stopped: the first order, %s, was accepted, and no listing has shown it for %s", e.Order, e.Waited)
	case StopUnseenAgain:
		return fmt.Sprintf("stopped: order %s was accepted, and no listing has shown it, in this run or the one before", e.Order)
	case StopFirstInDoubt:
		return "stopped: several first orders in a row got no clear answer"
	case StopNoEvidence:
		return fmt.Sprintf("stopped: the platform's listings do not tell that order %s is ours", e.Order)
	case StopControls:
		return fmt.Sprintf("stopped: none of %s that this ledger saw listed is listed now", csvimport.Plural(e.Bad, "order", "orders"))
	case StopLost:
		return "stopped: orders may exist that this ledger does not know, and nobody has said when anybody last imported here"
	case StopDoubles:
		return fmt.Sprintf("%s with two orders that both stand", csvimport.Plural(e.Bad, "subscription", "subscriptions"))
	case StopNotImported:
		return fmt.Sprintf("%s completed, but the tenant list does not show the subscription as imported", csvimport.Plural(e.Bad, "order", "orders"))
	case StopWrong:
		words := fmt.Sprintf("stopped: %d of %d rows ended were refused or failed", e.Bad, e.Rows)
		if e.Runs > 1 {
			words += fmt.Sprintf(", and %d imports here share what may go wrong", e.Runs)
		}
		return words
	case StopCanary:
		return fmt.Sprintf("stopped after the first %s: %d did not end well", csvimport.Plural(e.Rows, "row", "rows"), e.Bad)
	case StopFirst:
		return "the first order has ended well; look at it before the rest follows"
	}
	return fmt.Sprintf("stopped: %d", e.Code)
}

func (e *StopError) Unwrap() error { return e.Err }
