package catalog

import (
	"fmt"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/normal"
)

// Resolved is where the catalog has what a row names.
type Resolved struct {
	Account, Tenant Spot
	Sub             int32 // position of the subscription, of that tenant; -1 if it is not there
	Several         bool  // the tenant has several subscriptions
}

// Unresolved is a row of which the catalog has nothing.
var Unresolved = Resolved{Account: nowhere, Tenant: nowhere, Sub: -1}

// Resolve finds the row's account, plan and subscription, adds what is found
// wrong, and tells where they are. Cells that are at fault already are not looked
// up.
//
// The account is the one with the row's account_id or, without, the one whose
// company name and administrator's e-mail both are the row's.
func (c *Catalog) Resolve(row *csvimport.Row) Resolved {
	bad := faults(row.Findings)
	if bad&badPlan == 0 && row.PlanID != "" {
		c.resolvePlan(row)
	}
	at := Unresolved
	switch {
	case bad&badID != 0:
		c.numberOfName(row)
	case row.AccountID != "":
		at.Account = c.resolveID(row, bad)
	case bad&(badCompany|badEmail) == 0 && row.Company != "" && row.Email != "":
		at.Account = c.resolveBinding(row)
	}
	if c.unread == nil && bad&badTenant == 0 && row.Tenant != "" {
		c.resolveSubscription(row, bad&badSub == 0 && row.SubID != "", &at)
	}
	return at
}

// cells is a set of columns.
type cells uint8

const (
	badTenant cells = 1 << iota
	badPlan
	badSub
	badCompany
	badEmail
	badID
)

// faults tells which cells have errors.
func faults(findings []csvimport.Finding) (bad cells) {
	for i := range findings {
		f := &findings[i]
		if f.Severity != csvimport.SeverityError {
			continue
		}
		switch f.Column {
		case "tenant":
			bad |= badTenant
		case "plan_id":
			bad |= badPlan
		case "sub_id":
			if f.Code != csvimport.EDuplicateSubID { // which is a good one
				bad |= badSub
			}
		case "company_name":
			bad |= badCompany
		case "email":
			bad |= badEmail
		case "account_id":
			bad |= badID
		}
	}
	return bad
}

// resolveID binds by account_id, compared as a number, and looks whether name
// and e-mail agree.
func (c *Catalog) resolveID(row *csvimport.Row, bad cells) Spot {
	found, err := c.accounts.byNumber(row.AccountID)
	c.fail(err)
	if len(found.many) > 0 {
		row.Add(csvimport.EAccountAmbiguous, "account_id", row.AccountID,
			fmt.Sprintf("%s accounts have this number", atLeast(len(found.many))), "they are "+accountList(found.many))
		return nowhere
	}
	one := found.one
	if one == nil {
		hint, next := c.numberHint(row)
		row.Found(csvimport.NewFinding(csvimport.EAccountUnknown, row.At("account_id"), row.AccountID, "no account has this number", hint).Then(next))
		return nowhere
	}
	row.Account = one
	if said := row.AccountSaid; said != "" && !saysAccount(said, one) {
		row.Add(csvimport.WAccountDiffers, "account_id", row.AccountID+" | "+said,
			"account "+AccountWords(one)+" is not what stands behind its number", "the number decides; is it the right one?")
	}
	name, email := differs(row, one, bad)
	switch {
	case name && email:
		row.Add(csvimport.WAccountContradicts, "account_id", row.AccountID,
			fmt.Sprintf("the account is %s: both its name and its e-mail differ from this row's", AccountWords(one)),
			"")
	case name:
		row.Add(csvimport.WAccountDiffers, "company_name", row.Company,
			fmt.Sprintf("account %s is called %s", one.ID, csvimport.Quoted(normal.Company(one.Company))), "account_id decides; correct the name if the account is right")
	case email:
		row.Add(csvimport.WAccountDiffers, "email", row.Email,
			fmt.Sprintf("the administrator of account %s is %s", one.ID, csvimport.Shown(one.Email)), "account_id decides; correct the e-mail if the account is right")
	}
	return found.Spot
}

