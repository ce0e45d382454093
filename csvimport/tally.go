package csvimport

import (
	"slices"
	"strings"
)

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

// strays is a list by position with room at its end for what has none: it is
// known by its name.
type strays[T any] struct {
	list  []T
	known int
	names map[string]int32
	order []string
}

func newStrays[T any](known int) strays[T] {
	return strays[T]{list: make([]T, known), known: known, names: make(map[string]int32)}
}

// place returns where the thing at a position, or else of a name, is kept.
func (s *strays[T]) place(at int32, name string) int32 {
	if at >= 0 {
		return at
	}
	at, ok := s.names[name]
	if !ok {
		at = int32(len(s.list))
		name = strings.Clone(name) // not the whole record
		s.names[name] = at
		s.list = append(s.list, *new(T))
		s.order = append(s.order, name)
	}
	return at
}

// count counts a row that was checked.
func (p *pass) count(row *Row, at resolved) {
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
	if p.Catalog == nil || at.tenant < 0 {
		return
	}
	if seen := &p.tenants.list[at.tenant]; !seen.valid {
		seen.valid = true
		t.Tenants++
	}
	if row.Account == nil {
		return
	}
	switch by := &p.bound.list[at.account]; {
	case row.AccountID != "" && !by.id:
		by.id = true
		t.ByID++
	case row.AccountID == "" && !by.binding:
		by.binding = true
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

func inOrder(counts map[string]*Count, key func(*Count) string) []Count {
	list := make([]Count, 0, len(counts))
	for _, c := range counts {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b Count) int { return strings.Compare(key(&a), key(&b)) })
	return list
}
