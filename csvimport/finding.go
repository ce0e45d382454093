package csvimport

// Severity tells what a finding does to its row.
type Severity string

const (
	SeverityError   Severity = "error"   // the row, or the file, can not be imported
	SeverityWarning Severity = "warning" // it can, and a person should look
)

// Finding is one thing found in a file: what, where, why, and what to do.
type Finding struct {
	Type     string   `json:"type"` // always "finding"
	Severity Severity `json:"severity"`
	Code     string   `json:"code"`             // for example E_GUID
	Line     int      `json:"line"`             // physical line on which the record starts, 0 = the whole file
	Row      int      `json:"row"`              // the row number a spreadsheet shows
	Column   string   `json:"column,omitempty"` // canonical name; empty where the whole row or file is at fault
	Letter   string   `json:"letter,omitempty"` // the column's letter in the spreadsheet
	Value    string   `json:"value,omitempty"`  // at most 60 characters
	Message  string   `json:"message"`
	Hint     string   `json:"hint,omitempty"`
}
