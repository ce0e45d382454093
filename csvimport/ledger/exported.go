package ledger

import "time"

// Exported is a subscription as the last download wrote it.
type Exported struct {
	Sub       string
	Tenant    string
	PlanID    string
	Company   string
	Email     string
	AccountID string
	CutOff    string
	At        time.Time
}
