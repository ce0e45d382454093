package main

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"unicode"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/guid"
)

// offer is a value that a person may choose for a cell.
type offer struct {
	Value string `json:"value"`
	Label string `json:"label"`
}

const (
	fewPlans   = 8  // offered all of them
	mostOffers = 50 // of the choices for a cell
	mostNamed  = 40 // words of a finding that are looked up
)

// offersFor are the values that a finding may be mended with: what the export had, what
// its own words name, and all service plans where they are few. c may be nil.
func offersFor(f *csvimport.Finding, c *catalog.Catalog) []offer {
	all := []offer{}
	if c == nil {
		return all
	}
	add := func(value, label string) {
		if value != "" && value != f.Value && !slices.ContainsFunc(all, func(o offer) bool { return o.Value == value }) {
			all = append(all, offer{value, clean(label)})
		}
	}
	if f.Exported != "" && f.Column != "plan_id" {
		add(f.Exported, f.Exported)
	}
	switch f.Column {
	case "plan_id":
		for _, id := range guid.Find(f.Hint) {
			if p, err := c.Plan(id); err == nil {
				add(p.APSID, p.Name)
			}
		}
		if plans := c.Plans(); len(plans) <= fewPlans {
			for _, p := range plans {
				add(p.APSID, p.Name)
			}
		}
	case "sub_id":
		for _, id := range guid.Find(f.Hint) {
			add(id, id)
		}
	case "account_id", "company_name", "email":
		for _, a := range accountsNamed(f, c) {
			switch f.Column {
			case "account_id":
				add(a.ID, choice.OfAccount(a))
			case "company_name":
				add(a.Company, a.Company)
			default:
				add(a.Email, a.Email)
			}
		}
	}
	return all
}

// accountsNamed are the accounts whose numbers stand in a finding's words.
func accountsNamed(f *csvimport.Finding, c *catalog.Catalog) []csvimport.Account {
	words := strings.FieldsFunc(f.Message+" "+f.Hint, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '_' })
	var found []csvimport.Account
	for _, word := range words[:min(len(words), mostNamed)] {
		if !strings.ContainsFunc(word, unicode.IsDigit) {
			continue
		}
		row := csvimport.Row{AccountID: word}
		if c.Claim(&row).Given < 0 {
			continue
		}
		if c.Resolve(&row); row.Account != nil {
			found = append(found, *row.Account)
		}
	}
	return found
}

// cellChoices are what the platform has for a cell.
func (s *service) cellChoices(w http.ResponseWriter, r *http.Request) error {
	if _, err := s.files.File(r.PathValue("id")); err != nil {
		return err
	}
	market, err := s.market.open(r.Context())
	if err != nil {
		return err
	}
	defer market.leave()
	list, err := choicesOf(market.work.catalog, r.URL.Query().Get("column"), r.URL.Query().Get("search"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, list)
}

// choicesOf are the first choices for a column that have a text.
func choicesOf(c *catalog.Catalog, column, search string) ([]offer, error) {
	all := []offer{}
	search = strings.ToLower(strings.TrimSpace(search))
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), search) }
	if column == "plan_id" {
		for _, p := range c.Plans() {
			if has(choice.OfPlan(p)) && len(all) < mostOffers {
				all = append(all, offer{p.APSID, clean(cmp.Or(p.Name, p.APSID))})
			}
		}
		return all, nil
	}
	value := map[string]func(*csvimport.Account) string{
		"account_id":   func(a *csvimport.Account) string { return a.ID },
		"company_name": func(a *csvimport.Account) string { return a.Company },
		"email":        func(a *csvimport.Account) string { return a.Email },
	}[column]
	if value == nil {
		return all, nil // nothing to choose from: it is typed
	}
	for a, err := range c.Accounts() {
		if err != nil {
			return nil, err
		}
		if label := choice.OfAccount(a); has(label) {
			all = append(all, offer{value(&a), clean(label)})
		}
		if len(all) == mostOffers {
			break
		}
	}
	return all, nil
}
