package catalog

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
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
}

// Export selects the subscriptions to export. The error says that the plan is
// not there, or that the platform does not show its tenants.
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
	e := &Export{}
	var chosen byDomain
	match := false // the tenant before
	err := c.tenants.each(func(t *tenant, s *subscription) {
		switch {
		case s == nil:
			if match = matches(t); match && !t.readable {
				e.Unread++
			}
		case s.tenant != t.At && !matches(t), s.tenant == t.At && !match:
		case wanted(s):
			e.Subscriptions++
			chosen.add(t.domain, s.tenant)
		default:
			e.Imported++
		}
	})
	if err != nil {
		return nil, err
	}
	e.Tenants = chosen.sort()
	e.Rows = func(yield func(csvimport.TemplateRow, error) bool) {
		for _, at := range chosen.at {
			t, err := c.tenants.tenantAt(at.tenant)
			stopped := false
			if err == nil {
				err = c.tenants.eachBehind(at.tenant, func(s *subscription) bool {
					stopped = wanted(s) && !yield(c.templateRow(&t, s, planID), nil)
					return !stopped
				})
			}
			if stopped {
				return
			}
			if err != nil {
				yield(csvimport.TemplateRow{}, err)
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(csvimport.TemplateRow{}, err)
		}
	}
	return e, nil
}

// byDomain is tenants in the order of their domains.
type byDomain struct {
	domains []byte // one after the other
	at      []domainAt
}

type domainAt struct{ from, to, tenant uint32 }

// add adds a tenant, unless it was added last.
func (b *byDomain) add(domain string, tenant uint32) {
	if n := len(b.at); n > 0 && b.at[n-1].tenant == tenant {
		return
	}
	from := len(b.domains)
	b.domains = append(b.domains, domain...)
	b.at = append(b.at, domainAt{uint32(from), uint32(len(b.domains)), tenant})
}

// sort sorts, and counts the domains.
func (b *byDomain) sort() (domains int) {
	domain := func(d domainAt) []byte { return b.domains[d.from:d.to] }
	slices.SortFunc(b.at, func(x, y domainAt) int {
		return cmp.Or(bytes.Compare(domain(x), domain(y)), cmp.Compare(x.tenant, y.tenant))
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
	const at = 2000
	part := make([]ledger.Exported, 0, min(at, e.Subscriptions))
	for row, err := range e.Rows {
		if err != nil {
			return err
		}
		part = append(part, ledger.Exported{
			Sub: row.SubID, Tenant: row.Tenant, PlanID: row.PlanID, Company: row.Company,
			Email: row.Email, AccountID: row.AccountID, CutOff: row.CutOff, At: now,
		})
		if len(part) == at {
			if err := book.SaveExport(ctx, part); err != nil {
				return err
			}
			part = part[:0]
		}
	}
	return book.SaveExport(ctx, part)
}
