package check

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/rows"
)

// Checker puts together all that can be said of a file's rows before the first
// order: what the file itself tells, what the platform does, and what the
// ledger remembers. Its methods are safe for concurrent use.
type Checker struct {
	File    *rows.File
	Catalog *catalog.Catalog          // nil: only what the file itself can tell
	Book    History                   // nil: nothing is remembered
	Restore bool                      // put leading zeros back that an account_id lost since the export
	Strict  bool                      // warnings are errors, but for those that are no fault of the file
	Only    map[csvimport.Status]bool // of a results file, only rows with these statuses; nil: all

	// LeavesOut reports whether a row that was checked is not going to be ordered: what is
	// told of all rows together is told without it. Nil: none is left out.
	LeavesOut func(*csvimport.Row) bool

	// AllowContradiction says that accounts which by name and e-mail are those of other
	// rows are meant.
	AllowContradiction bool

	// Files are the files checked before this one, nil if it is the only one.
	Files *Files

	mu      sync.Mutex
	learned *learned    // nil before the first pass over all rows
	known   *remembered // what the ledger told of all rows
}

// learned is what the first pass over all rows found out. It does not change.
type learned struct {
	tally    Tally
	findings []csvimport.Finding
	tenants  *seenTenants // nil without a catalog
	owners   *owners      // nil without a catalog, and where contradictions are meant
	file     uint32       // its number among Files
}

// Rows yields the rows of the file with all their findings, in file order. It
// is a Rows: it may be ranged over several times and yields the same each time;
// the ledger is read the first time and not again. The error is that of reading
// the ledger or ctx's.
func (c *Checker) Rows(ctx context.Context) iter.Seq2[csvimport.Row, error] {
	return func(yield func(csvimport.Row, error) bool) {
		c.mu.Lock()
		p := c.newPass(ctx)
		c.mu.Unlock()
		if p.over(yield) {
			c.mu.Lock()
			if c.learned == nil {
				c.learned = &learned{p.tally, p.findings, p.tenants, p.owners, p.file}
			}
			if p.book.whole() {
				c.known = p.book
			}
			c.mu.Unlock()
		}
	}
}

// Findings returns what was found about the file as a whole: its bytes and
// header, and what only all rows together show. It is complete after one full
// pass of Rows.
func (c *Checker) Findings() []csvimport.Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.learned == nil {
		return c.raise(c.File.Findings())
	}
	return c.learned.findings
}

// Tally counts rows and findings, after one full pass of Rows.
func (c *Checker) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.learned == nil {
		return Tally{}
	}
	return c.learned.tally
}

// Name completes findings about the file's rows that know their column and not
// its letter.
func (c *Checker) Name(findings []csvimport.Finding) []csvimport.Finding {
	return c.File.Letters().Name(findings)
}

// blameless reports whether a warning is no fault of the file and does not
// become an error. What is done already is not: the command that resumes an
// import is the one that began it. Nor is the apostrophe before a name, which
// is our own export's, or what was asked for: hidden rows left out, a heading said to
// be a column's.
func blameless(code csvimport.Code) bool {
	return code.Already() || code == csvimport.WNeutralisedName || code == csvimport.WHiddenSkipped || code == csvimport.WHeadingAlias
}

// raise makes errors of the warnings, if the checker is strict.
func (c *Checker) raise(findings []csvimport.Finding) []csvimport.Finding {
	if !c.Strict {
		return findings
	}
	for i := range findings {
		f := &findings[i]
		if f.Severity == csvimport.SeverityWarning && !blameless(f.Code) {
			findings = slices.Clone(findings)
			findings[i].Severity = csvimport.SeverityError
		}
	}
	return findings
}

