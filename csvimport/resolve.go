package csvimport

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"bulkimport/apsclient"
)

// panelSteps is what brings a tenant's subscriptions into the platform's list.
const panelSteps = "in the panel: CSP Customers > Synchronize, Transfer to NCE, then NCE Customers > Synchronize"

// Resolve finds the row's account, plan and subscription and adds what is
// found wrong. Cells that are at fault already are not looked up.
//
// The account is the one with the row's account_id or, without, the one whose
// company name and administrator's e-mail both are the row's.
func (c *Catalog) Resolve(row *Row) { c.resolve(row) }

// resolve is Resolve; it returns the position of the row's subscription among
// its tenant's, or -1.
func (c *Catalog) resolve(row *Row) int32 {
	tenantBad, planBad, subBad, nameBad, emailBad, idBad := faults(row.Findings)
	if !planBad && row.PlanID != "" {
		c.resolvePlan(row)
	}
	switch {
	case idBad:
	case row.AccountID != "":
		c.resolveID(row, nameBad, emailBad)
	case !nameBad && !emailBad && row.Company != "" && row.Email != "":
		c.resolveBinding(row)
	}
	if c.unread != nil || tenantBad || row.Tenant == "" {
		return -1
	}
	return c.resolveSubscription(row, subBad || row.SubID == "")
}

// faults tells which cells have errors.
func faults(findings []Finding) (tenant, plan, sub, company, email, account bool) {
	for i := range findings {
		if findings[i].Severity != SeverityError {
			continue
		}
		switch findings[i].Column {
		case "tenant":
			tenant = true
		case "plan_id":
			plan = true
		case "sub_id":
			// A repeated sub_id is a good one.
			sub = sub || findings[i].Code != "E_DUPLICATE_SUB_ID"
		case "company_name":
			company = true
		case "email":
			email = true
		case "account_id":
			account = true
		}
	}
	return
}

func (row *Row) add(code, column, value, message, hint string) {
	// The findings may be part of a larger array of the file's: never append
	// in place.
	row.Findings = append(slices.Clip(row.Findings), Finding{
		Type: "finding", Severity: severityOf(code), Code: code, Line: row.Line, Row: row.Row,
		Column: column, Value: shown(value), Message: message, Hint: hint,
	})
}

// shorten cuts s to at most n characters.
func shorten(s string, n int) string {
	if len(s) <= n || utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func (c *Catalog) resolvePlan(row *Row) {
	if i, ok := c.planAt[row.PlanID]; ok {
		row.Plan = &c.plans[i]
		return
	}
	hint := "there " + c.planList()
	near := newNearest(row.PlanID, 1)
	for i := range c.plans {
		near.try(c.plans[i].APSID, i)
	}
	if len(near.found) > 0 {
		hint = fmt.Sprintf("did you mean %s?", planIDs(c.plans[near.found[0].at:][:1]))
	}
	row.add("E_PLAN_UNKNOWN", "plan_id", row.PlanID, "no service plan has this id", hint)
}

// planList says in words which plans there are.
func (c *Catalog) planList() string {
	switch n := len(c.plans); {
	case n == 0:
		return "are no service plans: publish one for the Azure application first"
	case n == 1:
		return "is one service plan: " + planIDs(c.plans)
	case n <= 5:
		return "are " + planIDs(c.plans)
	default:
		return fmt.Sprintf("are %d service plans, among them %s (bulkimport plans lists all)", n, planIDs(c.plans[:3]))
	}
}

func planIDs(plans []apsclient.Plan) string {
	words := make([]string, len(plans))
	for i, p := range plans {
		words[i] = fmt.Sprintf("%s (%s)", p.APSID, shown(p.Name))
	}
	return strings.Join(words, ", ")
}

// resolveID binds by account_id, compared as a number, and looks whether name
// and e-mail agree.
func (c *Catalog) resolveID(row *Row, nameBad, emailBad bool) {
	one, many, err := c.accounts.byNumber(context.Background(), row.AccountID)
	c.fail(err)
	if len(many) > 0 {
		row.add("E_ACCOUNT_AMBIGUOUS", "account_id", row.AccountID,
			fmt.Sprintf("%d accounts have this number", len(many)), "they are "+accountWords(many))
		return
	}
	if one == nil {
		row.add("E_ACCOUNT_UNKNOWN", "account_id", row.AccountID, "no account has this number", c.numberHint(row))
		return
	}
	row.Account = one
	// What the platform does not tell can not differ.
	name := !nameBad && row.Company != "" && one.Company != "" && row.Company != one.Company && row.Company != companyKey(one.Company)
	email := !emailBad && row.Email != "" && one.Email != "" && !equalASCIIFold(row.Email, one.Email) && NormalEmailKey(row.Email) != NormalEmailKey(one.Email)
	switch {
	case name && email:
		row.add("W_ACCOUNT_CONTRADICTS", "account_id", row.AccountID,
			fmt.Sprintf("the account is %s: both its name and its e-mail are others than this row's", accountWord(one)),
			"account_id decides; is it the right one?")
	case name:
		row.add("W_ACCOUNT_DIFFERS", "company_name", row.Company,
			fmt.Sprintf("account %s is called %s", one.ID, quoted(NormalCompany(one.Company))), "account_id decides; correct the name if the account is right")
	case email:
		row.add("W_ACCOUNT_DIFFERS", "email", row.Email,
			fmt.Sprintf("the administrator of account %s is %s", one.ID, shown(one.Email)), "account_id decides; correct the e-mail if the account is right")
	}
}

// equalASCIIFold compares without regard to ASCII case and without memory.
func equalASCIIFold(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) {
		x, y := a[i], b[i]
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		if 'A' <= y && y <= 'Z' {
			y += 'a' - 'A'
		}
		if x != y {
			return false
		}
	}
	return true
}

