package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulkimport/apsclient"
	"bulkimport/apsclient/shape"
	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
)

// difference is one field in which two orders differ. An empty side does not
// have the field.
type difference struct {
	Type    string `json:"type"`
	Field   string `json:"field"`
	Theirs  string `json:"panel"`
	Ours    string `json:"ours"`
	Matters bool   `json:"matters"`
	Note    string `json:"note,omitempty"`
}

// compareOrder reads an order made in the panel and names every field in which
// the one we would place for the same subscription differs.
func (o *doctor) compareOrder(ctx context.Context) error {
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.orders, err = s.client.Orders(ctx); err != nil {
		return err
	}
	theirs, err := o.findOrder(ctx, s.orders, o.compare)
	if err != nil {
		return err
	}
	differences, err := o.differences(s, theirs)
	if err != nil {
		return err
	}
	matters := 0
	out := newEvents(o.env.out)
	for _, d := range differences {
		if d.Matters {
			matters++
		}
		if o.json {
			out.emit(d)
		}
	}
	if o.json {
		out.emit(map[string]any{"type": "summary", "order": theirs.Number, "differences": len(differences), "matters": matters})
		if err := out.failed(); err != nil {
			return err
		}
	} else {
		o.showDifferences(theirs, differences)
	}
	if matters > 0 {
		return ended(statusIncomplete)
	}
	return nil
}

func (o *doctor) findOrder(ctx context.Context, orders *apsclient.Orders, number string) (apsclient.Order, error) {
	for order, err := range orders.List(ctx, apsclient.OrderQuery{Numbers: []string{number}, AnyType: true}) {
		if err != nil {
			return order, err
		}
		if order.Number == number || order.ID == number {
			return orders.Get(ctx, order.ID) // a list may tell less
		}
	}
	return apsclient.Order{}, fault("the platform shows no sales order "+quote(number), "the number is in Billing, for example SO000123")
}

func isGUID(s string) bool {
	_, _, ok := guid.Parse(s)
	return ok
}

// placeholder stands for what an order in the panel does not tell under the
// name we assume.
const placeholder = "(as in the row)"

func (o *doctor) differences(s *work, order apsclient.Order) ([]difference, error) {
	wire, form := s.client.Wire(), s.client.Shape()
	theirs, err := fields(order.Raw, form)
	if err != nil {
		return nil, err
	}
	request := apsclient.OrderRequest{
		AccountID: or(order.AccountID), AccountNumber: cmp.Or(theirs[form.Path(shape.AccountNumber)], "0"), PlanID: or(order.PlanID), Tenant: or(order.Tenant),
		Subscription: or(order.Subscription), CutOff: order.CutOff,
	}
	request.Reference = csvimport.Reference(request.Subscription, 1)
	body, err := s.orders.Body(request)
	if err != nil {
		return nil, err
	}
	ours, err := fields(body, form)
	if err != nil {
		return nil, err
	}
	filled := map[string]bool{wire.AttributesField: true} // members with members, that a caller fills
	for path := range ours {
		if member := first(path); member != path {
			filled[member] = true
		}
	}
	var list []difference
	names := slices.Sorted(maps.Keys(theirs))
	for field := range ours {
		if _, both := theirs[field]; !both {
			names = append(names, field)
		}
	}
	slices.Sort(names)
	for _, field := range names {
		their, there := theirs[field]
		our, here := ours[field]
		if there && here && (their == our || our == placeholder) || !here && answered(field, wire) {
			continue
		}
		list = append(list, judge(difference{Type: "difference", Field: field, Theirs: their, Ours: our}, there, here, form, filled))
	}
	return list, nil
}

func or(value string) string {
	if value == "" {
		return placeholder
	}
	return value
}