// pass is one reading of the file from its first row to its last.
type pass struct {
	*Checker
	ctx      context.Context
	book     *remembered                           // nil: no ledger
	status   func(cells []string) csvimport.Status // of an earlier import
	letters  rows.Letters
	results  bool // the file is one that we have written
	file     uint32
	tally    Tally
	findings []csvimport.Finding

	row     csvimport.Row
	first   bool         // nothing is learned yet
	tenants *seenTenants // nil without a catalog; of the first pass unless first
	owners  *owners      // nil without a catalog, and where contradictions are meant

	// Of the first pass only:
	dropped   bool          // a row with errors was left out
	subs      catalog.Marks // subscriptions of the catalog that are in the file, but for such rows
	byID      catalog.Marks // accounts to which valid rows bind by account_id
	byBinding catalog.Marks // by company name and e-mail
	plans     map[string]*Count
	cutOffs   map[string]*Count
	plan      *Count // of the row before
	cutOff    *Count
}

func (c *Checker) newPass(ctx context.Context) *pass {
	p := &pass{Checker: c, ctx: ctx, book: c.known}
	if c.Catalog != nil && c.learned == nil {
		c.File.NamePlans(c.Catalog.Plans())
	}
	p.letters, p.results = c.File.Letters(), rows.IsResults(c.File)
	if c.Only != nil {
		p.status = rows.StatusIn(c.File)
	}
	if c.learned != nil {
		p.tenants, p.owners, p.file = c.learned.tenants, c.learned.owners, c.learned.file
		return p
	}
	p.first = true
	p.plans, p.cutOffs = make(map[string]*Count), make(map[string]*Count)
	p.tally.Codes = make(map[csvimport.Code]int)
	if c.Files != nil {
		p.file = c.Files.enter(c.File.Name())
	}
	if c.Catalog != nil {
		tenants, subs, accounts := c.Catalog.Positions()
		p.tenants = newSeenTenants(tenants)
		p.subs = catalog.NewMarks(subs)
		p.byID, p.byBinding = catalog.NewMarks(accounts), catalog.NewMarks(accounts)
	}
	return p
}

// over goes over all rows; done if it came to the end.
func (p *pass) over(yield func(csvimport.Row, error) bool) (done bool) {
	if p.first && p.Catalog != nil && !p.AllowContradiction {
		p.owners = ownersOf(p.ctx, p.File, p.Catalog)
	}
	stopped, err := p.run(yield)
	if stopped {
		return false
	}
	if err == nil {
		err = p.end()
	}
	if err != nil {
		yield(csvimport.Row{}, err)
	}
	return err == nil
}

// run yields all rows; stopped if the consumer wanted no more.
func (p *pass) run(yield func(csvimport.Row, error) bool) (stopped bool, err error) {
	if p.Book != nil && p.book == nil {
		return p.runBook(yield)
	}
	n := 0
	for row := range p.File.Rows() {
		if n++; n%1024 == 0 && p.ctx.Err() != nil {
			return false, p.ctx.Err()
		}
		if !p.selected(row.Cells) {
			continue
		}
		p.row = row // one place for all rows: what is pointed to moves to the heap
		p.book.recall(&p.row)
		p.check(&p.row)
		if !yield(p.row, nil) {
			return true, nil
		}
	}
	return false, p.ctx.Err()
}

// runBook is run with the ledger, in which many rows are looked up at once.
func (p *pass) runBook(yield func(csvimport.Row, error) bool) (stopped bool, err error) {
	if p.book, err = newRemembered(p.ctx, p.Book, p.Restore, p.Only == nil); err != nil {
		return false, err
	}
	rows := make([]csvimport.Row, 0, lookUps)
	for row := range p.File.Rows() {
		if !p.selected(row.Cells) {
			continue
		}
		if rows = append(rows, row); len(rows) < lookUps {
			continue
		}
		if stopped, err = p.batch(rows, yield); stopped || err != nil {
			return stopped, err
		}
		rows = rows[:0]
	}
	return p.batch(rows, yield)
}

func (p *pass) batch(rows []csvimport.Row, yield func(csvimport.Row, error) bool) (stopped bool, err error) {
	if err := p.book.lookUp(p.ctx, rows); err != nil {
		return false, err
	}
	for i := range rows {
		p.check(&rows[i])
		if !yield(rows[i], nil) {
			return true, nil
		}
	}
	return false, p.ctx.Err()
}

