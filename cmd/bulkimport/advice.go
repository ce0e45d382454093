package main

import (
	"strings"

	"bulkimport/csvimport"
)

// What the rooms below know of flags and commands is nothing: they hand up codes with
// facts, and here are the words.

// advised completes a finding's hint with what this program offers.
func advised(f csvimport.Finding) csvimport.Finding {
	switch f.Next {
	case csvimport.ListPlans:
		f.Hint = strings.TrimSuffix("bulkimport plans lists the service plans with their ids; "+f.Hint, "; ")
	case csvimport.AllPlans:
		f.Hint += allPlans
	case csvimport.FindAccount:
		f.Hint += " (bulkimport accounts --find lists them)"
	case csvimport.KeepZeros:
		f.Hint = "--no-restore leaves them as they are in the file"
	case csvimport.OrderAgain:
		f.Hint += " and import with --again"
	case csvimport.LookAgain:
		f.Hint = "run reconcile, then " + f.Hint
	case csvimport.ChooseSheet:
		f.Hint += " (--sheet NAME)"
	case csvimport.AllowContradiction:
		f.Hint += " (if each is meant: --allow-contradiction)"
	case csvimport.MapColumn:
		heading := "HEADING"
		if f.Value != "" {
			heading = shell(f.Value)
		}
		f.Hint += "; or say which heading it is: --map " + f.Column + "=" + heading
	case csvimport.DecideHidden:
		f.Hint += ": --hidden import takes them like all others, --hidden skip leaves them out"
	}
	f.Next = 0 // said
	return f
}

const allPlans = " (bulkimport plans lists all)"

// lookFirst ends the reason of a row that is unknown.
const lookFirst = "; run bulkimport reconcile before anything else"

// mayExist ends the reason of a row that the ledger knows no order of.
const mayExist = "; run the same import again, which tells what it needs"

// seeLater ends the reason of a row whose order is not at its end.
const seeLater = ": run bulkimport reconcile later"

// askStatus ends the reason of a row whose result could not be recorded.
const askStatus = "; look it up with status --row before importing it again"

// told completes a result with what a person can do. A cell that is quoted may hold a
// secret.
func (e *env) told(r csvimport.Result) csvimport.Result {
	r.Error = e.veil.hide(r.Error)
	switch {
	case r.ErrorCode == csvimport.CodeUnrecorded:
		r.Error += askStatus
	case r.Status == csvimport.Unknown && r.ErrorCode == csvimport.CodeMayExist:
		r.Error += mayExist
	case r.Status == csvimport.Unknown:
		r.Error += lookFirst
	case r.Status == csvimport.Submitted && r.ErrorCode == csvimport.CodeNotFinished:
		r.Error += seeLater
	}
	return r
}

// nextStep is what to do about rows that ended in one way: in a line of the
// summary, empty where the rows' own reason says it, and in a sentence of the
// page.
func nextStep(status csvimport.Status, order string) (line, sentence string) {
	switch status {
	case csvimport.Submitted:
		if waits, _ := csvimport.OrderStatusOf(order); waits.Waits != "" {
			line = "a person has to act in Billing; then bulkimport reconcile"
		}
		switch order {
		case csvimport.OrderNoPayment:
			return line, "In Billing, give the account a payment method; then run “bulkimport reconcile”."
		case csvimport.OrderUnpaid:
			return line, "In Billing, settle the payment of the order; then run “bulkimport reconcile”."
		case csvimport.OrderOnHold:
			return line, "In Billing, release the order; then run “bulkimport reconcile”."
		}
		return line, "Nothing to mend. Run “bulkimport reconcile” later to see the end."
	case csvimport.Differs:
		return "an order exists and is not what the row asks for: correct one of the two (bulkimport help runbook)",
			"Compare both values and correct the row, or have the order looked at in Billing."
	case csvimport.Invalid:
		return "", "Mend the rows (“bulkimport validate” names each cell) and import the file again."
	case csvimport.Refused:
		return "", "Nothing was created. Mend the cause and import the file again."
	case csvimport.Failed:
		line, sentence = "if it is to be ordered again: --again SUB_ID", "Mend the cause, resubmit the order in Billing, then run “bulkimport reconcile”."
		switch order {
		case csvimport.OrderFailed:
			line = "mend the cause, resubmit the order in Billing, then bulkimport reconcile"
		case csvimport.OrderCancelled:
			sentence = "The order is cancelled. A new one is placed only with “--again” and the subscription."
		}
		return line, sentence
	case csvimport.Unknown:
		return "do not import these by hand before bulkimport reconcile has looked again",
			"Do not order by hand. Run “bulkimport reconcile”: it looks and places nothing."
	case csvimport.Unsent:
		return "", "Run the same import again: what is done stays done."
	}
	return "", "Correct the status column, or write the results file again with the same import."
}
