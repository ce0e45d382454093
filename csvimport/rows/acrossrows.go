package rows

import (
	"fmt"
	"slices"

	"bulkimport/csvimport"
	"bulkimport/csvimport/firsts"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/sheet"
)

// reading is one way through all rows: what only several rows together tell. Once
// one has come to the end, later ones go by what it found.
type reading struct {
	file      *File
	index     int
	found     repeats // known beforehand; nil: rows are compared
	repeats   repeats // found in this reading; nil: too many to be kept
	seen      *seenIDs
	conflicts map[guid.ID]struct{}
	shared    sharedAccounts
	counted   sequence
	alike     int // rows so far, if all of them have one sub_id, else -1
	blank     int
	blankLine int
	blankRow  int
	values    valuesTold
	failed    error
	last      int // row of the last one
}

// The last row of a sheet, today and in the files of Excel 97.
const (
	mostRows     = 1_048_576
	mostRowsOnce = 65_536
)

// smallestRow is the size in bytes below which no row with an id can be; it
// bounds the memory set aside for files of blank lines.
const smallestRow = 80

// repeats are the rows to be refused because an earlier one has their id, by
// index.
type repeats map[int]repeat

type repeat struct {
	earlier sighting
	filled  bool // all rows so far have the same id
}

// keptRepeats bounds the repeats kept, some 60 bytes each.
const keptRepeats = 50_000

func newReading(f *File) *reading {
	f.mu.Lock()
	found := f.repeats
	f.mu.Unlock()
	if found != nil {
		return &reading{file: f, found: found}
	}
	facts := f.table.Facts()
	rows := min(facts.Records, int(facts.Size/smallestRow)+1)
	seed := f.parser.seed
	return &reading{file: f, repeats: repeats{}, seen: &seenIDs{Table: firsts.New[guid.ID, seenID](rows, seed)},
		conflicts: map[guid.ID]struct{}{}, shared: sharedAccounts{firsts.New[uint64, uint64](0, seed), map[uint64]int{}, nil}}
}

// yield checks the rows of a batch against those before and hands them on.
func (p *reading) yield(b *batch, yield func(csvimport.Row) bool) bool {
	if s := b.skipped; s.Rows > 0 {
		if p.blank == 0 {
			p.blankLine, p.blankRow = s.Line, s.Row
		}
		p.blank += s.Rows
	}
	for i := range b.rows {
		if p.seen != nil && i%touchedAtOnce == 0 {
			p.touch(b.more[i:min(i+touchedAtOnce, len(b.more))])
		}
		row, more := &b.rows[i], &b.more[i]
		row.Index, p.last = p.index, row.Row
		p.index++
		p.values.add(p.file.header, row, more.stored)
		if p.found != nil {
			if r, ok := p.found[row.Index]; ok {
				p.refuse(row, r)
			}
		} else if more.hasID {
			p.check(row, more)
		} else {
			p.alike = -1
		}
		if !yield(*row) {
			return false
		}
	}
	return true
}

// touchedAtOnce is for how many rows memory is asked at a time: more of it would be gone
// again when their turn comes.
const touchedAtOnce = 64

// touch brings closer what check asks of rows.
func (p *reading) touch(rows []parsed) {
	for i := range rows {
		p.seen.Touch(rows[i].hash)
		p.shared.Touch(rows[i].with.hash)
	}
}

// check looks for earlier rows with the same id.
func (p *reading) check(row *csvimport.Row, more *parsed) {
	earlier, found := p.seen.see(more, row.Line, row.Row)
	if !found {
		if p.index > 1 {
			p.alike = -1
		}
		p.counted.add(row)
		p.shared.see(row, more.with)
		return
	}
	if !earlier.same {
		p.conflicts[more.id] = struct{}{}
	}
	if p.alike >= 0 {
		p.alike++
	}
	if !earlier.valid || !more.whole {
		return
	}
	r := repeat{earlier, p.alike >= 2}
	p.refuse(row, r)
	if len(p.repeats) == keptRepeats {
		p.repeats = nil
	}
	if p.repeats != nil {
		p.repeats[row.Index] = r
	}
}

// refuse refuses a row whose id an earlier row has.
func (p *reading) refuse(row *csvimport.Row, r repeat) {
	first := csvimport.Finding{Line: r.earlier.line, Row: r.earlier.row}.Where()
	message := "same sub_id as " + first
	hint := "each subscription needs one row: delete the one that is not meant"
	switch {
	case r.filled:
		hint = "all rows so far have this id: was it filled down? Take the ids from the export"
	case r.earlier.same:
		message += "; the rows are identical"
		hint = "delete one of the two"
	default:
		message += "; the other cells differ"
	}
	p.file.parser.found(row, colSubID, row.SubID, fault{code: csvimport.EDuplicateSubID, message: message, hint: hint})
}

