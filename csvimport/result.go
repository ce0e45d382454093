package csvimport

import (
	"time"
)

// An order may complete without importing anything: where the platform ignored
// the import's parameters, it has sold a new subscription.
const (
	CodeNotImported  = "NOT_IMPORTED"
	NotImportedWords = "the order completed, but the tenant list does not show the subscription as imported"
)

// Status is how a row ended.
type Status string

const (
	Completed Status = "completed" // the order reached its good end
	Submitted Status = "submitted" // accepted; its end was not awaited, not reached in time, or waits for a person
	Existing  Status = "existing"  // when first looked at it was already imported or its order at its good end
	Differs   Status = "differs"   // as existing, but account, plan or cut-off are not this row's
	Invalid   Status = "invalid"   // the row has errors; nothing was sent
	Refused   Status = "refused"   // the platform said no; nothing was created
	Failed    Status = "failed"    // an order was created and ended badly
	Unknown   Status = "unknown"   // it may or may not have been created
	Unsent    Status = "not-sent"  // the run stopped before this row, or before its answer could count
)

// Statuses lists all statuses in the order in which they are told.
func Statuses() []Status { return statuses[:] }

var statuses = [...]Status{Completed, Submitted, Existing, Differs, Invalid, Refused, Failed, Unknown, Unsent}

// Result is the one outcome of one row.
type Result struct {
	Index       int // Row.Index
	Line        int
	SubID       string
	Status      Status
	OrderID     string
	OrderNumber string
	OrderStatus string
	Account     string // the account's number
	AccountName string
	PlanName    string
	CutOff      string
	Reference   string
	HTTPStatus  int
	ErrorCode   string
	Error       string
	Attempts    int
	SubmittedAt time.Time
	FinishedAt  time.Time
}