// Claim is whose account a row's is.
type Claim struct {
	Given int32 // position of the account with the row's account_id, -1 for none
	Named int32 // of the one its company name and e-mail name together
	// Contradicts reports whether the given one has another name and another e-mail than
	// the row, or another of one of them while the row's are those of another account.
	Contradicts bool
}

// Claim tells whose account a row's is. What is at fault, or names several accounts,
// names none.
func (c *Catalog) Claim(row *csvimport.Row) Claim {
	bad := faults(row.Findings)
	claim := Claim{-1, -1, false}
	if bad&(badCompany|badEmail) == 0 && row.Company != "" && row.Email != "" {
		named, err := c.accounts.byBinding(row.Company, row.Email)
		c.fail(err)
		claim.Named = named.Pos
	}
	if bad&badID != 0 || row.AccountID == "" {
		return claim
	}
	given, err := c.accounts.byNumber(row.AccountID)
	c.fail(err)
	if claim.Given = given.Pos; given.one != nil && given.Pos != claim.Named {
		name, email := differs(row, given.one, bad)
		claim.Contradicts = name && email || (name || email) && claim.Named >= 0
	}
	return claim
}

// differs tells whether name and e-mail of an account differ from the row's. What
// the platform does not tell cannot differ.
func differs(row *csvimport.Row, a *csvimport.Account, bad cells) (name, email bool) {
	name = bad&badCompany == 0 && row.Company != "" && a.Company != "" && row.Company != a.Company && row.Company != normal.CompanyKey(a.Company)
	email = bad&badEmail == 0 && row.Email != "" && a.Email != "" && !equalASCIIFold(row.Email, a.Email) && normal.EmailKey(row.Email) != normal.EmailKey(a.Email)
	return name, email
}

// numberOfName says which accounts are called as an account_id that is no number.
func (c *Catalog) numberOfName(row *csvimport.Row) {
	i := slices.IndexFunc(row.Findings, func(f csvimport.Finding) bool { return f.Code == csvimport.EAccountID && f.Column == "account_id" })
	if i < 0 {
		return
	}
	called, _, err := c.accounts.alike(normal.CompanyKey(row.AccountID), "")
	c.fail(err)
	if len(called) > 0 {
		row.Findings = slices.Clone(row.Findings)
		row.Findings[i].Hint = "write the number, not the name; of this name: " + accountList(called)
	}
}

