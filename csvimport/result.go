package csvimport

import (
	"strconv"
	"strings"
	"time"
)

// CodeUnrecorded is a row of a results file of which nothing is recorded.
const CodeUnrecorded = "UNRECORDED"

// CodeMayExist is a row of which the ledger knows no order, and that may have one all
// the same: the ledger was not the last word, or others were at work.
const CodeMayExist = "MAY_EXIST"

// CodeNotFinished is an order that was accepted and had not come to its end when
// the run ended.
const CodeNotFinished = "NOT_FINISHED"

// CodeNotShown is an order that was accepted and that nothing has shown since.
const CodeNotShown = "NOT_SHOWN"

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

// CountWords tells how many rows ended how: "38 completed, 2 failed".
func CountWords(counts map[Status]int) string {
	var words []string
	for _, s := range statuses {
		if n := counts[s]; n > 0 {
			words = append(words, thousands(n)+" "+string(s))
		}
	}
	return strings.Join(words, ", ")
}

// thousands writes n with a comma between thousands.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

var statuses = [...]Status{Completed, Submitted, Existing, Differs, Invalid, Refused, Failed, Unknown, Unsent}

// Reported is a row with what became of it.
type Reported struct {
	Row    Row
	Result Result
}

// Result is the one outcome of one row.
type Result struct {
	Index       int // Row.Index
	Line        int
	Row         int // as a spreadsheet numbers it
	SubID       string
	Status      Status
	OrderID     string
	OrderNumber string
	OrderStatus string
	Imported    string // yes, no, not shown yet, not readable, of the tenant list; empty if it was not looked at
	CommerceSub string // number of the Commerce subscription, where it could be read
	PlacedBy    string // this run, run N, other ledger, not ours
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

// ThisRun is Result.PlacedBy of an order that the run itself placed.
const ThisRun = "this run"
