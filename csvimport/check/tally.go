package check

import (
	"hash/maphash"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/rows"
)

// Tally is a file in numbers.
type Tally struct {
	Rows, Valid      int
	Errors, Warnings int                    // findings, of rows and of the file
	Codes            map[csvimport.Code]int // findings by code

	// Of the valid rows, after resolution:
	Tenants         int
	ByID, ByBinding int // target accounts bound by account_id; by company name and e-mail
	Plans           []Count
	Named           int     // rows that name their plan in place of its id
	CutOffs         []Count // rows by cut-off date, in order; Name is empty for none
	Imported        int     // shown as imported by the platform
	Contradicting   int     // whose account has another name and another e-mail
	Ordered         int     // with an order the ledger knows, and not shown as imported
}

// Count is a number of rows that have something in common.
type Count struct {
	ID, Name string
	Rows     int
}

// seenTenants is what rows tell of tenants: 8 bytes for each that the catalog
// has, some 40 for others.
type seenTenants struct {
	list  []tenantSeen // by position in the catalog, then others as they came
	seed  maphash.Seed
	other map[uint64]int32 // a hash of the domain to its place in list
	lines rows.Lines
}

// tenantSeen is what the rows so far tell of a tenant.
type tenantSeen struct {
	row     uint32 // its first one, 0 = none yet; the highest bit: has a valid row
	account uint32 // one more than the address of the first account it goes to, 0 = none yet
}

const hasValid = 1 << 31

func newSeenTenants(known int) *seenTenants {
	return &seenTenants{list: make([]tenantSeen, known), seed: maphash.MakeSeed(), other: make(map[uint64]int32)}
}

// place returns where a tenant is kept: at its position in the catalog, or, if
// that is -1, where its domain is; more adds it there.
func (s *seenTenants) place(pos int32, domain string, more bool) int32 {
	if pos >= 0 {
		return pos
	}
	h := maphash.String(s.seed, domain)
	at, ok := s.other[h]
	switch {
	case ok:
		return at
	case !more:
		return -1
	}
	at = int32(len(s.list))
	s.other[h] = at
	s.list = append(s.list, tenantSeen{})
	return at
}

// first returns line and row of a tenant's first row.
func (s *seenTenants) first(place int32) (line, row int) {
	row = int(s.list[place].row &^ hasValid)
	return s.lines.Line(row), row
}

// count counts a row that was checked; tenant is the place of its tenant, -1 if
// it has none.
func (p *pass) count(row *csvimport.Row, tenant int32, account catalog.Spot) {
	t := &p.tally
	t.Rows++
	p.countFindings(row.Findings)
	if !row.Valid() {
		return
	}
	t.Valid++
	if row.Binding.Imported {
		t.Imported++
	} else if csvimport.Has(row.Findings, csvimport.WAlreadyOrdered) {
		t.Ordered++
	}
	if csvimport.Has(row.Findings, csvimport.WAccountContradicts) {
		t.Contradicting++
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
		if csvimport.Has(row.Findings, csvimport.WPlanByName) {
			t.Named++
		}
	}
	if tenant < 0 {
		return
	}
	if seen := &p.tenants.list[tenant]; seen.row&hasValid == 0 {
		seen.row |= hasValid
		t.Tenants++
	}
	switch {
	case row.Account == nil:
	case row.AccountID != "" && p.byID.Mark(account.Pos):
		t.ByID++
	case row.AccountID == "" && p.byBinding.Mark(account.Pos):
		t.ByBinding++
	}
}

func (p *pass) countFindings(findings []csvimport.Finding) {
	for i := range findings {
		f := &findings[i]
		p.tally.Codes[f.Code]++
		if f.Severity == csvimport.SeverityError {
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
