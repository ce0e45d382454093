package catalog

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog/spill"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/sheet"
)

// ExportOptions select what is exported. The zero value exports what is ready
// for import.
type ExportOptions struct {
	All    bool   // also what is imported already
	Filter string // only tenants whose domain or company holds this text, without regard to case
	Plan   string // plan_id, number or name of the service plan to fill in; empty: the only one, if there is only one
}

// Export is the table of subscriptions ready for import, with all filled in
// that the platform knows.
type Export struct {
	// Rows yields the table in the order of the tenants' domains. It may be
	// ranged over several times.
	Rows iter.Seq2[csvimport.TemplateRow, error]

	Tenants, Subscriptions int
	Imported               int // subscriptions left out because they are imported already
	Unread                 int // tenants whose list of subscriptions the platform did not show

	rows spill.Index // all, as the platform listed them
}

// rowsInMemory is how many rows of an export are kept in memory; more are kept in a
// temporary file.
const rowsInMemory = 20_000

// Close gives up what the export holds on disk.
func (e *Export) Close() error { return e.rows.Close() }

// Export selects the subscriptions to export; close it after use. The error says
// that the plan is not there, or that the platform does not show its tenants.
func (c *Catalog) Export(opt ExportOptions) (*Export, error) {
	if c.unread != nil {
		return nil, ReadError("tenants", c.unread)
	}
	planID := ""
	switch {
	case opt.Plan != "":
		plan, err := c.Plan(opt.Plan)
		if err != nil {
			return nil, err
		}
		planID = plan.APSID
	case len(c.plans) == 1:
		planID = c.plans[0].APSID
	}
	planID = strings.ToLower(planID)
	filter := normal.NameKey(opt.Filter)
	matches := func(t *tenant) bool {
		return filter == "" || strings.Contains(t.domain, filter) || strings.Contains(normal.NameKey(t.company), filter)
	}
	wanted := func(s *subscription) bool { return opt.All || !s.done }
	e := &Export{rows: spill.New(rowsInMemory)}
	var chosen byDomain
	var record []byte
	var failed error
	err := c.tenants.each(func(t *tenant, s *subscription) {
		switch {
		case failed != nil || !matches(t):
		case s == nil:
			if !t.readable {
				e.Unread++
			}
		case wanted(s):
			e.Subscriptions++
			row := c.templateRow(t, s, planID)
			record = appendRow(record[:0], &row)
			var at uint32
			at, failed = e.rows.Add(record)
			chosen.add(t, at)
		default:
			e.Imported++
		}
	})
	if err := cmp.Or(err, failed, c.Err(), e.rows.Seal()); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	e.Tenants = chosen.sort()
	e.Rows = func(yield func(csvimport.TemplateRow, error) bool) {
		for _, of := range chosen.at {
			left := of.rows
			err := e.rows.After(of.first, func(_ uint32, record []byte) bool {
				if left--; !yield(rowOf(record), nil) {
					left = -1
				}
				return left > 0
			})
			if left < 0 {
				return
			}
			if err != nil {
				yield(csvimport.TemplateRow{}, err)
				return
			}
		}
	}
	return e, nil
}

// texts are the cells of a row.
func texts(r *csvimport.TemplateRow) [7]*string {
	return [...]*string{&r.Tenant, &r.PlanID, &r.SubID, &r.Company, &r.Email, &r.AccountID, &r.CutOff}
}

// appendRow appends the record of a row.
func appendRow(record []byte, r *csvimport.TemplateRow) []byte {
	for _, s := range texts(r) {
		record = spill.AppendText(record, *s)
	}
	return record
}

// rowOf reads what appendRow wrote.
func rowOf(record []byte) (r csvimport.TemplateRow) {
	rest := string(record)
	for _, s := range texts(&r) {
		*s, rest = spill.TakeText(rest)
	}
	return r
}

// byDomain is tenants in the order of their domains, each with its rows.
type byDomain struct {
	domains []byte // one after the other
	at      []domainAt
}

type domainAt struct {
	from, to uint32
	tenant   uint32 // its address
	first    uint32 // of its rows, the address; the others follow
	rows     int32
}

// add adds a row of a tenant.
func (b *byDomain) add(t *tenant, row uint32) {
	if n := len(b.at); n > 0 && b.at[n-1].tenant == t.At {
		b.at[n-1].rows++
		return
	}
	from := len(b.domains)
	b.domains = append(b.domains, t.domain...)
	b.at = append(b.at, domainAt{uint32(from), uint32(len(b.domains)), t.At, row, 1})
}

// sort sorts, and counts the domains.
func (b *byDomain) sort() (domains int) {
	domain := func(d domainAt) []byte { return b.domains[d.from:d.to] }
	slices.SortFunc(b.at, func(x, y domainAt) int {
		return cmp.Or(bytes.Compare(domain(x), domain(y)), cmp.Compare(x.first, y.first))
	})
	for i, d := range b.at {
		if i == 0 || !bytes.Equal(domain(d), domain(b.at[i-1])) {
			domains++
		}
	}
	b.domains = nil
	return domains
}

// templateRow fills in what is known of a subscription. Company and e-mail are
// those of its account where that is certain, since they are what binds a row.
func (c *Catalog) templateRow(t *tenant, s *subscription, planID string) csvimport.TemplateRow {
	row := csvimport.TemplateRow{
		Tenant: t.domain, PlanID: planID, SubID: s.id,
		Company: normal.Company(t.company), Email: strings.TrimSpace(t.email),
	}
	number := t.account
	if s.account != "" {
		number = s.account
	}
	if number != "" {
		found, err := c.accounts.byNumber(number)
		c.fail(err)
		if one := found.one; one != nil {
			row.AccountID = one.ID
			if one.Company != "" {
				row.Company = normal.Company(one.Company)
			}
			if one.Email != "" {
				row.Email = strings.TrimSpace(one.Email)
			}
		}
		return row
	}
	if row.Company == "" || row.Email == "" {
		return row
	}
	found, err := c.accounts.byBinding(sheet.Plain(row.Company), row.Email)
	c.fail(err)
	if found.one != nil {
		row.AccountID = found.one.ID
	}
	return row
}

// Memory keeps what a download wrote of each subscription, in the place of what an
// earlier one did.
type Memory interface {
	SaveExport(ctx context.Context, rows []ledger.Exported) error
}

// Remember keeps in the ledger what was exported, so that a check can say what
// became of it since. now is the time of the export.
func (e *Export) Remember(ctx context.Context, book Memory, now time.Time) error {
	const at = 20_000 // what a ledger can sort beforehand fills its pages one after another
	part := make([]ledger.Exported, 0, min(at, e.Subscriptions))
	var failed error
	err := e.rows.All(func(_ uint32, record []byte) bool {
		row := rowOf(record)
		part = append(part, ledger.Exported{
			Sub: row.SubID, Tenant: row.Tenant, PlanID: row.PlanID, Company: row.Company,
			Email: row.Email, AccountID: row.AccountID, CutOff: row.CutOff, At: now,
		})
		if len(part) == at {
			failed = book.SaveExport(ctx, part)
			part = part[:0]
		}
		return failed == nil
	})
	if err := cmp.Or(err, failed); err != nil {
		return err
	}
	return book.SaveExport(ctx, part)
}
