package catalog

import (
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/similar"
)

// maxCompared bounds the names that one catalog compares to find similar ones,
// about a second's work: a file in which nothing is right should say so soon.
const maxCompared = 3_000_000

// remember returns the hint for key, finding it once: a hint is the same each
// time a file is read. find is told how many names it may compare.
func (c *Catalog) remember(key string, names int, find func() []string) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if found, ok := c.hints[key]; ok {
		return found
	}
	if c.spent+names > maxCompared {
		return nil
	}
	c.spent += names
	found := find()
	c.hints[key] = found
	return found
}

func (c *Catalog) nearDomains(domain string) []string {
	return c.remember("t"+domain, c.tenants.tenants, func() []string {
		near := similar.To[string](domain, 2)
		near.InOrder = true
		c.fail(c.tenants.eachTenant(func(t *tenant) {
			near.Try(t.domain, func() string { return ownerWord(t) })
		}))
		return near.Found()
	})
}

// nearAccounts returns the accounts whose name, or number, is most like want.
func (c *Catalog) nearAccounts(kind, want string, of func(*csvimport.Account) string) []string {
	return c.remember(kind+want, c.accounts.Len(), func() []string {
		near := similar.To[string](want, 3)
		c.fail(c.accounts.each(func(a *csvimport.Account) {
			near.Try(of(a), func() string { return AccountWords(a) })
		}))
		return near.Found()
	})
}

// bindingHint says which accounts come near a company name and e-mail that
// together have none.
func (c *Catalog) bindingHint(row *csvimport.Row) (hint string, next csvimport.Action) {
	sameName, sameEmail, err := c.accounts.alike(row.Company, row.Email)
	c.fail(err)
	switch {
	case len(sameName) == 1:
		return fmt.Sprintf("account %s has this name, and the administrator %s: correct the e-mail, or write %[1]s into account_id", sameName[0].ID, csvimport.Shown(sameName[0].Email)), 0
	case len(sameName) > 1:
		return fmt.Sprintf("%s accounts have this name with another e-mail: %s", atLeast(len(sameName)), accountList(sameName)), 0
	case len(sameEmail) == 1:
		return fmt.Sprintf("this is the e-mail of account %s, called %s: correct the name, or write %[1]s into account_id", sameEmail[0].ID, csvimport.Quoted(normal.Company(sameEmail[0].Company))), 0
	case len(sameEmail) > 1:
		return "this e-mail belongs to " + accountList(sameEmail), 0
	}
	near := c.nearAccounts("c", row.Company, func(a *csvimport.Account) string { return normal.Company(a.Company) })
	if len(near) > 0 {
		return "the nearest names are " + strings.Join(near, ", "), 0
	}
	return "create the account in the panel first, or write the right account's number into account_id", csvimport.FindAccount
}

// numberHint says which account may be meant by a number that none has.
func (c *Catalog) numberHint(row *csvimport.Row) (hint string, next csvimport.Action) {
	if row.Company != "" && row.Email != "" {
		found, err := c.accounts.byBinding(row.Company, row.Email)
		c.fail(err)
		if found.one != nil {
			return fmt.Sprintf("company name and e-mail are those of account %s", found.one.ID), 0
		}
	}
	if row.Company != "" {
		sameName, _, err := c.accounts.alike(row.Company, "")
		c.fail(err)
		if len(sameName) > 0 {
			return "the company name is that of " + accountList(sameName), 0
		}
	}
	near := c.nearAccounts("n", normal.Number(row.AccountID), func(a *csvimport.Account) string { return a.ID })
	if len(near) > 0 {
		return "the nearest numbers are " + strings.Join(near, ", "), 0
	}
	return "take the number from the export or the panel", csvimport.FindAccount
}
