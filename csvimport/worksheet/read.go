package worksheet

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"bulkimport/csvimport"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/sheet"
)

// Kind is what a person says of an order.
type Kind uint8

const (
	Number    Kind = iota + 1 // it exists, and its number is Answer.Order
	None                      // there is none
	Corrected                 // it differed from its row, and that has been put right
)

// Answer is a row of the sheet that a person filled in.
type Answer struct {
	Line, Row int
	Letter    string // of the column found
	Sub       string
	Gen       int    // by its reference, 0 where the sheet has none
	Known     string // as the sheet was written with it
	Kind      Kind
	Order     string
	Note      string
}

// Filled is a sheet that came back.
type Filled struct {
	Rows     int // with an answer or without
	Answers  []Answer
	Findings []csvimport.Finding // what is wrong with rows, which then have no answer
	Unusable bool                // the file cannot be read at all, and the findings say why
}

// Read reads a sheet that a person filled, however a spreadsheet has saved it. The
// error is that of r.
func Read(r io.Reader) (*Filled, error) {
	table, err := rows.OpenTable(r, append([]string{"sub_id", "subscription_id"}, headings...), 0)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	f := &reading{first: make(map[string]Answer), numbers: make(map[string]Answer)}
	facts := table.Facts()
	if facts.Fault != nil {
		f.refuse(facts)
		return &f.Filled, nil
	}
	f.at = columnsOf(facts.Header.Cells)
	for _, name := range []string{colSubscription, colFound} {
		if f.at[name] < 0 {
			f.Unusable = true
			f.add(csvimport.NewFinding(csvimport.EHeaderMissing, csvimport.Place{Line: facts.Header.Line, Row: facts.Header.Row, Column: name}, "",
				"the column "+name+" is missing. Found: "+csvimport.Shown(strings.Join(facts.Header.Cells, ", ")), "put it back, or have the work sheet written again"))
		}
	}
	if f.Unusable {
		return &f.Filled, nil
	}
	reader := table.Reader()
	for chunk := range facts.Chunks {
		if _, err := reader.Read(chunk, func(rec *sheet.Record) bool { f.take(rec); return true }); err != nil {
			return nil, err
		}
	}
	f.agree()
	return &f.Filled, nil
}

// reading is a sheet on its way in.
type reading struct {
	Filled
	at           map[string]int
	first        map[string]Answer // by subscription
	numbers      map[string]Answer // by order
	contradicted []string          // subscriptions whose rows contradict each other
}

func (f *reading) add(finding csvimport.Finding) { f.Findings = append(f.Findings, finding) }

// refuse says why nothing of the file can be read.
func (f *reading) refuse(facts sheet.Facts) {
	f.Unusable = true
	if facts.Fault.Kind != sheet.NoHeader {
		f.add(rows.Unreadable(facts.Fault, facts.Header, ""))
		return
	}
	f.add(csvimport.NewFinding(csvimport.ENoHeader, csvimport.Place{Line: facts.Fault.Line, Row: facts.Fault.Row}, facts.Fault.Value,
		"no heading line of a work sheet was found in the first rows", "put back the first line: "+strings.Join(headings, ",")))
}

// take takes one record.
func (f *reading) take(rec *sheet.Record) {
	f.Rows++
	found := word(cellOf(rec.Cells, f.at[colFound]))
	if found == "" {
		return
	}
	a := Answer{
		Line: rec.Line, Row: rec.Row, Letter: sheet.Letter(f.at[colFound]),
		Known: cellOf(rec.Cells, f.at[colKnown]), Note: words(cellOf(rec.Cells, f.at[colNote])),
	}
	flawed := func(code csvimport.Code, column, value, message, hint string) {
		at := csvimport.Place{Line: rec.Line, Row: rec.Row, Column: column, Letter: sheet.Letter(f.at[column])}
		f.add(csvimport.NewFinding(code, at, value, message, hint))
	}
	sub, why, ok := rows.ParseID(cellOf(rec.Cells, f.at[colSubscription]))
	if !ok {
		flawed(why.Code, colSubscription, why.Value, why.Message, why.Hint)
		return
	}
	a.Sub = sub
	if reference := word(cellOf(rec.Cells, f.at[colReference])); reference != "" {
		other, gen, ours := csvimport.ParseReference(strings.ToLower(reference))
		if !ours || other != sub {
			flawed(csvimport.EReferenceOther, colReference, reference, "the reference is not that of the row's subscription "+sub,
				"was one column sorted without the others? Write the sheet again")
			return
		}
		a.Gen = gen
	}
	switch folded := strings.ToLower(found); {
	case folded == "none":
		a.Kind = None
	case folded == "corrected":
		a.Kind = Corrected
		if a.Note == "" {
			flawed(csvimport.ENoNote, colFound, found, "", "")
			return
		}
	case isOrder(found):
		a.Kind, a.Order = Number, found
	default:
		flawed(csvimport.EFound, colFound, found, csvimport.Quoted(found)+" is neither the number of an order nor none nor corrected",
			"the number is in Billing, for example SO000123; leave the cell empty if you do not know yet")
		return
	}
	f.keep(a, flawed)
}

// keep keeps an answer that does not contradict an earlier one.
func (f *reading) keep(a Answer, flawed func(code csvimport.Code, column, value, message, hint string)) {
	if first, again := f.first[a.Sub]; again {
		if first.Kind == a.Kind && strings.EqualFold(first.Order, a.Order) {
			return
		}
		f.contradicted = append(f.contradicted, a.Sub)
		flawed(csvimport.EAnswersDiffer, colFound, a.Order, fmt.Sprintf("row %d says otherwise of the same subscription", first.Row), "leave one of the two")
		return
	}
	if a.Kind == Number {
		key := strings.ToLower(a.Order)
		if first, again := f.numbers[key]; again {
			f.contradicted = append(f.contradicted, first.Sub)
			flawed(csvimport.EAnswersDiffer, colFound, a.Order, fmt.Sprintf("row %d has the same order: one order is for one subscription", first.Row), "look again whose it is")
			return
		}
		f.numbers[key] = a
	}
	f.first[a.Sub] = a
	f.Answers = append(f.Answers, a)
}

// agree drops the answers that a later row contradicts: neither counts.
func (f *reading) agree() {
	for _, sub := range f.contradicted {
		for i := range f.Answers {
			if f.Answers[i].Sub == sub {
				f.Answers = append(f.Answers[:i], f.Answers[i+1:]...)
				break
			}
		}
	}
}

// word is what a person wrote into a cell, without blanks that cannot be seen, and
// without apostrophes and quotes around it.
func word(cell string) string {
	text, _ := normal.Clean(cell)
	text, _ = normal.Undirect(text)
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(text), "'’‘`\"“”"))
}

// mostNote is how much of a person's words is kept.
const mostNote = 500

// words is what a person wrote into a cell as one line that can be shown.
func words(cell string) string {
	line := strings.Join(strings.Fields(cell), " ")
	return csvimport.Shorten(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, line), mostNote)
}

// isOrder reports whether a word can be the number or the id of an order.
func isOrder(word string) bool {
	digit := false
	for i, r := range word {
		switch {
		case r >= '0' && r <= '9':
			digit = true
		case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
		case i > 0 && strings.ContainsRune("-_/", r):
		default:
			return false
		}
	}
	return digit && len(word) <= 64
}
