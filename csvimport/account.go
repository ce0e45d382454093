package csvimport

// Account is a customer's account on the platform.
type Account struct {
	APSID   string // aps.id, by which an order names it
	ID      string // number, by which people name it
	Type    string
	Company string
	Email   string // of its administrator
}

// Plan is a service plan of the platform.
type Plan struct {
	APSID string // aps.id: what stands in plan_id
	ID    string // number
	Name  string
}

// Binding is what the platform's tenant list tells of a subscription.
type Binding struct {
	Sub       string // lower-case GUID
	Known     bool   // the list tells whether it is imported
	Imported  bool
	AccountID string // number of the account, empty if not told
}
