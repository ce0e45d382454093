package apsclient

import (
	"cmp"
	"strings"
	"time"

	"bulkimport/apsclient/shape"
	"bulkimport/apsclient/tree"
)

// OrderRequest is one order to place: the import of one Azure subscription.
type OrderRequest struct {
	AccountID string // aps.id of the account that will own the subscription
	PlanID    string // aps.id of the service plan
	Reference string // the caller's own reference, by which the order is found again
	Tenant    string // the tenant's full domain name
	// AccountNumber is the account's number, for shapes of the order that name it.
	AccountNumber string
	Subscription  string // the Azure subscription, a lower-case GUID
	CutOff        string // RFC 3339 with milliseconds, or empty for none

	// Stamp is what [Orders.Stamp] said when the order was decided on: the request is
	// dated with it, so that the platform refuses one that comes too late. Zero is
	// the time at which it is signed.
	Stamp time.Time

	// Check, if there is one, is asked once, at the last moment before the
	// request is on the wire, by another goroutine than Place's. If it fails or
	// panics nothing of the order is written, and Place fails with NotSent and
	// that error in its chain. It should not block.
	Check func() error
}

// Placed is the platform's answer that an order exists.
type Placed struct {
	OrderID string
	Status  int       // HTTP status
	Date    time.Time // the platform's Date header, zero if absent
}

// Phase is how far an order has come, as its status and provisioning status
// tell.
type Phase uint8

const (
	Waiting Phase = iota // the platform still works on it
	Good                 // CP, WZ or provisioning completed
	Bad                  // PF or CL
	Person               // NP, WP or HL: a person has to act in Billing
)

// String returns the phase in a word.
func (p Phase) String() string {
	switch p {
	case Good:
		return "good"
	case Bad:
		return "bad"
	case Person:
		return "person"
	default:
		return "waiting"
	}
}

// Order is an order as the platform shows it. A field that the platform left
// out is zero; those that begin with Has tell "left out" from "empty". An
// AccountID or a PlanID that is empty was left out: no order is without. Ids of
// the form of a GUID are in lower case.
type Order struct {
	ID, Number, Type             string
	Status                       string // two letters, for example CP
	ProvisioningStatus, Payment  string
	Date                         time.Time // when it was placed; zero where that is not told, or without a zone
	DateText                     string    // the same as the platform wrote it, cleaned: for words only
	Reason                       string    // errorDetails in words, cleaned for display
	Reference                    string
	HasReference                 bool      // false where the platform does not show one
	AccountID                    string    // aps.id, as the order was placed, or the account's number
	PlanID, Tenant, Subscription string    // of its first product
	CutOff                       string    // in the form of OrderRequest.CutOff, if it is an instant; else as told
	CutOffTime                   time.Time // zero if it is none
	HasItems                     bool      // false where the platform does not show any product
	HasParams                    bool      // false where it shows no activation parameter of the first product
	HasSubscription              bool      // false where none of them is the subscription
	Total, Currency              string
	Raw                          []byte // all that the platform told, as JSON; none of an order from a list
}

// Estimate is the platform's calculation for an order it did not create.
type Estimate struct {
	Total, Currency string
}

// OrderQuery selects orders to list. An order has to meet all conditions that
// are set; a condition with several values is met by any of them.
type OrderQuery struct {
	IDs             []string
	Numbers         []string // order numbers, for example SO000123
	References      []string
	ReferencePrefix string
	AccountIDs      []string  // aps.ids
	Since           time.Time // placed at or after, with a day to spare for dates of a wrong zone
	Limit           int       // list at most so many; 0 lists all
	AnyType         bool      // orders of other types than the one that is placed too

	// PageSize is how many orders the first request asks for, a hint; 0 stands
	// for the usual number, which later requests ask for.
	PageSize int
	// Fresh asks over one new connection, which the listing has to itself and
	// closes at its end. A platform's nodes are told apart by connection. No
	// call of this package sends cookies.
	Fresh bool
	// Whole wants a list that a platform caps in silence told from a whole one, where
	// it tells no count: at the price of one more request the oldest order is asked
	// for too. One that has not been listed is ErrShort.
	Whole bool
	// Heard is called once for each answer taken, with its Date header, or zero
	// if there is none, before the orders of that answer are yielded, by the
	// goroutine that ranges over the list.
	Heard func(date time.Time)
}

