package main

import (
	"slices"

	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/choice"
)

// howTo is the page of words in a workbook that is to be filled in; then says what
// becomes of it.
func howTo(then ...string) []string {
	return slices.Concat(howToFill, then, howToChoose)
}

var howToFill = []string{
	"How to fill in the sheet Accounts",
	"",
	"Each row is one Azure subscription that is to be imported. Delete the rows that are not.",
	"What has to be filled in is tinted. A heading says what goes below it when you point at it.",
	"",
	"plan_id: the service plan. Choose it from the list; it is the same for many rows as a rule, so copy the cell down.",
	"account_id: the account that pays. It is filled in where the platform knows it. To have another account pay, choose that one from the list, and give its company name and e-mail in company_name and email.",
	"sub_id: leave it as it is. It tells the subscription from all others.",
	"",
	"Columns of your own can stand to the right of these, and come back in the results. The headings are locked, without a password, so that nothing is lost by accident.",
	"All cells are text: numbers keep their zeros, and nothing becomes a date.",
	"",
}

var howToChoose = []string{
	"",
	"The sheets Plans and Accounts of the platform have what can be chosen, as it was when this workbook was written.",
}

// thenCheck is what becomes of it in a terminal.
var thenCheck = []string{
	"Then save the workbook as it is (.xlsx) and check it, as often as you like; this orders nothing:",
	"    bulkimport validate accounts.xlsx",
	"    bulkimport validate accounts.xlsx --annotate mend.xlsx    writes what is wrong beside the rows",
	"    bulkimport import accounts.xlsx --results results.xlsx    places the orders",
}

// listsOf is what a workbook offers to choose from, and how it is filled in.
func listsOf(c *catalog.Catalog, howTo []string) *choice.Lists {
	_, _, accounts := c.Positions()
	return &choice.Lists{Plans: c.Plans(), Accounts: c.Accounts(), AccountCount: accounts, HowTo: howTo}
}

// missing says what a workbook could not offer, empty where it offers all.
func missing(l *choice.Lists) string {
	switch {
	case l.PlanRange() == "" && l.AccountRange() == "":
		return "note: the platform shows no service plans and no accounts: the workbook has no lists to choose from"
	case l.PlanRange() == "":
		return "note: the platform shows no service plans: the workbook has no list to choose them from"
	case l.AccountRange() == "":
		return "note: the workbook has no list of accounts to choose from: the platform shows none, or more than a sheet has rows"
	}
	return ""
}