// judge says whether a difference matters, and what may be behind it; filled are the
// members of an order that a caller fills.
func judge(d difference, there, here bool, form *shape.Template, filled map[string]bool) difference {
	within := func(v shape.Value) bool { return strings.HasPrefix(d.Field, listOf(form.Path(v))) }
	switch {
	case d.Field == form.Path(shape.Reference):
		d.Note = "our reference, by which the order is found again"
		if !there {
			d.Note += "; this platform may not keep it here: --assumptions, order.reference"
		}
	case d.Field == "type" && strings.EqualFold(d.Theirs, "SO"):
		d.Note = "SO and SALES are the same"
	case here && !there:
		d.Matters = true
		d.Note = "we would send it, the panel's order does not have it; it may be called otherwise"
	case there && !here && within(shape.Subscription) && isGUID(d.Theirs):
		d.Matters = true
		d.Note = "if this is the Azure subscription, its key is order.param-subscription (--assumptions)"
	case there && !here && within(shape.Subscription) && strings.Contains(d.Theirs, "."):
		d.Matters = true
		d.Note = "if this is the tenant, its key is order.param-tenant (--assumptions)"
	case there && !here:
		if d.Matters = filled[first(d.Field)]; d.Matters {
			d.Note = "the panel sends it and we do not: order.parameter.KEY or order.attribute.ID can add it"
		}
	default:
		d.Matters = true
	}
	return d
}

// listOf is a path up to the element of a list that it ends in.
func listOf(path string) string {
	if i := strings.LastIndexByte(path, '['); i >= 0 {
		return path[:i+1]
	}
	return path
}

// answered reports whether a field is the platform's own, made when the order
// was.
func answered(field string, wire apsclient.Wire) bool {
	switch first(field) {
	case wire.OrderIDField, wire.OrderNumberField, wire.OrderDateField, "status", "provisioningStatus", "paymentStatus",
		"total", "errorDetails", "aps", "links", "creationDate", "completionDate":
		return true
	}
	return false
}

// first is the member of an order that a path begins with.
func first(path string) string { return path[:strings.IndexAny(path+".", ".[")] }

// fields are the scalars of an order, by where they stand.
func fields(text []byte, form *shape.Template) (map[string]string, error) {
	all, err := form.Fields(text)
	if err != nil {
		return nil, fault("the platform's answer is not an order", "does another program answer at this address? bulkimport doctor tells")
	}
	return all, nil
}

func (o *doctor) showDifferences(theirs apsclient.Order, list []difference) {
	w, p := o.env.out, o.env.pen(o.env.out)
	fmt.Fprintf(w, "order %s, made in the panel, and the one we would place for its subscription\n", clean(theirs.Number))
	if theirs.Subscription == "" {
		fmt.Fprintln(w, p.yellow("the order does not tell the Azure subscription under the name we assume"))
	}
	if len(list) == 0 {
		fmt.Fprintln(w, p.green("no difference"))
		return
	}
	side := func(s string) string {
		if s == "" {
			return "-"
		}
		return csvimport.Shorten(clean(s), 100)
	}
	for _, d := range list {
		word := p.dim("expected")
		if d.Matters {
			word = p.red("differs ")
		}
		fmt.Fprintf(w, "\n%s  %s\n  panel  %s\n  ours   %s\n", word, clean(d.Field), side(d.Theirs), side(d.Ours))
		if d.Note != "" {
			fmt.Fprintf(w, "  %s\n", d.Note)
		}
	}
	if !slices.ContainsFunc(list, func(d difference) bool { return d.Matters }) {
		fmt.Fprintln(w, "\n"+p.green("no difference that matters"))
		return
	}
	fmt.Fprintln(w, "\nnext: set what differs in the profile's table wire; bulkimport doctor --assumptions lists the names")
}

// assume lists what is assumed of the wire. It asks no platform.
func (o *doctor) assume() error {
	s, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	var wire apsclient.Wire
	if err := setWire(&wire, "", s.wire); err != nil {
		return s.badWire(err, ", without that profile,")
	}
	out := newEvents(o.env.out)
	var rows [][]string
	for _, a := range wire.Assumptions() {
		if o.json {
			out.emit(map[string]any{"type": "assumption", "name": a.Name, "value": a.Value, "default": a.Default, "mark": a.Mark, "note": a.Note})
		} else {
			rows = append(rows, []string{a.Name, a.Value, string(a.Mark), a.Note})
		}
	}
	if o.json {
		return out.failed()
	}
	return table(o.env.out, "", rows)
}