func (p *pass) selected(cells []string) bool {
	return p.Only == nil || p.Only[p.status(cells)]
}

// check completes a row's findings and counts it.
func (p *pass) check(row *csvimport.Row) {
	if p.results {
		leaveOurApostrophe(row)
	}
	at, tenant := catalog.Unresolved, int32(-1)
	if p.Catalog != nil {
		at = p.Catalog.Resolve(row)
		p.owners.judge(row)
		tenant = p.split(row, &at)
	}
	if !row.Binding.Imported {
		p.book.ordered(row)
	}
	p.Files.see(p.file, row)
	row.Findings = p.raise(row.Findings)
	row.Findings = p.letters.Name(row.Findings)
	if p.first {
		out := p.LeavesOut != nil && p.LeavesOut(row)
		switch invalid := out && !row.Valid(); { // what is ordered already is there
		case invalid:
			p.dropped = true
		case p.Catalog != nil:
			p.subs.Mark(at.Sub)
		}
		p.book.count(row, out)
		p.count(row, tenant, at.Account)
	}
}

// split notes where tenants go, and says where one goes to a second account. It
// returns the place of the row's tenant, -1 if it has none.
func (p *pass) split(row *csvimport.Row, at *catalog.Resolved) (tenant int32) {
	if row.Tenant == "" {
		return -1
	}
	tenant = p.tenants.place(at.Tenant.Pos, row.Tenant, p.first)
	if tenant < 0 {
		return -1
	}
	t := &p.tenants.list[tenant]
	if p.first && t.row == 0 {
		t.row = uint32(row.Row)
		p.tenants.lines.Note(row.Line, row.Row)
	}
	if row.Account == nil {
		return tenant
	}
	if p.first && t.account == 0 {
		t.account = at.Account.At + 1
	}
	if t.account == at.Account.At+1 || t.account == 0 {
		return tenant
	}
	if other := p.Catalog.AccountAt(t.account - 1); !catalog.SameAccount(&other, row.Account) {
		row.Add(csvimport.WTenantSplit, "tenant", row.Tenant,
			fmt.Sprintf("this tenant goes to account %s here and to account %s first (row %d)", row.Account.ID, other.ID, t.row&^hasValid),
			"as a rule all subscriptions of a tenant belong to one account")
	}
	return tenant
}

// leftOut finds the tenants of which the file, or all files together, leave
// subscriptions out.
func (p *pass) leftOut() ([]csvimport.Finding, error) {
	switch {
	case p.Files != nil:
	case p.dropped:
		return p.Catalog.PartialTenants("in rows without errors", p.subs, p.tenants.first)
	default:
		return p.Catalog.PartialTenants("in the file", p.subs, p.tenants.first)
	}
	all := p.Files.all(p.subs)
	if !p.Files.last() {
		return nil, nil
	}
	where := "in the file"
	if p.Files.Of > 1 {
		where = "in the files"
	}
	return p.Catalog.PartialTenants(where, all, p.tenants.first)
}

// end finds what only all rows together show.
func (p *pass) end() error {
	if p.Catalog != nil {
		if err := p.Catalog.Err(); err != nil {
			return err
		}
	}
	if !p.first {
		return nil
	}
	more, err := p.book.findings(p.ctx)
	if err != nil {
		return err
	}
	found := append(slices.Clone(p.File.Findings()), more...)
	if p.Catalog != nil && p.Only == nil {
		left, err := p.leftOut()
		if err != nil {
			return err
		}
		found = append(found, left...)
	}
	p.findings = p.raise(p.letters.Name(found))
	p.countFindings(p.findings)
	p.tally.Plans = inOrder(p.plans, func(c *Count) string { return c.Name + "\x00" + c.ID })
	p.tally.CutOffs = inOrder(p.cutOffs, func(c *Count) string { return c.Name })
	return nil
}