// saysAccount reports whether the words behind an account's number are its company
// and e-mail, or one of them.
func saysAccount(said string, a *csvimport.Account) bool {
	oneLine := func(s string) string { return strings.Join(strings.Fields(normal.CompanyKey(s)), " ") }
	company, email := oneLine(a.Company), normal.EmailKey(a.Email)
	said = oneLine(said)
	if strings.EqualFold(said, company) || normal.EmailKey(said) == email {
		return true
	}
	for i := range said { // either may have a | in it
		if said[i] == '|' && strings.EqualFold(oneLine(said[:i]), company) && normal.EmailKey(strings.TrimSpace(said[i+1:])) == email {
			return true
		}
	}
	return false
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
func (c *Catalog) resolveBinding(row *csvimport.Row) Spot {
	found, err := c.accounts.byBinding(row.Company, row.Email)
	c.fail(err)
	switch {
	case found.one != nil:
		row.Account = found.one
	case len(found.many) > 0:
		row.Add(csvimport.EAccountAmbiguous, "company_name", row.Company,
			fmt.Sprintf("%s accounts have this company name and e-mail", atLeast(len(found.many))),
			"write the right one's number into account_id: "+accountList(found.many))
	default:
		hint, next := c.bindingHint(row)
		row.Found(csvimport.NewFinding(csvimport.EAccountUnknown, row.At("company_name"), row.Company,
			fmt.Sprintf("no account has this company name and the administrator's e-mail %s together", csvimport.Shown(row.Email)), hint).Then(next))
	}
	return found.Spot
}

func atLeast(n int) string {
	if n >= candidates {
		return fmt.Sprintf("%d or more", n)
	}
	return fmt.Sprint(n)
}

// AccountWords names an account by number, name and e-mail.
func AccountWords(a *csvimport.Account) string {
	return fmt.Sprintf("%s (%s, %s)", a.ID, csvimport.Quoted(normal.Company(a.Company)), csvimport.Shown(a.Email))
}

func accountList(list []csvimport.Account) string {
	var words []string
	for i := range list[:min(5, len(list))] {
		words = append(words, AccountWords(&list[i]))
	}
	if more := len(list) - len(words); more > 0 {
		words = append(words, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(words, ", ")
}

// resolveSubscription looks the subscription up among the platform's tenants.
func (c *Catalog) resolveSubscription(row *csvimport.Row, subToo bool, at *Resolved) {
	sub, owner, t, err := c.tenants.resolve(row.Tenant, row.SubID, subToo)
	if err != nil {
		c.fail(err)
		return
	}
	if t.Pos < 0 {
		c.tenantUnknown(row, &sub, &owner)
		return
	}
	at.Tenant, at.Several = t.Spot, t.subs > 1
	if !subToo {
		return
	}
	if sub.pos < 0 {
		if t.readable {
			row.Add(csvimport.ESubscriptionUnknown, "sub_id", row.SubID,
				fmt.Sprintf("%s has no such subscription among %d", t.domain, t.subs), "")
		}
		return
	}
	row.Binding = csvimport.Binding{Sub: sub.id, Known: sub.known, Imported: sub.done, AccountID: sub.account}
	if owner.At != t.At {
		row.Add(csvimport.ESubscriptionTenant, "sub_id", row.SubID,
			fmt.Sprintf("this subscription belongs to %s", ownerWord(&owner)), "")
		return
	}
	switch {
	case sub.done:
		row.Add(csvimport.WAlreadyImported, "sub_id", row.SubID, importedWord(row, &sub), "")
	case !sub.active():
		row.Add(csvimport.WSubscriptionState, "sub_id", row.SubID,
			fmt.Sprintf("the subscription is %s, not active", strings.ToLower(sub.status)), "")
	}
	at.Sub = sub.pos
}

// resolve returns a subscription, if it is asked for, with the tenant it belongs
// to, and the tenant of a domain.
func (x *tenantIndex) resolve(domain, id string, subToo bool) (sub subscription, owner, of tenant, err error) {
	sub.pos, owner.Spot = -1, nowhere
	if subToo {
		if sub, err = x.sub(id); err == nil && sub.pos >= 0 {
			owner, err = x.tenantAt(sub.tenant)
		}
		if err != nil || sub.pos >= 0 && owner.domain == domain {
			return sub, owner, owner, err
		}
	}
	of, err = x.tenant(domain)
	return sub, owner, of, err
}

func ownerWord(t *tenant) string {
	if t.company == "" {
		return t.domain
	}
	return fmt.Sprintf("%s (%s)", t.domain, csvimport.Shown(t.company))
}

func importedWord(row *csvimport.Row, sub *subscription) string {
	switch {
	case sub.account == "":
		return "the platform shows this subscription as imported already"
	case row.Account != nil && normal.Number(row.Account.ID) != normal.Number(sub.account):
		return fmt.Sprintf("this subscription is imported already, under account %s and not under %s", sub.account, row.Account.ID)
	}
	return fmt.Sprintf("this subscription is imported already, under account %s", sub.account)
}

func (c *Catalog) tenantUnknown(row *csvimport.Row, sub *subscription, owner *tenant) {
	steps := csvimport.ETenantUnknown.Meaning().Mend
	hint := steps
	if sub.pos >= 0 {
		hint = fmt.Sprintf("the subscription belongs to %s: is that the tenant? else, %s", ownerWord(owner), steps)
	} else if near := c.nearDomains(row.Tenant); len(near) > 0 {
		hint = fmt.Sprintf("did you mean %s? else, %s", strings.Join(near, " or "), steps)
	}
	row.Add(csvimport.ETenantUnknown, "tenant", row.Tenant, "", hint)
}
