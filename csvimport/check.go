package csvimport

import (
	"context"
	"fmt"
	"hash/maphash"
	"iter"
	"slices"
	"strings"
	"sync"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/sheet"
)

// Checker puts together all that can be said of a file's rows before the first
// order: what the file itself tells, what the platform does, and what the
// ledger remembers. Its methods are safe for concurrent use.
type Checker struct {
	File    *File
	Catalog *Catalog        // nil: only what the file itself can tell
	Book    *ledger.Book    // nil: nothing is remembered
	Restore bool            // put leading zeros back that an account_id lost since the export
	Strict  bool            // warnings are errors, but for those that tell of work already done
	Only    map[Status]bool // of a results file, only rows with these statuses; nil: all

	mu   sync.Mutex
	last *pass // the last that went over all rows
}

// Tally is a file in numbers.
type Tally struct {
	Rows, Valid      int
	Errors, Warnings int            // findings, of rows and of the file
	Codes            map[string]int // findings by code

	// Of the valid rows, after resolution:
	Tenants         int
	ByID, ByBinding int // target accounts bound by account_id; by company name and e-mail
	Plans           []Count
	CutOffs         []Count // rows by cut-off date, in order; Name is empty for none
	Imported        int     // shown as imported by the platform
	Ordered         int     // with an order the ledger knows, and not shown as imported
}

// Count is a number of rows that have something in common.
type Count struct {
	ID, Name string
	Rows     int
}

// Rows yields the rows of the file with all their findings, in file order. It
// is a Rows: it may be ranged over several times and yields the same each time.
// The error is that of reading the ledger or ctx's.
func (c *Checker) Rows(ctx context.Context) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		p := c.newPass()
		p.ctx = ctx
		stopped, err := p.run(yield)
		if err == nil && !stopped {
			err = p.end()
		}
		if err != nil {
			if !stopped {
				yield(Row{}, err)
			}
			return
		}
		if !stopped {
			c.mu.Lock()
			c.last = p
			c.mu.Unlock()
		}
	}
}

// Findings returns what was found about the file as a whole: its bytes and
// header, and what only all rows together show. It is complete after one full
// pass of Rows.
func (c *Checker) Findings() []Finding {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		return c.raise(c.File.Findings())
	}
	return c.last.findings
}

// Tally counts rows and findings, after one full pass of Rows.
func (c *Checker) Tally() Tally {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.last == nil {
		return Tally{}
	}
	return c.last.tally
}

// raise makes errors of the warnings, if the checker is strict. What is done
// already is no fault of the file: the command that resumes an import is the
// one that began it.
func (c *Checker) raise(findings []Finding) []Finding {
	if !c.Strict {
		return findings
	}
	for i := range findings {
		f := &findings[i]
		if f.Severity == SeverityWarning && f.Code != "W_ALREADY_IMPORTED" && f.Code != "W_ALREADY_ORDERED" {
			findings = slices.Clone(findings)
			findings[i].Severity = SeverityError
		}
	}
	return findings
}

// pass is one reading of the file from its first row to its last.
type pass struct {
	*Checker
	ctx      context.Context
	seed     maphash.Seed
	status   int               // position of the column status, -1 = none
	letters  map[string]string // of the columns, by folded name
	changes  *changes          // nil: nothing was exported
	tally    Tally
	findings []Finding

	row     Row
	tenants map[uint64]tenantSeen // by hash of the domain
	numbers map[uint64]int32      // of accounts, by hash: position in accounts
	targets []target
	subs    marks // subscriptions of the catalog that are in the file
	plans   map[string]*Count
	cutOffs map[string]*Count
	plan    *Count // of the row before
	cutOff  *Count
}

// tenantSeen is what the rows so far tell of a tenant.
type tenantSeen struct {
	line, row int32 // of its first row
	account   int32 // the first it goes to: position in accounts, -1 = none yet
	valid     bool  // has a valid row
}

type target struct {
	number      string
	id, binding bool // bound so by a valid row
}