// broken notes that the private copy could not be read to the end.
func (p *reading) broken(err error) { p.failed = err }

// end hands what was found to the file.
func (p *reading) end() {
	f := p.file
	if p.failed == nil {
		f.count.Store(int64(p.index) + 1)
	}
	if p.found != nil && p.failed == nil {
		return
	}
	var found []csvimport.Finding
	add := func(code csvimport.Code, line, row int, column, value, message, hint string) {
		at := csvimport.Place{Line: line, Row: row, Column: column}
		for c, name := range columnNames {
			if name == column {
				at.Letter = sheet.Letter(f.header.at[c])
			}
		}
		found = append(found, csvimport.NewFinding(code, at, value, message, hint))
	}
	switch {
	case p.failed != nil:
		add(csvimport.EUnreadable, 0, 0, "", "", "", "")
	case p.index == 0:
		add(csvimport.ENoRows, f.header.line, f.header.row, "", "", "", "")
	}
	if p.last == mostRows || p.last == mostRowsOnce {
		add(csvimport.WLooksTruncated, 0, p.last, "", "", fmt.Sprintf("the last row is row %d, the last that a sheet of a spreadsheet has: rows may have been cut off", p.last), "compare the number of rows with the export")
	}
	if p.blank > 0 {
		message := "a blank row was skipped"
		if p.blank > 1 {
			message = fmt.Sprintf("%d blank rows were skipped", p.blank)
		}
		add(csvimport.WBlankRows, p.blankLine, p.blankRow, "", "", message, "")
	}
	found = append(found, p.values.findings()...)
	if first, last, ok := p.counted.made(p.index); ok {
		add(csvimport.WSequentialIDs, first.line, first.row, colSubID.String(), first.id,
			fmt.Sprintf("the ids only count up, from %s to %s: made by the fill handle?", first.id, last.id), "")
	}
	for _, s := range p.shared.several() {
		add(csvimport.WSharedAccountID, s.line, s.row, colAccountID.String(), s.account,
			fmt.Sprintf("account_id %s stands with %d tenants", s.account, len(s.others)+1), "")
	}
	if n := p.shared.more(); n > 0 {
		add(csvimport.WSharedAccountID, 0, 0, colAccountID.String(), "", fmt.Sprintf("and %d more accounts stand with several tenants", n), "")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if p.found != nil {
		if !slices.ContainsFunc(f.later, func(l csvimport.Finding) bool { return l.Code == csvimport.EUnreadable }) {
			f.later = slices.Concat(found, f.later)
		}
		return
	}
	f.later, f.conflicts = found, p.conflicts
	if p.failed == nil {
		f.repeats = p.repeats
	}
}

// valuesTold gathers what is told of the file's stored values as a whole.
type valuesTold struct{ numbers, formulas told }

// told is how many rows have something, and the first.
type told struct {
	rows int
	at   csvimport.Place
}

func (t *told) add(h *header, row *csvimport.Row, col column) {
	if t.rows++; t.rows == 1 {
		t.at = row.At(col.String())
		t.at.Letter = sheet.Letter(h.at[col])
	}
}

// add takes what was stored in a row.
func (v *valuesTold) add(h *header, row *csvimport.Row, s stored) {
	if s.number > 0 {
		v.numbers.add(h, row, s.number-1)
	}
	if s.formula > 0 {
		v.formulas.add(h, row, s.formula-1)
	}
}

// findings are what is to be said of them.
func (v *valuesTold) findings() (all []csvimport.Finding) {
	if n := v.numbers.rows; n > 0 {
		all = append(all, csvimport.NewFinding(csvimport.WNumberCell, v.numbers.at, "",
			"numbers stand in cells that are for text, in "+csvimport.Plural(n, "row", "rows")+": their digits were read; leading zeros, if there were any, are gone",
			"compare them with the export or the platform; format the column as Text to keep zeros"))
	}
	if n := v.formulas.rows; n > 0 {
		all = append(all, csvimport.NewFinding(csvimport.WFormula, v.formulas.at, "",
			"formulas gave values in "+csvimport.Plural(n, "row", "rows")+": read is what was calculated when the workbook was saved last", ""))
	}
	return all
}
