package apsclient

// Tenant is an Azure CSP customer with the subscriptions it holds.
type Tenant struct {
	APSID         string // aps.id
	Domain        string // full domain name
	Company       string
	Email         string
	AccountID     string // number of the bound account, if the platform tells it
	Subscriptions []TenantSubscription
	// SubscriptionsReadable is false where the platform left the list out,
	// which does not mean that there are none.
	SubscriptionsReadable bool
}

// TenantSubscription is one Azure subscription of a tenant.
type TenantSubscription struct {
	ID       string // lower-case GUID
	Name     string
	Status   string
	Imported bool
	// ImportedKnown is false where the platform did not say.
	ImportedKnown bool
	// AccountID is the number of the account it was imported under, if told.
	AccountID string
}

// Account is a customer account of the platform.
type Account struct {
	APSID   string // aps.id, which an order names
	ID      string // the number people use, for example 1000009
	Type    string
	Company string
	Email   string // administrator's contact
}

// Plan is a service plan.
type Plan struct {
	APSID string // aps.id, which an order names
	ID    string // the number people use
	Name  string
}
