package rows

import (
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/planname"
	"bulkimport/csvimport/sheet"
)

// rowParser makes rows of records. It is safe for concurrent use.
type rowParser struct {
	header *header
	now    time.Time
	cutOff string // for rows without one of their own
	seed   maphash.Seed
	grid   bool // the cells stand in the grid of a workbook

	delimiter rune                           // between the values; 0 in a grid
	plans     atomic.Pointer[planname.Index] // nil: names of plans are not known
}

// parsed is what the checks across rows need of a row.
type parsed struct {
	id    guid.ID
	hasID bool
	valid bool
	whole bool   // the record has the shape of a row
	hash  uint64 // of the id
	sum   uint64 // of all cells
	with  standsWith
	stored
}

// parse fills row from a record. It reads nothing but the record: what only
// other rows can tell is added later.
func (p *rowParser) parse(rec *sheet.Record, row *csvimport.Row) (out parsed) {
	*row = csvimport.Row{Line: rec.Line, Row: rec.Row, Cells: rec.Cells}
	if rec.Damage != nil {
		row.Findings = append(row.Findings, damaged(rec.Damage, p.header))
		return out
	}
	if p.misshapen(rec, row) {
		return p.remains(rec)
	}
	out.whole = true
	text := func(c column) string {
		if i := p.header.at[c]; i >= 0 && i < len(rec.Cells) {
			return rec.Cells[i]
		}
		return ""
	}
	var c cell
	// begin takes a column's text; it reports whether that is all there is to know.
	begin := func(col column) bool {
		c.text = text(col)
		return rec.Values == nil || !p.typed(rec, col, &c, &out.stored)
	}
	take := func(col column) string {
		value := text(col)
		if c.shown != "" {
			value, c.shown = c.shown, ""
		}
		for _, f := range c.faults {
			if col == colPlanID && f.code == csvimport.EEmpty && f.hint != mergedHint {
				f.hint, f.next = "", csvimport.ListPlans
			}
			p.found(row, col, value, f)
		}
		c.faults = c.faults[:0]
		return c.text
	}
	if begin(colTenant) {
		c.parseTenant()
	}
	row.Tenant = take(colTenant)
	var plan guid.ID
	if begin(colPlanID) {
		plan = c.parsePlan(p.plans.Load())
	}
	row.PlanID = take(colPlanID)
	if begin(colSubID) {
		out.id = c.parseGUID()
	}
	out.hasID, out.hash = !c.bad(), maphash.Comparable(p.seed, out.id)
	row.SubID = take(colSubID)
	if c.name = true; begin(colCompany) {
		c.parseCompany()
	}
	row.Company, c.name = take(colCompany), false
	if begin(colEmail) {
		c.parseEmail()
	}
	row.Email = take(colEmail)
	if begin(colAccountID) {
		row.AccountSaid = c.parseAccount()
	}
	row.AccountID = take(colAccountID)
	if begin(colCutOff) {
		c.parseCutOff(p.now)
	} else {
		c.doubtDate(p.now)
	}
	if row.CutOff = take(colCutOff); row.CutOff == "" {
		row.CutOff = p.cutOff
	}
	if out.hasID && plan == out.id {
		p.found(row, colSubID, row.SubID, fault{code: csvimport.WSameID})
	}
	if out.valid = row.Valid(); !out.valid {
		p.shifted(rec, row)
	} else if row.AccountID != "" {
		out.with = p.standsWith(row)
	}
	out.sum = p.sum(row)
	return out
}

// refusedText stands in the tables that go back for a cell that was refused for what
// is stored in it and whose text alone would be taken.
const refusedText = "#VALUE!"

// typed reads a cell by what a workbook stores in it. It reports false where its
// text is all there is to know.
func (p *rowParser) typed(rec *sheet.Record, col column, c *cell, out *stored) bool {
	i := p.header.at[col]
	if i < 0 || i >= len(rec.Values) || !c.parseStored(col, &rec.Values[i], out) {
		return false
	}
	if c.bad() && p.cellFits(col, rec.Cells[i]) {
		if c.shown == "" {
			c.shown = rec.Cells[i]
		}
		rec.Cells[i] = refusedText
	}
	return true
}

// found adds a finding about a cell.
func (p *rowParser) found(row *csvimport.Row, col column, value string, f fault) {
	at := row.At(col.String())
	at.Letter = sheet.Letter(p.header.at[col])
	row.Findings = append(row.Findings, csvimport.NewFinding(f.code, at, value, f.message, f.hint).Then(f.next))
}

