package rows

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/sheet"
)

// Hidden says what becomes of the rows that a workbook hides, by hand or by a
// filter.
type Hidden uint8

const (
	HiddenTold    Hidden = iota // they are read, and it is told
	HiddenRefused               // a file that has some is at fault: somebody has to decide
	HiddenTaken                 // they are read, as was decided
	HiddenSkipped               // they are left out, as was decided
)

// namesShown is how many sheets or rows are named one by one.
const namesShown = 10

// bookNotices are about the workbook of which the table is a sheet.
func bookNotices(b *sheet.Book, h *header, hidden Hidden) (found []csvimport.Finding) {
	add := func(code csvimport.Code, at csvimport.Place, value, message, hint string, next csvimport.Action) {
		found = append(found, csvimport.NewFinding(code, at, value, message, hint).Then(next))
	}
	if len(b.Others) > 0 && !b.Chosen && !oursBeside(b) {
		add(csvimport.WSheet, csvimport.Place{}, b.Sheet, "the sheet "+csvimport.Quoted(b.Sheet)+" was read; the workbook also has "+quotedNames(b.Others),
			"if another one is meant, say which", csvimport.ChooseSheet)
	}
	if n := len(b.Columns); n > 0 {
		first := b.Columns[0]
		at := csvimport.Place{Line: h.line, Row: h.row, Column: h.nameAt(first), Letter: sheet.Letter(first)}
		var letters []string
		for _, i := range b.Columns[:min(n, namesShown)] {
			letters = append(letters, sheet.Letter(i))
		}
		add(csvimport.WHiddenColumns, at, "", csvimport.Plural(n, "column is", "columns are")+" hidden: "+listed(letters, n)+"; they were read like all others", "", 0)
	}
	if b.Totals > 0 {
		add(csvimport.WTotalsRow, csvimport.Place{Line: b.Totals, Row: b.Totals}, "", "", "", 0)
	}
	if b.Hidden == 0 {
		return found
	}
	how := ""
	if b.Filtered {
		how = " (the sheet has a filter)"
	}
	rows := csvimport.Plural(b.Hidden, "row is", "rows are") + " hidden" + how + ": " + numbers(b.HiddenRows, b.Hidden)
	switch first := (csvimport.Place{Line: b.HiddenRows[0], Row: b.HiddenRows[0]}); hidden {
	case HiddenRefused:
		add(csvimport.EHiddenRows, first, "", rows+"; whether they are meant is for you to say", "show them, delete them, or decide what becomes of them", csvimport.DecideHidden)
	case HiddenSkipped:
		add(csvimport.WHiddenSkipped, first, "", rows+"; left out, as asked", "", 0)
	case HiddenTold:
		add(csvimport.WHiddenRows, first, "", rows+"; they were read like all others", "show them to see what is read", 0)
	}
	return found
}

// oursBeside reports whether the table is one of ours, and what is beside it the
// lists that were written with it.
func oursBeside(b *sheet.Book) bool {
	return b.Sheet == choice.TableSheet && !slices.ContainsFunc(b.Others, func(name string) bool { return !choice.IsList(name) })
}

// quotedNames lists names, up to some number.
func quotedNames(names []string) string {
	var shown []string
	for _, n := range names[:min(len(names), namesShown)] {
		shown = append(shown, csvimport.Quoted(n))
	}
	return listed(shown, len(names))
}

// numbers lists the first numbers of rows.
func numbers(rows []int, of int) string {
	var shown []string
	for _, n := range rows[:min(len(rows), namesShown)] {
		shown = append(shown, strconv.Itoa(n))
	}
	return listed(shown, of)
}

// listed lists the first of some words.
func listed(shown []string, of int) string {
	text := strings.Join(shown, ", ")
	if more := of - len(shown); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// bookRefusal says in words why a workbook cannot be read.
func bookRefusal(fault *sheet.Fault, name string) (code csvimport.Code, message, hint string) {
	switch fault.Kind {
	case sheet.Damaged:
		return csvimport.EDamaged, "the workbook is damaged: " + damageWords(fault), "save it again from the spreadsheet, or download it again"
	case sheet.Encrypted:
		return csvimport.EEncrypted, "", ""
	case sheet.Inflated:
		return csvimport.ETooLarge, "unpacked, the workbook is larger than any table of this kind", "delete what does not belong to the table, or save the sheet as CSV UTF-8"
	case sheet.LockFile:
		return csvimport.ENotText, lockWords(name), "close it there, and give the workbook itself"
	case sheet.SheetAmbiguous:
		return csvimport.ESheetAmbiguous, "several sheets have our headings: " + quotedNames(fault.Names), "say which one is meant, or hide the others"
	}
	if len(fault.Names) == 0 {
		return csvimport.ESheetUnknown, "there is no sheet " + csvimport.Quoted(fault.Value) + " in the workbook", "give a workbook that has it"
	}
	return csvimport.ESheetUnknown, "there is no sheet " + csvimport.Quoted(fault.Value) + " in the workbook", "it has " + quotedNames(fault.Names)
}

func damageWords(fault *sheet.Fault) string {
	switch fault.Detail {
	case sheet.DamageCut:
		return "it ends too early. Was it still being copied?"
	case sheet.DamageBytes:
		return "bytes have changed since it was saved, and its own checksum proves it"
	case sheet.DamageMissing:
		return "a part of it is missing (" + csvimport.Shown(fault.Value) + ")"
	case sheet.DamageTwice:
		return csvimport.Shown(fault.Value) + " is there twice, and which one counts is a guess"
	case sheet.DamageReference:
		return "the cell refers to something that is not there (" + csvimport.Shown(fault.Value) + ")"
	}
	return "it is not written as workbooks are"
}

// lockWords says which workbook is open, as its lock file's name tells.
func lockWords(name string) string {
	base := name[strings.LastIndexAny(name, `/\`)+1:]
	if open, ok := strings.CutPrefix(base, "~$"); ok {
		return "Excel still has " + open + " open; this is its lock file"
	}
	return "this is the lock file that Excel keeps beside a workbook while it is open"
}
