package apsclient

import "time"

// OrderRequest is one order to place: the import of one Azure subscription.
type OrderRequest struct {
	AccountID    string // aps.id of the account that will own the subscription
	PlanID       string // aps.id of the service plan
	Reference    string // the client's own reference, by which the order is found again
	Tenant       string // the tenant's full domain name
	Subscription string // the Azure subscription, a lower-case GUID
	CutOff       string // RFC 3339 with milliseconds, or empty for none
}

// Placed is the platform's word that an order exists.
type Placed struct {
	OrderID string
	Status  int       // HTTP status
	Date    time.Time // the platform's Date header, zero if absent
}

// Phase is where an order stands on its way, told from all its status fields.
type Phase uint8

const (
	Waiting Phase = iota // the platform still works on it
	Good                 // CP, WZ or provisioning completed
	Bad                  // PF or CL
	Person               // NP, WP, HL and the like: a person has to act in Billing
)

// Order is an order as the platform tells it. Fields the platform left out are
// zero; HasReference and HasItems tell "left out" from "empty".
type Order struct {
	ID, Number, Type             string
	Status                       string // two letters, for example CP
	ProvisioningStatus, Payment  string
	Date                         time.Time // when it was placed
	Reason                       string    // errorDetails in words, cleaned for display
	Reference                    string
	HasReference                 bool
	AccountID                    string // aps.id, as the order was placed
	PlanID, Tenant, Subscription string // of its first product
	CutOff                       string
	HasItems                     bool
	Total, Currency              string
	Raw                          []byte // the JSON as received
}

// Estimate is the platform's calculation for an order it did not create.
type Estimate struct {
	Total, Currency string
}

// OrderQuery selects orders to list, newest first. Its conditions narrow what
// the platform is asked for; an answer is never trusted to have kept to them.
type OrderQuery struct {
	IDs             []string
	References      []string
	ReferencePrefix string
	AccountIDs      []string  // aps.ids
	Since           time.Time // placed at or after
	Limit           int       // at most so many; 0 is all
}
