// Package choice has what a workbook offers to choose from: how a service plan and
// an account stand in a cell, and the sheets behind the table that list them.
package choice

import (
	"iter"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet/bookwriter"
)

// Lists are what a workbook offers to choose from, each on a sheet of its own. Nothing is offered of what is
// empty.
type Lists struct {
	Plans        []csvimport.Plan
	Accounts     iter.Seq2[csvimport.Account, error]
	AccountCount int
	HowTo        []string // a page of words for whoever fills in the table; the first is its title
}

// TableSheet is the name of the sheet with the table.
const TableSheet = "Accounts"

const (
	plansSheet   = "Plans"
	accountSheet = "Accounts of the platform"
	howToSheet   = "How to"
)

// IsList reports whether a sheet is one of the lists, by its name.
func IsList(name string) bool {
	return name == plansSheet || name == accountSheet || name == howToSheet
}

// OfPlan is a service plan as a cell offers it.
func OfPlan(p csvimport.Plan) string { return oneLine(p.Name) + " | " + p.APSID }

// OfAccount is an account as a cell offers it.
func OfAccount(a csvimport.Account) string {
	return a.ID + " | " + oneLine(a.Company) + " | " + oneLine(a.Email)
}

// oneLine makes one line of a name. A | in it splits nothing: an id, or a number and
// an e-mail, have none.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// PlanRange is where the service plans to choose from stand, empty where there are
// none.
func (l *Lists) PlanRange() string {
	if l == nil || len(l.Plans) == 0 {
		return ""
	}
	return bookwriter.Range(plansSheet, 0, 2, len(l.Plans)+1)
}

// AccountRange is where the accounts to choose from stand, empty where there are
// none, or more than a sheet has rows.
func (l *Lists) AccountRange() string {
	if l == nil || l.AccountCount == 0 || l.AccountCount >= bookwriter.MaxRows {
		return ""
	}
	return bookwriter.Range(accountSheet, 0, 2, l.AccountCount+1)
}

// Write writes the sheets of the lists behind a table. The error is that of
// Accounts; see [bookwriter.Book] for others.
func (l *Lists) Write(b *bookwriter.Book) error {
	if l == nil {
		return nil
	}
	list := func(name string, headings ...string) *bookwriter.Sheet {
		columns := make([]bookwriter.Column, len(headings))
		columns[0].Style = bookwriter.Wrapped
		s := b.Sheet(name, bookwriter.Layout{Headings: 1, Lock: true, Filter: true, Columns: columns})
		line := make([]bookwriter.Cell, len(headings))
		for i, h := range headings {
			line[i] = bookwriter.Cell{Text: h, Style: bookwriter.Heading}
		}
		s.Write(line)
		return s
	}
	if l.PlanRange() != "" {
		s := list(plansSheet, "to choose", "service plan", "id")
		for _, p := range l.Plans {
			s.Write([]bookwriter.Cell{{Text: OfPlan(p)}, {Text: p.Name}, {Text: p.APSID}})
		}
	}
	if l.AccountRange() != "" {
		// The headings of the table would make this sheet one that can be meant.
		s := list(accountSheet, "to choose", "number", "name", "administrator")
		for a, err := range l.Accounts {
			if err != nil {
				return err
			}
			s.Write([]bookwriter.Cell{{Text: OfAccount(a)}, {Text: a.ID}, {Text: a.Company}, {Text: a.Email}})
		}
	}
	if len(l.HowTo) > 0 {
		s := b.Sheet(howToSheet, bookwriter.Layout{Lock: true, Columns: []bookwriter.Column{{Style: bookwriter.Prose, Width: 110}}})
		for i, line := range l.HowTo {
			cell := bookwriter.Cell{Text: line}
			if i == 0 {
				cell.Style = bookwriter.Title
			}
			s.Write([]bookwriter.Cell{cell})
		}
	}
	return nil
}
