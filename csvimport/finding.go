package csvimport

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Finding is one thing found in a file: what, where, why, and what to do.
type Finding struct {
	Type     string   `json:"type"` // always "finding"
	Severity Severity `json:"severity"`
	Code     Code     `json:"code"`             // for example E_GUID
	File     string   `json:"file,omitempty"`   // empty where there is one only
	Line     int      `json:"line"`             // physical line on which the record starts, 0 = the whole file
	Row      int      `json:"row"`              // the row number a spreadsheet shows
	Column   string   `json:"column,omitempty"` // canonical name; empty where the whole row or file is at fault
	Letter   string   `json:"letter,omitempty"` // the column's letter in the spreadsheet
	Value    string   `json:"value,omitempty"`  // at most 60 characters
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
	Next     Action   `json:"-"` // 0: none
	Exported string   `json:"-"` // what the cell was when the table was downloaded, where that may be the mend
}

// Where says where in the file a finding is, as a person looks for it: row 7
// (line 9), column F account_id. It is empty for the file as a whole.
func (f Finding) Where() string {
	var b strings.Builder
	switch {
	case f.Line == 0:
	case f.Row == 0:
		fmt.Fprintf(&b, "line %d", f.Line)
	case f.Row == f.Line:
		fmt.Fprintf(&b, "row %d", f.Row)
	default:
		fmt.Fprintf(&b, "row %d (line %d)", f.Row, f.Line)
	}
	if f.Column != "" {
		if b.Len() > 0 {
			b.WriteString(", ")
		}
		b.WriteString("column ")
		if f.Letter != "" && f.Letter != f.Column {
			b.WriteString(f.Letter + " ")
		}
		b.WriteString(f.Column)
	}
	return b.String()
}

// Place is where in a file something was found.
type Place struct {
	Line   int    // physical line on which the record starts, 0 = the whole file
	Row    int    // the row number a spreadsheet shows
	Column string // canonical name; empty where the whole row or file is at fault
	Letter string // the column's letter in the spreadsheet
}

// NewFinding returns a finding. Of value it keeps what is shown; message says what
// and why, hint what to do, and where they are empty the code's meaning does.
func NewFinding(code Code, at Place, value, message, hint string) Finding {
	if message == "" || hint == "" {
		m := code.Meaning()
		message, hint = cmp.Or(message, m.What), cmp.Or(hint, m.Mend)
	}
	return Finding{
		Type: "finding", Severity: code.Severity(), Code: code, Line: at.Line, Row: at.Row, Column: at.Column, Letter: at.Letter,
		Value: Shown(value), Message: message, Hint: hint,
	}
}

// Then returns the finding with what a caller could offer to do about it.
func (f Finding) Then(next Action) Finding {
	f.Next = next
	return f
}

// Action is something that helps with a finding and that a caller may have to
// offer. What it is called there is for the caller to say.
type Action uint8

const (
	ListPlans          Action = iota + 1 // show the service plans with their ids
	AllPlans                             // show all of them: the hint names a few
	FindAccount                          // look for accounts
	KeepZeros                            // leave leading zeros as they are in the file
	OrderAgain                           // order again what was cancelled
	LookAgain                            // have the orders looked up before the file is imported again
	ChooseSheet                          // say which sheet of the workbook is meant
	DecideHidden                         // say whether hidden rows are taken or left out
	AllowContradiction                   // say that the accounts of other rows are meant
	MapColumn                            // say which heading is the finding's column
)

// Has reports whether a finding with this code is among them.
func Has(findings []Finding, code Code) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == code })
}
