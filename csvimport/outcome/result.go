package outcome

import (
	"cmp"
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

func ByRun(run int64) string { return fmt.Sprintf("run %d", run) }

// OfEntry is the result of a row as it ends, from what is at hand: row has its place
// and its subscription. differs is how its order is not what the row asks for.
func OfEntry(row csvimport.Result, e *ledger.Entry, differs string, stopped error) csvimport.Result {
	tellOrder(&row, e)
	tellReason(&row, e, differs, stopped)
	return row
}

// OfRow is the result of a row from the row and the ledger's entry.
func OfRow(row *csvimport.Row, e *ledger.Entry, s csvimport.Status, stopped error) csvimport.Result {
	r := csvimport.Result{Index: row.Index, Line: row.Line, Row: row.Row, SubID: row.SubID, Status: s}
	want := Wanted(row)
	if s == csvimport.Invalid {
		tellFindings(&r, row)
		return r
	}
	r.Account, r.AccountName, r.PlanName, r.CutOff = want.AccountNo, want.AccountName, want.PlanName, want.CutOff
	if e == nil {
		if s == csvimport.Differs {
			r.ErrorCode = "DIFFERS"
			_, r.Error = ImportedAs(&row.Binding, &want)
		}
		tellReason(&r, &want, "", stopped)
		return r
	}
	differs := ""
	if s == csvimport.Differs {
		differs = Difference(&want, e)
	}
	told := *e
	switch {
	case s != csvimport.Completed && SoldAnew(row, e):
		told.Code, told.Message = csvimport.CodeNotImported, csvimport.NotImportedWords
	case e.Code == csvimport.CodeNotImported && row.Binding.Imported: // not when the order completed, but since
		told.Code, told.Message = "", ""
	}
	e = &told
	if row.Binding.Known && row.Binding.Imported && e.State == ledger.Completed {
		e.Imported = ledger.ImportYes
	}
	tellOrder(&r, e)
	if r.AccountName == "" {
		r.AccountName = want.AccountName
	}
	tellReason(&r, e, differs, stopped)
	return r
}

// tellOrder copies what the ledger knows of the order.
func tellOrder(r *csvimport.Result, e *ledger.Entry) {
	r.OrderID, r.OrderNumber, r.OrderStatus = e.OrderID, e.OrderNumber, e.OrderStatus
	if e.AccountNo != "" {
		r.Account, r.AccountName = e.AccountNo, e.AccountName
	}
	if e.PlanName != "" {
		r.PlanName = e.PlanName
	}
	r.CutOff = e.CutOff
	r.Attempts = e.Sends
	r.HTTPStatus = e.HTTPStatus
	if e.Sends > 0 || e.OrderID != "" {
		r.Reference = csvimport.Reference(e.Sub, e.Gen)
	}
	r.SubmittedAt, r.FinishedAt = e.SubmittedAt, e.FinishedAt
	r.CommerceSub = e.CommerceSub
	r.Imported = importedWords[e.Imported]
	r.PlacedBy = placedBy(e)
}

var importedWords = map[ledger.Imported]string{
	ledger.ImportYes: "yes", ledger.ImportNo: "no", ledger.ImportNotShown: "not shown yet", ledger.ImportNotReadable: "not readable",
}

// placedBy says who placed an order, empty where there is none.
func placedBy(e *ledger.Entry) string {
	switch {
	case e.Origin == ledger.OtherLedger:
		return "other ledger"
	case e.Origin == ledger.NotOurs:
		return "not ours"
	case e.SentBy != 0 && e.State != ledger.NotSent:
		return ByRun(e.SentBy)
	}
	return ""
}

// tellReason fills in why a row did not end well.
func tellReason(r *csvimport.Result, e *ledger.Entry, differs string, stopped error) {
	if r.Status == csvimport.Differs {
		if e.Code == csvimport.CodeNotImported {
			r.ErrorCode, r.Error = e.Code, bySource(e)+e.Message
			return
		}
		if differs != "" {
			r.ErrorCode, r.Error = "DIFFERS", differs
		}
		return
	}
	r.ErrorCode, r.Error = toldCode(e.Code), e.Message
	switch {
	case r.Status == csvimport.Existing && r.Error == "":
		r.Error = untold(e)
	case r.Status == csvimport.Unknown && !e.State.InDoubt() && e.OrderID == "":
		r.ErrorCode, r.Error = csvimport.CodeMayExist, mayExist(stopped)
	case r.Status == csvimport.Unknown:
		r.ErrorCode = cmp.Or(r.ErrorCode, "IN_DOUBT")
		r.Error = cmp.Or(r.Error, "the request ended without an answer")
	case r.Status == csvimport.Submitted && e.Code == csvimport.CodeNotShown: // noted by another run meanwhile
		r.ErrorCode, r.Error = waitsFor(e.OrderStatus)
	case r.Error != "":
	case r.Status == csvimport.Unsent && stopped != nil:
		r.ErrorCode, r.Error = "STOPPED", stopped.Error()
	case r.Status == csvimport.Unsent:
		r.ErrorCode, r.Error = "STOPPED", "the run ended before this row"
	case r.Status == csvimport.Submitted:
		r.ErrorCode, r.Error = waitsFor(e.OrderStatus)
	}
}

// mayExist says why a row that the ledger knows of no order of may have one.
func mayExist(stopped error) string {
	if stopped != nil {
		return stopped.Error()
	}
	return "the run ended while orders that this ledger does not know might not show yet"
}

// waitsFor says what an order that is not at its end waits for.
func waitsFor(status string) (code, words string) {
	switch s, _ := csvimport.OrderStatusOf(status); {
	case s.Waits != "":
		return "WAITS_" + status, s.Waits
	case status == "" || status == csvimport.OrderAtWork || status == csvimport.OrderToProcess:
		return csvimport.CodeNotFinished, "accepted, and not at its end when the run ended"
	}
	return "WAITS_" + status, "the order waits in status " + status + ": look at it in Billing"
}

// tellFindings tells the errors of an invalid row in one cell.
func tellFindings(r *csvimport.Result, row *csvimport.Row) {
	var words []string
	for i := range row.Findings {
		f := &row.Findings[i]
		if f.Severity != csvimport.SeverityError {
			continue
		}
		if r.ErrorCode == "" {
			r.ErrorCode = string(f.Code)
		}
		words = append(words, f.Message)
	}
	if r.ErrorCode == "" {
		r.ErrorCode = string(csvimport.EDuplicateSubID)
		words = append(words, "another row names the same subscription and does not agree with this one")
	}
	r.Error = strings.Join(words, "; ")
}