// at adds a finding about a cell by its position.
func (p *rowParser) at(row *csvimport.Row, i int, code csvimport.Code, value, message, hint string) {
	at := row.At(p.header.nameAt(i))
	at.Letter = sheet.Letter(i)
	row.Findings = append(row.Findings, csvimport.NewFinding(code, at, value, message, hint))
}

// whole adds a finding about the row as a whole.
func (p *rowParser) whole(row *csvimport.Row, code csvimport.Code, value, message, hint string) {
	row.Findings = append(row.Findings, csvimport.NewFinding(code, row.At(""), value, message, hint))
}

// misshapen looks at the shape of a record: how many values it has, how long
// they are, and whether it is a customer at all. It reports whether the cells
// cannot be read.
func (p *rowParser) misshapen(rec *sheet.Record, row *csvimport.Row) bool {
	width := len(p.header.names)
	if rec.Width == width && rec.Marks == nil && !rec.Truncated && !p.suspect(rec) {
		return false
	}
	if p.tooLong(rec, row) {
		return true
	}
	if rec.Used > sheet.MaxColumns || rec.Truncated {
		p.whole(row, csvimport.ETooManyColumns, "", fmt.Sprintf("the row has %d values, more than any spreadsheet has columns (%d)", rec.Width, sheet.MaxColumns), "delete what does not belong to the table")
		return true
	}
	if p.noRow(rec, row) || p.repeatedHeader(rec, row) || p.wrongWidth(rec, row) {
		return true
	}
	return p.marks(rec, row)
}

// suspect reports whether a record of the right width needs a closer look at
// its shape: a required cell is blank, no id stands where one should, or a
// cell is very long or in a column without heading.
func (p *rowParser) suspect(rec *sheet.Record) bool {
	if len(rec.Cells) < len(p.header.is) {
		return true
	}
	for i, cell := range rec.Cells {
		if len(cell) > fieldLimit {
			return true
		}
		switch is := p.header.is[i]; {
		case is == unnamedColumn:
			if cell != "" {
				return true
			}
		case is >= 0 && is < int(requiredColumns):
			if cell == "" || is == int(colPlanID) && len(cell) < 32 || cell[0] <= ' ' || cell[0] >= utf8.RuneSelf && sheet.Blank(cell) {
				return true
			}
		}
	}
	return false
}

// tooLong refuses cells that no spreadsheet holds.
func (p *rowParser) tooLong(rec *sheet.Record, row *csvimport.Row) bool {
	for i, cell := range rec.Cells {
		if len(cell) <= fieldLimit || utf8.RuneCountInString(cell) <= fieldLimit {
			continue
		}
		p.at(row, i, csvimport.EFieldTooLong, cell[:1024],
			fmt.Sprintf("the cell has more than %d characters, the most a spreadsheet holds", fieldLimit), p.longHint("value"))
	}
	if len(row.Findings) == 0 && rec.Truncated && rec.Width <= sheet.MaxColumns {
		p.whole(row, csvimport.EFieldTooLong, "", "the row is longer than any row of a spreadsheet", p.longHint("row"))
	}
	return len(row.Findings) > 0
}

// longHint is what to do about a value or a row that is too long.
func (p *rowParser) longHint(what string) string {
	if p.grid {
		return "write the " + what + " again"
	}
	return "was a quote forgotten? Write the " + what + " again"
}

// noRow recognises notes, totals and comments: rows in which three or more of
// the required cells are empty.
func (p *rowParser) noRow(rec *sheet.Record, row *csvimport.Row) bool {
	empty := 0
	for c := range requiredColumns {
		if i := p.header.at[c]; i >= len(rec.Cells) || sheet.Blank(rec.Cells[i]) {
			empty++
		}
	}
	if empty < 3 {
		return false
	}
	value, filled := "", 0
	for _, cell := range rec.Cells {
		if sheet.Blank(cell) {
			continue
		}
		if filled++; filled == 1 {
			value, _ = normal.Clean(cell)
		}
	}
	hint := "delete it"
	if filled > 1 || strings.ContainsAny(value, "@.") {
		hint = "fill in its empty cells, or delete it if it is no customer"
	}
	if c := otherSeparator(rec); c != "" {
		hint = "its values are separated by " + c + ": write the row as the others are"
	}
	p.whole(row, csvimport.ENotARow, value, "this row is not a subscription ("+csvimport.Quoted(value)+")", hint)
	return true
}

