package csvimport

import "bulkimport/apsclient"

// Row is one record of the operator's file: typed and in normal form, or with
// the findings that say why not. It is parsed once; nothing downstream reads
// the text again.
type Row struct {
	Index int // 0 for the first record after the header, counting every record that gets a result
	Line  int // physical line, from 1
	Row   int // the row number a spreadsheet shows

	Tenant    string
	PlanID    string
	SubID     string
	Company   string
	Email     string
	AccountID string // may be empty
	CutOff    string // RFC 3339 with milliseconds, or empty

	Findings []Finding
	Cells    []string // the record as the operator had it, decoded, unchanged

	Account *apsclient.Account // set by resolution
	Plan    *apsclient.Plan    // set by resolution
	Binding Binding            // what the tenant list tells, set by resolution
}

// Valid reports whether the row has no finding of severity error.
func (r *Row) Valid() bool {
	for i := range r.Findings {
		if r.Findings[i].Severity == SeverityError {
			return false
		}
	}
	return true
}
