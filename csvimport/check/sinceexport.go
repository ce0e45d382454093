package check

import (
	"context"
	"fmt"
	"hash/maphash"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
)

// changes gathers what became of an export since it was written. Some of what
// spreadsheets do to a file can be seen in no other way: lost leading zeros, an
// account number rounded to 1000000.
type changes struct {
	book    History
	restore bool
	seed    maphash.Seed

	noted  map[int]*rowChanges // by Row.Index: of rows of which it is not known yet whether they count
	groups []*changeGroup
	seen   map[uint64]struct{} // subscriptions that were exported, hashed
	added  changeGroup         // rows that were not
	at     time.Time           // of the newest export the file has rows of
}

// rowChanges is what became of a row since the export.
type rowChanges struct {
	added bool // it was not exported
	cells []cellChange
}

type cellChange struct {
	column, kind, from, to string
	restored               bool
}

// changeGroup is one kind of change in one column.
type changeGroup struct {
	column, kind string
	restored     bool
	count        int
	line, row    int // of the first
	from, to     string
	rows         []int // the first of them, as a spreadsheet counts
}

const (
	zerosLost  = "leading zeros lost"
	rounded    = "rounded, as a spreadsheet does to long numbers"
	emptied    = "emptied"
	changed    = "not as it was exported"
	rowsShown  = 5
	exportRead = 1000 // subscriptions of the export looked up at once
)

func newChanges(book History, restore bool) *changes {
	return &changes{book: book, restore: restore, seed: maphash.MakeSeed(), noted: make(map[int]*rowChanges), seen: make(map[uint64]struct{})}
}

func (g *changeGroup) add(row *csvimport.Row) {
	if g.count++; g.count == 1 {
		g.line, g.row = row.Line, row.Row
	}
	if len(g.rows) < rowsShown {
		g.rows = append(g.rows, row.Row)
	}
}

// where names the rows of the group.
func (g *changeGroup) where() string {
	words := make([]string, len(g.rows))
	for i, r := range g.rows {
		words[i] = fmt.Sprint(r)
	}
	list := strings.Join(words, ", ")
	if more := g.count - len(g.rows); more > 0 {
		list += fmt.Sprintf(" and %d more", more)
	}
	if g.count == 1 {
		return "row " + list
	}
	return "rows " + list
}

// note compares a row with what was exported for its subscription, puts leading
// zeros back that it lost, and reports whether it changed the row. It is counted by count.
func (c *changes) note(row *csvimport.Row, e ledger.Exported, known bool) (mended bool) {
	if !known {
		c.noted[row.Index] = &rowChanges{added: true}
		return false
	}
	c.seen[maphash.String(c.seed, row.SubID)] = struct{}{}
	if e.At.After(c.at) {
		c.at = e.At
	}
	mended = c.compare(row, "tenant", normal.Domain(e.Tenant), row.Tenant)
	mended = c.compare(row, "plan_id", strings.ToLower(e.PlanID), row.PlanID) || mended
	mended = c.compare(row, "company_name", normal.CompanyKey(e.Company), row.Company) || mended
	if normal.EmailKey(e.Email) != normal.EmailKey(row.Email) {
		mended = c.compare(row, "email", e.Email, row.Email) || mended
	}
	mended = c.compare(row, "account_id", e.AccountID, row.AccountID) || mended
	if normal.CompanyKey(e.Company) == row.Company {
		mended = leaveOurApostrophe(row) || mended
	}
	return c.compare(row, "cut_off_date", e.CutOff, row.CutOff) || mended
}

// leaveOurApostrophe takes back what was said of an apostrophe that we wrote ourselves.
func leaveOurApostrophe(row *csvimport.Row) (mended bool) {
	if !csvimport.Has(row.Findings, csvimport.WNeutralisedName) {
		return false
	}
	row.Findings = slices.DeleteFunc(slices.Clone(row.Findings), func(f csvimport.Finding) bool { return f.Code == csvimport.WNeutralisedName })
	return true
}

// compare compares one cell; mended if it changed the row for it.
func (c *changes) compare(row *csvimport.Row, column, from, to string) (mended bool) {
	// What was empty was there to be filled.
	if from == "" || from == to {
		return false
	}
	for i := range row.Findings {
		f := &row.Findings[i]
		if f.Severity == csvimport.SeverityError && f.Column == column && f.Code != csvimport.EDuplicateSubID {
			row.Findings = slices.Clone(row.Findings)
			row.Findings[i].Hint = joinHints(f.Hint, fmt.Sprintf("the export had %s", csvimport.Quoted(from)))
			row.Findings[i].Exported = from
			return true
		}
	}
	kind := changed
	switch {
	case to == "":
		kind = emptied
	case column == "account_id":
		kind = numberChange(from, to)
	}
	restored := kind == zerosLost && c.restore
	if restored {
		row.AccountID = from
	}
	if c.noted[row.Index] == nil {
		c.noted[row.Index] = new(rowChanges)
	}
	of := c.noted[row.Index]
	of.cells = append(of.cells, cellChange{column, kind, from, to, restored})
	return restored
}