// otherSeparator names the delimiter of a row that is all in one cell.
func otherSeparator(rec *sheet.Record) string {
	if rec.Used != 1 || len(rec.Cells) == 0 {
		return ""
	}
	for c, name := range map[string]string{",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"} {
		if strings.Count(rec.Cells[0], c) >= 4 {
			return name
		}
	}
	return ""
}

// repeatedHeader recognises the heading line further down.
func (p *rowParser) repeatedHeader(rec *sheet.Record, row *csvimport.Row) bool {
	if headingsAmong(rec.Cells) < 4 {
		return false
	}
	message, hint := "this row is the heading line again: were two exports pasted together?", "delete it"
	if i := slices.IndexFunc(rec.Cells, p.header.noHeading); i >= 0 {
		message = "this row holds the heading line again, and more (" + csvimport.Quoted(rec.Cells[i]) + "): were two files joined without a line break?"
		hint = "put the line break back where the headings begin, and delete these alone"
	}
	p.whole(row, csvimport.EHeaderRepeated, strings.Join(rec.Cells[:min(len(rec.Cells), 6)], ","), message, hint)
	return true
}

// noHeading reports whether a cell says something and is none of the headings.
func (h *header) noHeading(cell string) bool {
	return !sheet.Blank(cell) && !slices.ContainsFunc(h.names, func(name string) bool { return foldHeading(name) == foldHeading(cell) }) &&
		headingsAmong([]string{cell}) == 0
}

// wrongWidth compares the number of values with that of headings. Extra empty
// values are dropped, missing optional ones are empty.
func (p *rowParser) wrongWidth(rec *sheet.Record, row *csvimport.Row) bool {
	width := len(p.header.names)
	if cut := p.cutAtEnd(rec); cut != nil {
		rec = cut
	}
	switch {
	case rec.Used > width && p.grid:
		at := width
		for at < len(rec.Cells)-1 && sheet.Blank(rec.Cells[at]) {
			at++
		}
		p.whole(row, csvimport.EFieldCount, rec.Cells[at], noHeadingAbove(at, rec.Cells[at]), "delete it, or give the column a heading")
		return true
	case rec.Used > width:
		message, hint := p.surplus(rec)
		p.whole(row, csvimport.EFieldCount, "", message, hint)
		return true
	case rec.Width < width:
		for i := rec.Width; i < width; i++ {
			if is := p.header.is[i]; is >= 0 && is < int(requiredColumns) {
				p.whole(row, csvimport.EFieldCount, "", fmt.Sprintf("the row has %s under %d headings", csvimport.Plural(rec.Width, "value", "values"), width),
					"was a line break typed into a name? Write the row again on one line, or put the name in quotes")
				return true
			}
		}
		if why := p.joined(rec); why != "" {
			p.whole(row, csvimport.EFieldCount, "", fmt.Sprintf("the row has %s under %d headings, and %s", csvimport.Plural(rec.Width, "value", "values"), width, why),
				"is a "+p.delimiterWord()+" missing? Compare the row with the headings")
			return true
		}
		p.whole(row, csvimport.WShortRow, "", fmt.Sprintf("the row has %s under %d headings; the missing ones were taken for empty", csvimport.Plural(rec.Width, "value", "values"), width), "")
	case rec.Width > width:
		p.whole(row, csvimport.WExtraEmptyFields, "", "the row has "+csvimport.Plural(rec.Width-width, "empty value", "empty values")+" more than there are headings, left out", "")
	}
	return p.unnamed(rec, row)
}

// cutAtEnd returns a row with an empty value at its end as one that has it, where that
// shows that a delimiter cut another of its values; else nil.
func (p *rowParser) cutAtEnd(rec *sheet.Record) *sheet.Record {
	width := len(p.header.names)
	if p.grid || rec.Width <= width || rec.Width > 2*width || rec.Used > width || p.fits(rec.Cells) {
		return nil
	}
	whole := *rec
	whole.Used, whole.Cells = rec.Width, append(slices.Clone(rec.Cells), make([]string, max(0, rec.Width-len(rec.Cells)))...)
	if p.join(&whole) < 0 {
		return nil
	}
	return &whole
}

// joined says why a row with values too few may have lost a separator and not a value
// at its end: two values in quotes became one, or the last value is of the column that
// has none.
func (p *rowParser) joined(rec *sheet.Record) string {
	for _, cell := range rec.Cells[:min(rec.Width, len(rec.Cells))] {
		inches := strings.IndexByte(cell, '"') == len(cell)-1
		if strings.Count(cell, `"`)%2 == 1 && !inches || strings.Contains(cell, `""`) {
			return "a quote stands in " + csvimport.Quoted(cell)
		}
	}
	last, missing := rec.Width-1, p.header.is[rec.Width]
	if last < 0 || last >= len(rec.Cells) || missing < 0 || p.header.is[last] >= 0 || sheet.Blank(rec.Cells[last]) || !p.cellFits(column(missing), rec.Cells[last]) {
		return ""
	}
	return "the last one (" + csvimport.Quoted(rec.Cells[last]) + ") may be the " + column(missing).String()
}

