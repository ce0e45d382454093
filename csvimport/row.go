package csvimport

import (
	"context"
	"iter"
	"slices"
)

// Row is one record of the operator's file: typed and in normal form, or with
// the findings that say why not. It is parsed once; nothing downstream reads
// the text again.
type Row struct {
	Index int // 0 for the first record after the header, counting every record that gets a result
	Line  int // physical line, from 1
	Row   int // the row number a spreadsheet shows

	Tenant    string
	PlanID    string
	SubID     string
	Company   string
	Email     string
	AccountID string // may be empty
	// AccountSaid is what a cell says of the account besides its number, empty as a
	// rule.
	AccountSaid string
	CutOff      string // RFC 3339 with milliseconds, or empty

	Findings []Finding
	Cells    []string // the record as the operator had it, decoded, unchanged

	Account *Account // set by resolution
	Plan    *Plan    // set by resolution
	Binding Binding  // what the tenant list tells, set by resolution
}

// Valid reports whether the row has no finding of severity error.
func (r *Row) Valid() bool {
	for i := range r.Findings {
		if r.Findings[i].Severity == SeverityError {
			return false
		}
	}
	return true
}

// Rows yields the rows of a file, checked and resolved, in file order. It can
// be called more than once and yields the same rows each time.
type Rows func(context.Context) iter.Seq2[Row, error]

// At is the place of the row, or of the cell in one of its columns.
func (r *Row) At(column string) Place { return Place{Line: r.Line, Row: r.Row, Column: column} }

// Add adds a finding about a cell, or, without a column, about the row.
func (r *Row) Add(code Code, column, value, message, hint string) {
	r.Found(NewFinding(code, r.At(column), value, message, hint))
}

// Found adds a finding.
func (r *Row) Found(f Finding) {
	// The findings may be part of a larger array of the file's: never append
	// in place.
	r.Findings = append(slices.Clip(r.Findings), f)
}