// Phase tells how far the order has come. A bad end is tested first, so that an
// order that failed is never taken for a completed one.
func (o Order) Phase() Phase {
	switch o.Status {
	case "PF", "CL":
		return Bad
	case "CP", "WZ":
		return Good
	}
	if strings.EqualFold(o.ProvisioningStatus, "COMPLETED") {
		return Good
	}
	switch o.Status {
	case "NP", "WP", "HL":
		return Person
	default:
		return Waiting
	}
}

// isOfType reports whether an order can be an import: of the type that is placed, or
// one whose type was not told. Renewals and changes may inherit a reference.
func (o *Orders) isOfType(order Order) bool {
	placed := o.c.shape.Type()
	switch told := strings.ToUpper(order.Type); {
	case told == "" || placed == "":
		return true
	case isSales(placed):
		return isSales(told)
	default:
		return strings.EqualFold(told, placed)
	}
}

func isSales(kind string) bool {
	return strings.EqualFold(kind, "SALES") || strings.EqualFold(kind, "SO")
}

// decode reads an order as told: v decoded from raw. Whatever is missing or of
// a strange shape is left zero.
func (o *Orders) decode(v tree.Node) Order {
	w := &o.c.wire
	show := func(path string) string { return o.c.clean.line(textAt(v, path), 200) }
	order := Order{
		ID:                 lowerGUID(idAt(v, w.OrderIDField)),
		Number:             show(w.OrderNumberField),
		Type:               show("type"),
		Status:             strings.ToUpper(show("status")),
		ProvisioningStatus: show("provisioningStatus"),
		Payment:            show("paymentStatus"),
	}
	date, _ := lookup(v, w.OrderDateField)
	order.Date, order.DateText = moment(text(date)), show(w.OrderDateField)
	if details, ok := lookup(v, "errorDetails"); ok {
		order.Reason = o.c.clean.line(words(details), 1000)
	}
	order.Reference, _ = o.c.shape.Read(v, shape.Reference)
	order.HasReference = o.c.shape.Holds(v, shape.Reference)
	order.Total, order.Currency = amount(v, "total")
	o.decodeRow(&order, v)
	return order
}

// decodeRow reads the values that differ from row to row.
func (o *Orders) decodeRow(order *Order, v tree.Node) {
	read := func(value shape.Value) string {
		told, _ := o.c.shape.Read(v, value)
		return told
	}
	order.HasItems, order.HasParams = o.c.shape.Shows(v, shape.Plan), o.c.shape.Shows(v, shape.Subscription)
	order.AccountID = lowerGUID(cmp.Or(read(shape.Account), read(shape.AccountNumber)))
	order.PlanID, order.Tenant = lowerGUID(read(shape.Plan)), read(shape.Tenant)
	order.Subscription, order.HasSubscription = o.c.shape.Read(v, shape.Subscription)
	order.Subscription = folded(order.Subscription)
	order.CutOff = read(shape.CutOff)
	if order.CutOffTime = moment(order.CutOff); !order.CutOffTime.IsZero() {
		order.CutOff = order.CutOffTime.Format(cutOffForm)
	}
}

// cutOffForm is how cut-off dates are sent, in UTC.
const cutOffForm = "2006-01-02T15:04:05.000Z"

// amount reads a sum and its currency: {value, code} or a bare number beside a
// currency.
func amount(v tree.Node, names ...string) (total, currency string) {
	for _, name := range names {
		found, ok := lookup(v, name)
		if !ok {
			continue
		}
		if total = text(found); total == "" {
			total = textAt(found, "value")
			if total == "" {
				total = textAt(found, "amount")
			}
			if currency = textAt(found, "code"); currency == "" {
				currency = textAt(found, "currency")
			}
		}
		if currency == "" {
			currency = textAt(v, "currency")
		}
		if total != "" {
			return oneLine(total), oneLine(currency)
		}
	}
	return "", ""
}