// unnamed looks at columns without a heading: left of ours they are notes of
// programs (pandas), right of ours nobody knows what they are.
func (p *rowParser) unnamed(rec *sheet.Record, row *csvimport.Row) bool {
	noticed := false
	for i, is := range p.header.is[:min(len(p.header.is), len(rec.Cells))] {
		if is != unnamedColumn || sheet.Blank(rec.Cells[i]) {
			continue
		}
		if i > p.header.last {
			p.whole(row, csvimport.EFieldCount, rec.Cells[i], noHeadingAbove(i, rec.Cells[i]), "delete it, or give the column a heading")
			return true
		}
		if !noticed {
			noticed = true
			p.whole(row, csvimport.WExtraColumn, rec.Cells[i], "column "+sheet.Letter(i)+" has a value but no heading; it was ignored", "")
		}
	}
	return false
}

func noHeadingAbove(i int, value string) string {
	return "column " + sheet.Letter(i) + " has a value (" + csvimport.Quoted(value) + ") but no heading"
}

// surplus says what values too many a row has, and offers a mend where one is proved.
func (p *rowParser) surplus(rec *sheet.Record) (message, hint string) {
	width := len(p.header.names)
	message = fmt.Sprintf("the row has %s under %d headings", csvimport.Plural(rec.Used, "value", "values"), width)
	if number := p.thousands(rec); number != "" {
		return message + ": it looks like commas between the thousands of " + colAccountID.String(), "write " + number + ", without commas"
	}
	if at := p.join(rec); at >= 0 {
		return message + ": it looks like an unquoted " + p.delimiterWord() + " in " + p.header.nameAt(at), p.joinHint(rec, at)
	}
	if strings.ContainsAny(strings.Join(rec.Cells[:min(width, len(rec.Cells))], ""), "“”„") {
		return message, `write " in place of curly quotes: those do not hold a value together`
	}
	var beyond []string
	for _, cell := range rec.Cells[min(width, len(rec.Cells)):] {
		if !sheet.Blank(cell) && len(beyond) < surplusNamed {
			beyond = append(beyond, csvimport.Quoted(strings.TrimSpace(cell)))
		}
	}
	if len(beyond) == 0 {
		return message, "compare the row with the headings: it has a value too many"
	}
	return message + "; right of the table stands " + strings.Join(beyond, ", "),
		"compare the row with the headings: a value too many may stand further left, and shift the others"
}

// surplusNamed is how many values right of the table are named.
const surplusNamed = 3

func (p *rowParser) delimiterWord() string {
	switch p.delimiter {
	case ';':
		return "semicolon"
	case '\t':
		return "tab"
	case '|':
		return "bar"
	}
	return "comma"
}

// thousands returns the account's number if a row has too many values because of the
// commas in it, else nothing.
func (p *rowParser) thousands(rec *sheet.Record) string {
	at, extra := p.header.at[colAccountID], rec.Used-len(p.header.names)
	if p.delimiter != ',' || at < 0 || rec.Used > len(rec.Cells) || at+extra >= rec.Used {
		return ""
	}
	pieces := rec.Cells[at : at+extra+1]
	for i, piece := range pieces {
		digits := strings.Trim(piece, "0123456789") == ""
		if !digits || len(piece) == 0 || len(piece) > 3 || i > 0 && len(piece) != 3 {
			return ""
		}
	}
	number := strings.Join(pieces, "")
	cells := slices.Concat(rec.Cells[:at], []string{number}, rec.Cells[at+extra+1:rec.Used])
	if !p.fits(cells) {
		return ""
	}
	return number
}

// joinHint says how the values that a delimiter cut are written as one.
func (p *rowParser) joinHint(rec *sheet.Record, at int) string {
	extra := rec.Used - len(p.header.names)
	value := strings.TrimSpace(strings.Join(rec.Cells[at:at+extra+1], string(p.delimiter)))
	note := ""
	if inner := strings.TrimRight(strings.TrimLeft(value, "“„«"), "”“»"); len(inner) < len(value) {
		value, note = inner, " (curly quotes do not hold a value together)"
	}
	if csvimport.Shown(value) != value {
		return "put quotes around the whole " + p.header.nameAt(at) + note
	}
	return `write "` + strings.ReplaceAll(value, `"`, `""`) + `" with quotes around it` + note
}

