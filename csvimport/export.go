package csvimport

import (
	"context"
	"iter"
	"strings"
	"time"

	"bulkimport/csvimport/ledger"
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
	Rows iter.Seq2[TemplateRow, error]

	Tenants, Subscriptions int
	Imported               int // subscriptions left out because they are imported already
	Unread                 int // tenants whose list of subscriptions the platform did not show
}

// Export selects the subscriptions to export. The error says that the plan is
// not there, or that the platform does not show its tenants.
func (c *Catalog) Export(opt ExportOptions) (*Export, error) {
	if c.unread != nil {
		return nil, unread("tenants", c.unread)
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
	filter := strings.ToLower(strings.TrimSpace(opt.Filter))
	x := &c.tenants
	matches := make([]bool, len(x.tenants))
	e := &Export{}
	for i := range x.tenants {
		t := &x.tenants[i]
		matches[i] = filter == "" || strings.Contains(t.domain, filter) || strings.Contains(strings.ToLower(t.company), filter)
		if matches[i] && !t.readable {
			e.Unread++
		}
	}
	wanted := func(s *subscription) bool { return matches[s.tenant] && (opt.All || !s.done) }
	counted := make([]bool, len(x.tenants))
	for i := range x.subs {
		switch s := &x.subs[i]; {
		case wanted(s):
			e.Subscriptions++
			if !counted[s.tenant] {
				counted[s.tenant] = true
				e.Tenants++
			}
		case matches[s.tenant]:
			e.Imported++
		}
	}
	e.Rows = func(yield func(TemplateRow, error) bool) {
		for i := range x.subs {
			if s := &x.subs[i]; wanted(s) && !yield(c.templateRow(s, planID), nil) {
				return
			}
		}
		if err := c.Err(); err != nil {
			yield(TemplateRow{}, err)
		}
	}
	return e, nil
}

// templateRow fills in what is known of a subscription. Company and e-mail are
// those of its account where that is certain, since they are what binds a row.
func (c *Catalog) templateRow(s *subscription, planID string) TemplateRow {
	t := &c.tenants.tenants[s.tenant]
	row := TemplateRow{
		Tenant: t.domain, PlanID: planID, SubID: s.id,
		Company: NormalCompany(t.company), Email: strings.TrimSpace(t.email),
	}
	number := t.account
	if s.account != "" {
		number = s.account
	}
	ctx := context.Background()
	if number != "" {
		found, err := c.accounts.byNumber(ctx, number)
		c.fail(err)
		if one := found.one; one != nil {
			row.AccountID = one.ID
			if one.Company != "" {
				row.Company = NormalCompany(one.Company)
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
	found, err := c.accounts.byBinding(ctx, sheet.Plain(row.Company), row.Email)
	c.fail(err)
	if found.one != nil {
		row.AccountID = found.one.ID
	}
	return row
}

// Remember keeps in the ledger what was exported, so that a check can say what
// became of it since. now is the time of the export.
func (e *Export) Remember(ctx context.Context, book *ledger.Book, now time.Time) error {
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
