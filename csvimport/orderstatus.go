package csvimport

// OrderStatus is what a status of the platform's orders means to a person.
type OrderStatus struct {
	Words string // what it is
	Waits string // where the order waits for a person: why, and what that person does; empty elsewhere
}

// orderStatuses are the platform's codes, as far as they are known.
var orderStatuses = map[string]OrderStatus{
	"CP": {Words: "completed"},
	"PF": {Words: "provisioning failed"},
	"CL": {Words: "cancelled"},
	"LO": {Words: "provisioning"},
	"NP": {Words: "no payment method", Waits: "the order has no payment method: choose one in Billing"},
	"WP": {Words: "waiting for payment", Waits: "the order waits for its payment: register it in Billing"},
	"WZ": {Words: "waiting for payment"},
	"HL": {Words: "on hold", Waits: "the order is on hold: release it in Billing"},
	"PD": {Words: "to be processed"},
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