// join returns the position at which joining neighbours leaves a valid row, or -1 if
// there is none or more than one. What is joined is one of our cells, and each piece
// of it says something: else the values are others.
func (p *rowParser) join(rec *sheet.Record) int {
	width := len(p.header.names)
	extra := rec.Used - width
	if extra < 1 || extra > 8 || rec.Used > len(rec.Cells) || width > 64 {
		return -1
	}
	found := -1
	for at := range width {
		cells := append(append([]string{}, rec.Cells[:at]...), strings.Join(rec.Cells[at:at+extra+1], string(p.delimiter)))
		cells = append(cells, rec.Cells[at+extra+1:rec.Used]...)
		if !p.fits(cells) {
			continue
		}
		if found >= 0 {
			return -1
		}
		found = at
	}
	if found >= 0 && (p.header.is[found] < 0 || slices.ContainsFunc(rec.Cells[found:found+extra+1], sheet.Blank)) {
		return -1
	}
	return found
}

// fits reports whether cells are valid under the headings.
func (p *rowParser) fits(cells []string) bool {
	for i, is := range p.header.is {
		if is < 0 || i >= len(cells) {
			continue
		}
		if !p.cellFits(column(is), cells[i]) {
			return false
		}
	}
	return true
}

// cellFits reports whether a text is valid in a column.
func (p *rowParser) cellFits(col column, text string) bool {
	c := cell{text: text}
	switch col {
	case colTenant:
		c.parseTenant()
	case colPlanID:
		c.parsePlan(p.plans.Load())
	case colSubID:
		c.parseGUID()
	case colCompany:
		c.name = true
		c.parseCompany()
	case colEmail:
		c.parseEmail()
	case colAccountID:
		c.parseAccount()
	case colCutOff:
		c.parseCutOff(p.now)
	}
	return !c.bad()
}

// shifted says in the first error's hint that the cells of an invalid row seem
// to stand one column off.
func (p *rowParser) shifted(rec *sheet.Record, row *csvimport.Row) {
	if p.header.at[colSubID] < 0 || !p.header.ordered {
		return
	}
	for _, by := range [...]int{1, -1} {
		hits := 0
		for _, col := range [...]column{colTenant, colPlanID, colSubID, colEmail} {
			i := p.header.at[col] + by
			if i >= 0 && i < len(rec.Cells) && !sheet.Blank(rec.Cells[i]) && p.cellFits(col, rec.Cells[i]) && !p.ownFits(rec, col) {
				hits++
			}
		}
		if hits < 2 {
			continue
		}
		side := "right"
		if by < 0 {
			side = "left"
		}
		for i := range row.Findings {
			if f := &row.Findings[i]; f.Severity == csvimport.SeverityError {
				f.Hint = "the row seems shifted one column to the " + side + ": move its cells back"
				return
			}
		}
	}
}

func (p *rowParser) ownFits(rec *sheet.Record, col column) bool {
	i := p.header.at[col]
	// Both ids have one form: what one of them is tells nothing of the other.
	return col != colPlanID && col != colSubID && i < len(rec.Cells) && p.cellFits(col, rec.Cells[i])
}

// marks warns of quotes that stand where they should not. Two that belong together
// in neighbours are those of one value, and what stands before the first another.
func (p *rowParser) marks(rec *sheet.Record, row *csvimport.Row) (joined bool) {
	odd := func(i int) bool {
		return i < min(len(rec.Marks), len(rec.Cells)) && rec.Marks[i]&sheet.BareQuote != 0 && strings.Count(rec.Cells[i], `"`)%2 == 1
	}
	for i, m := range rec.Marks {
		if odd(i) && odd(i+1) {
			p.at(row, i, csvimport.EStrayQuote, rec.Cells[i], "a quote opens inside of this value and closes in the next",
				"is a "+p.delimiterWord()+" missing before the quote? A value with quotes of its own is written in quotes, and they twice")
			return true
		}
		if i >= len(p.header.is) || m&(sheet.BareQuote|sheet.SpacedQuote) == 0 {
			continue
		}
		code := csvimport.WBareQuote
		if m&sheet.SpacedQuote != 0 {
			code = csvimport.WSpaceBeforeQuote
		}
		p.at(row, i, code, rec.Cells[min(i, len(rec.Cells)-1)], "", "")
	}
	return false
}
