package catalog

import (
	"context"
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/similar"
)

func (c *Catalog) loadPlans(ctx context.Context, p Platform) error {
	for plan, err := range p.Plans(ctx) {
		if err != nil {
			return Unread("service plans", err)
		}
		key := strings.ToLower(plan.APSID)
		if _, again := c.planAt[key]; again {
			continue
		}
		c.planAt[key] = len(c.plans)
		c.plans = append(c.plans, csvimport.Plan(plan))
	}
	return nil
}

// Plans returns the service plans in the platform's order.
func (c *Catalog) Plans() []csvimport.Plan { return c.plans }

// Plan returns the service plan with this plan_id, number or name; names are
// compared without case. The error names what there is.
func (c *Catalog) Plan(idOrName string) (csvimport.Plan, error) {
	want := strings.TrimSpace(idOrName)
	if i, ok := c.planAt[strings.ToLower(want)]; ok {
		return c.plans[i], nil
	}
	var found []csvimport.Plan
	for _, p := range c.plans {
		if p.ID == want || strings.EqualFold(strings.TrimSpace(p.Name), want) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return csvimport.Plan{}, fmt.Errorf("no service plan %q; there %s", want, c.planList())
	}
	return csvimport.Plan{}, fmt.Errorf("%d service plans are called %q: give the plan_id, %s", len(found), want, PlanWords(found))
}

func (c *Catalog) resolvePlan(row *csvimport.Row) {
	if i, ok := c.planAt[row.PlanID]; ok {
		row.Plan = &c.plans[i]
		return
	}
	hint := "there " + c.planList()
	near := similar.To(row.PlanID, 1)
	for i := range c.plans {
		near.Try(c.plans[i].APSID, i)
	}
	if len(near.Found) > 0 {
		hint = fmt.Sprintf("did you mean %s?", PlanWords(c.plans[near.Found[0].At:][:1]))
	}
	row.Add("E_PLAN_UNKNOWN", "plan_id", row.PlanID, "no service plan has this id", hint)
}

// planList says in words which plans there are.
func (c *Catalog) planList() string {
	switch n := len(c.plans); {
	case n == 0:
		return "are no service plans: publish one for the Azure application first"
	case n == 1:
		return "is one service plan: " + PlanWords(c.plans)
	case n <= 5:
		return "are " + PlanWords(c.plans)
	default:
		return fmt.Sprintf("are %d service plans, among them %s (bulkimport plans lists all)", n, PlanWords(c.plans[:3]))
	}
}

func PlanWords(plans []csvimport.Plan) string {
	words := make([]string, len(plans))
	for i, p := range plans {
		words[i] = fmt.Sprintf("%s (%s)", p.APSID, csvimport.Shown(p.Name))
	}
	return strings.Join(words, ", ")
}
