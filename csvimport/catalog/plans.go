package catalog

import (
	"context"
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/similar"
)

func (c *Catalog) loadPlans(ctx context.Context, p Platform) error {
	for plan, err := range p.Plans(ctx) {
		if err != nil {
			return ReadError("service plans", err)
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
// compared by [normal.NameKey]. The error names what there is.
func (c *Catalog) Plan(idOrName string) (csvimport.Plan, error) {
	want := strings.TrimSpace(idOrName)
	if i, ok := c.planAt[strings.ToLower(want)]; ok {
		return c.plans[i], nil
	}
	var found []csvimport.Plan
	for _, p := range c.plans {
		if p.ID == want || normal.NameKey(p.Name) == normal.NameKey(want) {
			found = append(found, p)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		there, more := c.planList()
		return csvimport.Plan{}, &NoPlanError{Want: want, There: there, More: more}
	}
	return csvimport.Plan{}, fmt.Errorf("%d service plans are called %q: give the plan_id, %s", len(found), want, PlanWords(found))
}

// NoPlanError is a service plan that is not there.
type NoPlanError struct {
	Want  string
	There string // what there is, in words: "is one service plan: …"
	More  bool   // there are more than those named
}

func (e *NoPlanError) Error() string {
	return fmt.Sprintf("no service plan %q; there %s", e.Want, e.There)
}

// resolvePlan finds the row's plan, or says which may be meant.
func (c *Catalog) resolvePlan(row *csvimport.Row) {
	if i, ok := c.planAt[row.PlanID]; ok {
		row.Plan = &c.plans[i]
		return
	}
	there, more := c.planList()
	hint, next := "there "+there, csvimport.Action(0)
	if more {
		next = csvimport.AllPlans
	}
	near := similar.To[string](row.PlanID, 1)
	for i := range c.plans {
		near.Try(c.plans[i].APSID, func() string { return PlanWords(c.plans[i : i+1]) })
	}
	if found := near.Found(); len(found) > 0 {
		hint, next = fmt.Sprintf("did you mean %s?", found[0]), 0
	}
	row.Found(csvimport.NewFinding(csvimport.EPlanUnknown, row.At("plan_id"), row.PlanID, "", hint).Then(next))
}

// planList says in words which plans there are; more is set if it does not name
// all.
func (c *Catalog) planList() (words string, more bool) {
	switch n := len(c.plans); {
	case n == 0:
		return "are no service plans: publish one for the Azure application first", false
	case n == 1:
		return "is one service plan: " + PlanWords(c.plans), false
	case n <= 5:
		return "are " + PlanWords(c.plans), false
	default:
		return fmt.Sprintf("are %d service plans, among them %s", n, PlanWords(c.plans[:3])), true
	}
}

// PlanWords names plans by id and name.
func PlanWords(plans []csvimport.Plan) string {
	words := make([]string, len(plans))
	for i, p := range plans {
		words[i] = fmt.Sprintf("%s (%s)", p.APSID, csvimport.Shown(p.Name))
	}
	return strings.Join(words, ", ")
}