// resolveBinding binds by company name and e-mail together.
func (c *Catalog) resolveBinding(row *Row) {
	one, many, err := c.accounts.byBinding(context.Background(), row.Company, row.Email)
	c.fail(err)
	switch {
	case one != nil:
		row.Account = one
	case len(many) > 0:
		row.add("E_ACCOUNT_AMBIGUOUS", "company_name", row.Company,
			fmt.Sprintf("%s accounts have this company name and e-mail", atLeast(len(many))),
			"write the right one's number into account_id: "+accountWords(many))
	default:
		row.add("E_ACCOUNT_UNKNOWN", "company_name", row.Company,
			fmt.Sprintf("no account has this company name and the administrator's e-mail %s together", shown(row.Email)), c.bindingHint(row))
	}
}

func atLeast(n int) string {
	if n >= candidates {
		return fmt.Sprintf("%d or more", n)
	}
	return fmt.Sprint(n)
}

func accountWord(a *apsclient.Account) string {
	return fmt.Sprintf("%s (%s, %s)", a.ID, quoted(NormalCompany(a.Company)), shown(a.Email))
}

func accountWords(list []apsclient.Account) string {
	var words []string
	for i := range list[:min(5, len(list))] {
		words = append(words, accountWord(&list[i]))
	}
	if more := len(list) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}

// resolveSubscription looks the subscription up among the platform's tenants
// and returns its position, or -1 if it is not the row's tenant's.
func (c *Catalog) resolveSubscription(row *Row, tenantOnly bool) int32 {
	at := int32(-1)
	if !tenantOnly {
		at = c.tenants.sub(row.SubID)
	}
	t := c.tenants.tenant(row.Tenant)
	if t == nil {
		c.tenantUnknown(row, at)
		return -1
	}
	if tenantOnly {
		return -1
	}
	if at < 0 {
		if t.readable {
			row.add("E_SUBSCRIPTION_UNKNOWN", "sub_id", row.SubID,
				fmt.Sprintf("%s has no such subscription among %d", t.domain, t.subs), panelSteps)
		}
		return -1
	}
	sub := &c.tenants.subs[at]
	row.Binding = Binding{Sub: sub.id, Known: sub.known, Imported: sub.done, AccountID: sub.account}
	if owner := &c.tenants.tenants[sub.tenant]; owner != t {
		row.add("E_SUBSCRIPTION_TENANT", "sub_id", row.SubID,
			fmt.Sprintf("this subscription belongs to %s", ownerWord(owner)), "was one column sorted without the others?")
		return -1
	}
	switch {
	case sub.done:
		row.add("W_ALREADY_IMPORTED", "sub_id", row.SubID, importedWord(row, sub), "nothing will be sent for it")
	case !sub.active():
		row.add("W_SUBSCRIPTION_STATE", "sub_id", row.SubID,
			fmt.Sprintf("the subscription is %s, not active", strings.ToLower(sub.status)), "have a look at it before billing it")
	}
	return at
}

func ownerWord(t *tenant) string {
	if t.company == "" {
		return t.domain
	}
	return fmt.Sprintf("%s (%s)", t.domain, shown(t.company))
}

func importedWord(row *Row, sub *subscription) string {
	switch {
	case sub.account == "":
		return "the platform shows this subscription as imported already"
	case row.Account != nil && number(row.Account.ID) != number(sub.account):
		return fmt.Sprintf("this subscription is imported already, under account %s and not under %s", sub.account, row.Account.ID)
	}
	return fmt.Sprintf("this subscription is imported already, under account %s", sub.account)
}

func (c *Catalog) tenantUnknown(row *Row, at int32) {
	message, hint := "the platform has no tenant with this domain name", panelSteps
	if at >= 0 {
		owner := &c.tenants.tenants[c.tenants.subs[at].tenant]
		hint = fmt.Sprintf("the subscription belongs to %s: is that the tenant?", ownerWord(owner))
	} else if near := c.nearDomains(row.Tenant); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %s? else, %s", strings.Join(near, " or "), panelSteps)
	}
	row.add("E_TENANT_UNKNOWN", "tenant", row.Tenant, message, hint)
}