// count counts what was noted of a row, unless it is left out.
func (c *changes) count(row *csvimport.Row, leftOut bool) {
	of := c.noted[row.Index]
	delete(c.noted, row.Index)
	switch {
	case of == nil || leftOut:
	case of.added:
		c.added.add(row)
	default:
		for _, cell := range of.cells {
			c.group(cell).add(row)
		}
	}
}

func (c *changes) group(cell cellChange) *changeGroup {
	for _, g := range c.groups {
		if g.column == cell.column && g.kind == cell.kind {
			return g
		}
	}
	g := &changeGroup{column: cell.column, kind: cell.kind, restored: cell.restored, from: csvimport.Shown(cell.from), to: csvimport.Shown(cell.to)}
	c.groups = append(c.groups, g)
	return g
}

// numberChange tells how an account_id was changed.
func numberChange(from, to string) string {
	if len(to) < len(from) && normal.Number(from) == normal.Number(to) {
		return zerosLost
	}
	if len(from) == len(to) && len(strings.TrimRight(to, "0")) < len(strings.TrimRight(from, "0")) &&
		strings.HasPrefix(from, strings.TrimRight(to, "0")) {
		return rounded
	}
	return changed
}

func joinHints(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

// findings says what was found, grouped, when all rows were noted.
func (c *changes) findings(ctx context.Context) ([]csvimport.Finding, error) {
	if len(c.seen) == 0 {
		return nil, nil // not of an export of ours
	}
	var out []csvimport.Finding
	for _, g := range c.groups {
		out = append(out, g.finding())
	}
	removed, names, err := c.removed(ctx)
	if err != nil {
		return nil, err
	}
	if removed == 0 && c.added.count == 0 {
		return out, nil
	}
	var what, hints []string
	if removed > 0 {
		what = append(what, csvimport.Plural(removed, "row", "rows")+" removed")
		hints = append(hints, "removed: "+names)
	}
	if n := c.added.count; n > 0 {
		if removed > 0 {
			what = append(what, fmt.Sprintf("%d added", n))
		} else {
			what = append(what, csvimport.Plural(n, "row", "rows")+" added")
		}
		hints = append(hints, "added: "+c.added.where())
	}
	return append(out, csvimport.NewFinding(csvimport.WChangedSinceExport, csvimport.Place{}, "",
		strings.Join(what, ", ")+" since the export of "+c.at.UTC().Format("2006-01-02 15:04")+" UTC", strings.Join(hints, "; "))), nil
}

func (g *changeGroup) finding() csvimport.Finding {
	to := g.to
	if to == "" {
		to = "empty"
	}
	message := fmt.Sprintf("%s changed in %s: %s (%s → %s)", g.column, csvimport.Plural(g.count, "row", "rows"), g.kind, g.from, to)
	hint, next := "is it meant? "+g.where(), csvimport.Action(0)
	switch {
	case g.restored:
		message += ", put back"
		hint, next = "", csvimport.KeepZeros
	case g.kind == zerosLost:
		hint = "format the column as text; " + g.where()
	case g.kind == rounded:
		hint = "take the numbers from the export: several accounts turn into the same one; " + g.where()
	}
	at := csvimport.Place{Line: g.line, Row: g.row, Column: g.column}
	return csvimport.NewFinding(csvimport.WChangedSinceExport, at, g.to, message, hint).Then(next)
}

// removed counts the rows of the export that the file no longer has, and names
// the first.
func (c *changes) removed(ctx context.Context) (n int, names string, err error) {
	var some []string
	part := make([]string, 0, exportRead)
	count := func() error {
		found, err := c.book.Exported(ctx, part)
		if err != nil {
			return err
		}
		for _, sub := range part {
			// Older exports were other jobs.
			if e, ok := found[sub]; ok && e.At.Equal(c.at) {
				if n++; len(some) < 3 {
					some = append(some, fmt.Sprintf("%s of %s", sub, e.Tenant))
				}
			}
		}
		part = part[:0]
		return nil
	}
	for sub, err := range c.book.ExportedSubs(ctx) {
		if err != nil {
			return 0, "", err
		}
		if _, here := c.seen[maphash.String(c.seed, sub)]; here {
			continue
		}
		if part = append(part, sub); len(part) == exportRead {
			if err := count(); err != nil {
				return 0, "", err
			}
		}
	}
	if len(part) > 0 {
		if err := count(); err != nil {
			return 0, "", err
		}
	}
	names = strings.Join(some, ", ")
	if n > len(some) {
		names += fmt.Sprintf(" and %d more", n-len(some))
	}
	return n, names, nil
}