func (c *Checker) newPass() *pass {
	p := &pass{
		Checker: c, seed: maphash.MakeSeed(), status: -1,
		tenants: make(map[uint64]tenantSeen), numbers: make(map[uint64]int32),
		plans: make(map[string]*Count), cutOffs: make(map[string]*Count),
	}
	p.tally.Codes = make(map[string]int)
	p.letters = make(map[string]string)
	header := c.File.Header()
	for i, name := range header {
		if name := sheet.Fold(name); p.letters[name] == "" {
			p.letters[name] = sheet.Letter(i)
		}
	}
	if c.Only != nil {
		p.status = statusColumn(header)
	}
	if c.Catalog != nil {
		p.subs = c.Catalog.tenants.marks()
	}
	return p
}

// lookUps is how many rows are looked up in the ledger at once.
const lookUps = 512

// run yields all rows; stopped if the consumer wanted no more.
func (p *pass) run(yield func(Row, error) bool) (stopped bool, err error) {
	if p.Book != nil {
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
		p.check(&p.row, nil)
		if !yield(p.row, nil) {
			return true, nil
		}
	}
	return false, p.ctx.Err()
}

// runBook is run with what the ledger remembers, looked up for many rows at
// once.
func (p *pass) runBook(yield func(Row, error) bool) (stopped bool, err error) {
	n, err := p.Book.ExportCount(p.ctx)
	if err != nil {
		return false, err
	}
	if n > 0 && p.Only == nil {
		p.changes = newChanges(p.Book, p.Restore, p.seed)
	}
	rows := make([]Row, 0, lookUps)
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

func (p *pass) batch(rows []Row, yield func(Row, error) bool) (stopped bool, err error) {
	subs := make([]string, 0, len(rows))
	for i := range rows {
		if rows[i].SubID != "" {
			subs = append(subs, rows[i].SubID)
		}
	}
	entries, err := p.Book.Find(p.ctx, subs)
	if err != nil {
		return false, err
	}
	var exported map[string]ledger.Exported
	if p.changes != nil {
		if exported, err = p.Book.Exported(p.ctx, subs); err != nil {
			return false, err
		}
	}
	for i := range rows {
		row := &rows[i]
		if p.changes != nil && row.SubID != "" && !has(row.Findings, "E_DUPLICATE_SUB_ID") {
			e, known := exported[row.SubID]
			p.changes.note(row, e, known)
		}
		var entry *ledger.Entry
		if e, ok := entries[row.SubID]; ok {
			entry = &e
		}
		p.check(row, entry)
		if !yield(*row, nil) {
			return true, nil
		}
	}
	return false, p.ctx.Err()
}

func (p *pass) selected(cells []string) bool {
	if p.Only == nil {
		return true
	}
	status := strings.ToLower(strings.TrimSpace(cellOf(cells, p.status)))
	return p.Only[Status(status)]
}

// check completes a row's findings and counts it.
func (p *pass) check(row *Row, entry *ledger.Entry) {
	if p.Catalog != nil {
		p.subs.mark(p.Catalog.resolve(row))
		p.split(row)
	}
	if entry != nil && !row.Binding.Imported {
		p.ordered(row, entry)
	}
	row.Findings = p.raise(row.Findings)
	for i := range row.Findings {
		f := &row.Findings[i]
		if f.Letter == "" && f.Column != "" {
			row.Findings = slices.Clone(row.Findings)
			row.Findings[i].Letter = p.letters[sheet.Fold(f.Column)]
		}
	}
	p.count(row)
}

// ordered says that an earlier run has to do with the row's subscription.
func (p *pass) ordered(row *Row, e *ledger.Entry) {
	message, hint := "", "it is looked at before anything is sent"
	order := e.OrderNumber
	if order == "" {
		order = e.OrderID
	}
	switch e.State {
	case ledger.Completed, ledger.Imported:
		message, hint = fmt.Sprintf("order %s has imported this subscription already", order), "nothing will be sent for it"
		if order == "" {
			message = "this subscription was found imported by an earlier run"
		}
	case ledger.Accepted:
		message = fmt.Sprintf("order %s for this subscription is not at its end yet", order)
		hint = "it will be followed; nothing new is sent"
	case ledger.Failed:
		message = fmt.Sprintf("order %s for this subscription ended badly", order)
		hint = "mend and resubmit it in Billing, or cancel it there and import with --again"
	case ledger.Intended, ledger.Doubt:
		message = "an order for this subscription may exist: its answer was lost"
	default:
		return
	}
	row.add("W_ALREADY_ORDERED", "sub_id", row.SubID, message, hint)
}

// split notes tenants, and says where one goes to a second account.
func (p *pass) split(row *Row) {
	if row.Tenant == "" {
		return
	}
	key := maphash.String(p.seed, row.Tenant)
	t, seen := p.tenants[key]
	if !seen {
		t = tenantSeen{line: int32(row.Line), row: int32(row.Row), account: -1}
	}
	if row.Account == nil {
		if !seen {
			p.tenants[key] = t
		}
		return
	}
	number := p.target(row.Account.ID)
	switch {
	case t.account < 0:
		t.account = number
		p.tenants[key] = t
	case t.account != number:
		row.add("W_TENANT_SPLIT", "tenant", row.Tenant,
			fmt.Sprintf("this tenant goes to account %s here and to account %s first (row %d)", row.Account.ID, p.targets[t.account].number, t.row),
			"as a rule all subscriptions of a tenant belong to one account")
	}
}

// target returns the position of an account among those met so far.
func (p *pass) target(id string) int32 {
	key := maphash.String(p.seed, id)
	at, ok := p.numbers[key]
	if !ok {
		at = int32(len(p.targets))
		p.numbers[key] = at
		p.targets = append(p.targets, target{number: id})
	}
	return at
}

func (p *pass) count(row *Row) {
	t := &p.tally
	t.Rows++
	p.countFindings(row.Findings)
	if !row.Valid() {
		return
	}
	t.Valid++
	if row.Binding.Imported {
		t.Imported++
	} else if has(row.Findings, "W_ALREADY_ORDERED") {
		t.Ordered++
	}
	if p.cutOff == nil || p.cutOff.Name != row.CutOff {
		p.cutOff = counter(p.cutOffs, row.CutOff, row.CutOff)
	}
	p.cutOff.Rows++
	if row.Plan != nil {
		if p.plan == nil || p.plan.ID != row.Plan.APSID {
			p.plan = counter(p.plans, row.Plan.APSID, row.Plan.Name)
		}
		p.plan.Rows++
	}
	if p.Catalog == nil {
		return
	}
	key := maphash.String(p.seed, row.Tenant)
	if seen := p.tenants[key]; !seen.valid {
		seen.valid = true
		p.tenants[key] = seen
		t.Tenants++
	}
	if row.Account == nil {
		return
	}
	switch to := &p.targets[p.target(row.Account.ID)]; {
	case row.AccountID != "" && !to.id:
		to.id = true
		t.ByID++
	case row.AccountID == "" && !to.binding:
		to.binding = true
		t.ByBinding++
	}
}

func has(findings []Finding, code string) bool {
	return slices.ContainsFunc(findings, func(f Finding) bool { return f.Code == code })
}

func (p *pass) countFindings(findings []Finding) {
	for i := range findings {
		f := &findings[i]
		p.tally.Codes[f.Code]++
		if f.Severity == SeverityError {
			p.tally.Errors++
		} else {
			p.tally.Warnings++
		}
	}
}

func counter(counts map[string]*Count, id, name string) *Count {
	c := counts[id]
	if c == nil {
		c = &Count{ID: id, Name: name}
		counts[id] = c
	}
	return c
}

// end finds what only all rows together show.
func (p *pass) end() error {
	if p.Catalog != nil {
		if err := p.Catalog.Err(); err != nil {
			return err
		}
	}
	found := slices.Clone(p.File.Findings())
	if p.changes != nil {
		more, err := p.changes.findings(p.ctx)
		if err != nil {
			return err
		}
		found = append(found, more...)
	}
	if p.Catalog != nil && p.Only == nil {
		found = append(found, p.Catalog.tenants.partial(p.subs, func(domain string) (line, row int) {
			t := p.tenants[maphash.String(p.seed, domain)]
			return int(t.line), int(t.row)
		})...)
	}
	for i := range found {
		if f := &found[i]; f.Letter == "" {
			f.Letter = p.letters[sheet.Fold(f.Column)]
		}
	}
	p.findings = p.raise(found)
	p.countFindings(p.findings)
	p.tally.Plans = inOrder(p.plans, func(c *Count) string { return c.Name + "\x00" + c.ID })
	p.tally.CutOffs = inOrder(p.cutOffs, func(c *Count) string { return c.Name })
	return nil
}

func inOrder(counts map[string]*Count, key func(*Count) string) []Count {
	list := make([]Count, 0, len(counts))
	for _, c := range counts {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Count) int { return strings.Compare(key(&a), key(&b)) })
	return list
}
