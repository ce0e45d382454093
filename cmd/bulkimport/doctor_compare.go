package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulkimport/apsclient"
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
	theirs, err := o.findOrder(ctx, s.orders)
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

func (o *doctor) findOrder(ctx context.Context, orders *apsclient.Orders) (apsclient.Order, error) {
	for order, err := range orders.List(ctx, apsclient.OrderQuery{Numbers: []string{o.compare}}) {
		if err != nil {
			return order, err
		}
		if order.Number == o.compare || order.ID == o.compare {
			return orders.Get(ctx, order.ID) // a list may tell less
		}
	}
	return apsclient.Order{}, fault("the platform shows no sales order "+quote(o.compare), "the number is in Billing, for example SO000123")
}

func isGUID(s string) bool {
	_, _, ok := guid.Parse(s)
	return ok
}

// placeholder stands for what an order in the panel does not tell under the
// name we assume.
const placeholder = "(as in the row)"

func (o *doctor) differences(s *work, order apsclient.Order) ([]difference, error) {
	request := apsclient.OrderRequest{
		AccountID: or(order.AccountID), PlanID: or(order.PlanID), Tenant: or(order.Tenant),
		Subscription: or(order.Subscription), CutOff: order.CutOff,
	}
	request.Reference = csvimport.Reference(request.Subscription, 1)
	body, err := s.orders.Body(request)
	if err != nil {
		return nil, err
	}
	wire := s.client.Wire()
	theirs, err := flat(order.Raw, wire)
	if err != nil {
		return nil, err
	}
	ours, err := flat(body, wire)
	if err != nil {
		return nil, err
	}
	var list []difference
	fields := slices.Sorted(maps.Keys(theirs))
	for field := range ours {
		if _, both := theirs[field]; !both {
			fields = append(fields, field)
		}
	}
	slices.Sort(fields)
	for _, field := range fields {
		their, there := theirs[field]
		our, here := ours[field]
		if there && here && (their == our || our == placeholder) || !here && answered(field, wire) {
			continue
		}
		list = append(list, judge(difference{Type: "difference", Field: field, Theirs: their, Ours: our}, there, here, wire))
	}
	return list, nil
}

func or(value string) string {
	if value == "" {
		return placeholder
	}
	return value
}

// judge says whether a difference matters, and what may be behind it.
func judge(d difference, there, here bool, wire apsclient.Wire) difference {
	switch {
	case d.Field == wire.ReferenceField:
		d.Note = "our reference, by which the order is found again"
		if !there {
			d.Note += "; this platform may not keep it here: --assumptions, order.reference"
		}
	case d.Field == "type" && strings.EqualFold(d.Theirs, "SO"):
		d.Note = "SO and SALES are the same"
	case here && !there:
		d.Matters = true
		d.Note = "we would send it, the panel's order does not have it; it may be called otherwise"
	case there && !here && strings.Contains(d.Field, wire.ParamsField+"[") && isGUID(d.Theirs):
		d.Matters = true
		d.Note = "if this is the Azure subscription, its key is order.param-subscription (--assumptions)"
	case there && !here && strings.Contains(d.Field, wire.ParamsField+"[") && strings.Contains(d.Theirs, "."):
		d.Matters = true
		d.Note = "if this is the tenant, its key is order.param-tenant (--assumptions)"
	case there && !here:
		d.Matters = strings.Contains(d.Field, wire.ProductsField) || strings.Contains(d.Field, wire.AttributesField)
		if d.Matters {
			d.Note = "the panel sends it and we do not: order.parameter.KEY or order.attribute.ID can add it"
		}
	default:
		d.Matters = true
	}
	return d
}

// answered reports whether a field is the platform's own, made when the order
// was.
func answered(field string, wire apsclient.Wire) bool {
	first, _, _ := strings.Cut(field, ".")
	first, _, _ = strings.Cut(first, "[")
	switch first {
	case wire.OrderIDField, wire.OrderNumberField, wire.OrderDateField, "status", "provisioningStatus", "paymentStatus",
		"total", "errorDetails", "aps", "links", "creationDate", "completionDate":
		return true
	}
	return false
}

// flat writes a JSON document as paths with values. A list of keys and values
// is told by its keys, other lists by position.
func flat(text []byte, wire apsclient.Wire) (map[string]string, error) {
	decoder := json.NewDecoder(strings.NewReader(string(text)))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, fault("the platform's answer is not an order", "")
	}
	fields := make(map[string]string)
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				walk(strings.TrimPrefix(path+"."+name, "."), value)
			}
		case []any:
			for i, value := range v {
				element, _ := value.(map[string]any)
				if key, ok := element[wire.ParamKey].(string); ok {
					walk(path+"["+key+"]", element[wire.ParamValue])
				} else {
					walk(fmt.Sprintf("%s[%d]", path, i), value)
				}
			}
		case nil:
		default:
			fields[path] = fmt.Sprint(v)
		}
	}
	walk("", document)
	return fields, nil
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
		return &ending{status: statusUsage, err: fmt.Errorf("profile %s, table wire: %w", s.profile, err), hint: "bulkimport doctor --assumptions, without that profile, lists the names"}
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
