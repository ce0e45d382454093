package csvimport

// The platform's codes of where an order is on its way, as far as something
// depends on them. Results and the ledger carry them as they come.
const (
	OrderFailed    = "PF" // can be mended and resubmitted
	OrderCancelled = "CL"
	OrderAtWork    = "LO"
	OrderToProcess = "PD"
	OrderNoPayment = "NP" // this and the next two wait for a person
	OrderUnpaid    = "WP"
	OrderOnHold    = "HL"
)

// OrderStatus is what a status of the platform's orders means to a person.
type OrderStatus struct {
	Words string // what it is
	Waits string // where the order waits for a person: why, and what that person does; empty elsewhere
	For   string // the same in short: what the order waits for
}

var orderStatuses = map[string]OrderStatus{
	"CP":           {Words: "completed"},
	"WZ":           {Words: "waiting for payment"}, // and completed
	OrderFailed:    {Words: "provisioning failed"},
	OrderCancelled: {Words: "cancelled"},
	OrderAtWork:    {Words: "provisioning"},
	OrderToProcess: {Words: "to be processed"},
	OrderNoPayment: {"no payment method", "the order has no payment method: choose one in Billing", "a payment method to be chosen"},
	OrderUnpaid:    {"waiting for payment", "the order waits for its payment: register it in Billing", "payment to be registered"},
	OrderOnHold:    {"on hold", "the order is on hold: release it in Billing", "release from hold"},
}

// OrderStatusOf returns what a code means; ok is false for one that is not known.
func OrderStatusOf(code string) (s OrderStatus, ok bool) {
	s, ok = orderStatuses[code]
	return s, ok
}

// OrderStatusWords returns the known codes in words.
func OrderStatusWords() map[string]string {
	words := make(map[string]string, len(orderStatuses))
	for code, s := range orderStatuses {
		words[code] = s.Words
	}
	return words
}

// OrderStands reports whether an order with this code bills, or may come to: it has
// not failed, and was not cancelled or rolled back.
func OrderStands(code string) bool {
	return code != OrderFailed && code != OrderCancelled && code != "RB"
}
