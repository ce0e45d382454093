package apstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Names are those names of the wire that are inferred. With other names an order
// sells a new subscription instead of importing one; with Config.Strict it is
// refused. An empty field stands for the default.
type Names struct {
	Reference    string // the client's reference, default "poNumber"; "attributes.ID" for an order attribute
	Params       string // a product's list of import parameters, default "activationParams"
	Tenant       string // key of the tenant, default "tenant"
	Subscription string // key of the subscription, default "csp_subscription_id"
	CutOff       string // key of the cut-off date, default "cut_off_date"
}

func (n *Names) fill() {
	for _, d := range []struct {
		field *string
		name  string
	}{{&n.Reference, "poNumber"}, {&n.Params, "activationParams"}, {&n.Tenant, "tenant"},
		{&n.Subscription, "csp_subscription_id"}, {&n.CutOff, "cut_off_date"}} {
		if *d.field == "" {
			*d.field = d.name
		}
	}
}

// orderBody is an order as sent.
type orderBody struct {
	kind, account string
	reference     string
	hasRef        bool
	attributes    map[string]string // without the reference
	rawProducts   json.RawMessage
	products      []product
	sent          json.RawMessage // the whole of an order of another shape than the usual one

	tenant, sub, cutOff string // the import parameters, empty where not given
}

// product is one product of an order, its members by name.
type product map[string]json.RawMessage

type parameter struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (p product) params(n *Names) (params []parameter, err error) {
	if raw, ok := p[n.Params]; ok {
		err = json.Unmarshal(raw, &params)
	}
	return params, err
}

// imported picks the import parameters.
func imported(params []parameter, n *Names) (tenant, sub, cutOff string) {
	for _, param := range params {
		switch param.Key {
		case n.Tenant:
			tenant = param.Value
		case n.Subscription:
			sub = param.Value
		case n.CutOff:
			cutOff = param.Value
		}
	}
	return tenant, sub, cutOff
}

func (p product) planID() string {
	var id string
	json.Unmarshal(p["planId"], &id)
	return id
}

// readOrder decodes an order. Its error is what a 400 says.
func (s *Server) readOrder(body []byte) (*orderBody, error) {
	if s.cfg.Shape != "" {
		return s.readShaped(body)
	}
	if s.cfg.Strict {
		if err := uniqueMembers(body); err != nil {
			return nil, err
		}
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(body, &top); err != nil {
		return nil, fmt.Errorf("the body is not a JSON object: %w", err)
	}
	o := &orderBody{}
	for name, raw := range top {
		var err error
		switch {
		case name == "type":
			err = json.Unmarshal(raw, &o.kind)
		case name == "accountId":
			err = json.Unmarshal(raw, &o.account)
		case name == "products":
			o.rawProducts = raw
			err = json.Unmarshal(raw, &o.products)
		case name == "attributes":
			err = json.Unmarshal(raw, &o.attributes)
		case name == s.cfg.Names.Reference:
			o.hasRef = true
			err = json.Unmarshal(raw, &o.reference)
		case s.cfg.Strict:
			err = errors.New("is not known")
		}
		if err != nil {
			return o, fmt.Errorf("the member %s: %w", name, err)
		}
	}
	if id, nested := strings.CutPrefix(s.cfg.Names.Reference, "attributes."); nested {
		o.reference, o.hasRef = o.attributes[id]
		delete(o.attributes, id)
	}
	switch {
	case o.kind != "SALES":
		return o, fmt.Errorf("type %q cannot be placed here, only SALES", o.kind)
	case o.account == "":
		return o, errors.New("accountId is missing")
	case len(o.products) != 1:
		return o, fmt.Errorf("%d products, expected one", len(o.products))
	}
	for _, id := range s.cfg.Attributes {
		if o.attributes[id] == "" {
			return o, fmt.Errorf("the order attribute %s is mandatory", id)
		}
	}
	params, err := o.products[0].params(&s.cfg.Names)
	o.tenant, o.sub, o.cutOff = imported(params, &s.cfg.Names)
	if s.cfg.Strict {
		return o, s.checkProduct(o)
	}
	return o, err
}

// checkProduct is strict mode's look at everything that has a known form.
func (s *Server) checkProduct(o *orderBody) error {
	n := &s.cfg.Names
	if o.hasRef && (o.reference == "" || len(o.reference) > 255) {
		return fmt.Errorf("%s must have 1 to 255 characters", n.Reference)
	}
	for id := range o.attributes {
		if !slices.Contains(s.cfg.Attributes, id) {
			return fmt.Errorf("the order attribute %s is not known", id)
		}
	}
	p := o.products[0]
	for name := range p {
		if name != "planId" && name != "period" && name != n.Params {
			return fmt.Errorf("the product's member %s is not known", name)
		}
	}
	var period struct {
		Unit     string `json:"unit"`
		Duration int    `json:"duration"`
	}
	dec := json.NewDecoder(bytes.NewReader(p["period"]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&period); err != nil || period.Duration < 1 || !slices.Contains([]string{"MONTH", "YEAR"}, period.Unit) {
		return errors.New("period must be {unit MONTH or YEAR, duration from 1}")
	}
	var params []map[string]string
	if err := json.Unmarshal(p[n.Params], &params); err != nil {
		return fmt.Errorf("%s must be a list of key and value: %w", n.Params, err)
	}
	seen := make(map[string]string)
	for _, param := range params {
		key := param["key"]
		if _, ok := param["value"]; !ok || len(param) != 2 {
			return fmt.Errorf("%s: a parameter has key and value and nothing else", n.Params)
		}
		if key != n.Tenant && key != n.Subscription && key != n.CutOff && !slices.Contains(s.cfg.Parameters, key) {
			return fmt.Errorf("%s: the key %q is not known", n.Params, key)
		}
		if _, twice := seen[key]; twice {
			return fmt.Errorf("%s: the key %q is given twice", n.Params, key)
		}
		seen[key] = param["value"]
	}
	if seen[n.Tenant] == "" || seen[n.Subscription] == "" {
		return fmt.Errorf("%s: %s and %s are needed", n.Params, n.Tenant, n.Subscription)
	}
	if cut, ok := seen[n.CutOff]; ok {
		if _, err := time.Parse("2006-01-02T15:04:05.000Z", cut); err != nil {
			return fmt.Errorf("%s: %q is no time like 2026-01-01T00:00:00.000Z", n.CutOff, cut)
		}
	}
	return nil
}

// uniqueMembers refuses an object that names a member twice, and anything
// after the first value.
func uniqueMembers(body []byte) error {
	dec := json.NewDecoder(bytes.NewReader(body))
	var open []map[string]bool // nil = an array
	key := false
	for {
		t, err := dec.Token()
		if err != nil {
			return fmt.Errorf("the body is not JSON: %w", err)
		}
		inObject := len(open) > 0 && open[len(open)-1] != nil
		switch d, _ := t.(json.Delim); {
		case d == '{':
			open, key = append(open, make(map[string]bool)), true
			continue
		case d == '[':
			open = append(open, nil)
			continue
		case d == '}' || d == ']':
			open = open[:len(open)-1]
		case inObject && key:
			name, _ := t.(string)
			if open[len(open)-1][name] {
				return fmt.Errorf("the member %s is given twice", name)
			}
			open[len(open)-1][name] = true
			key = false
			continue
		}
		if len(open) == 0 {
			if dec.More() {
				return errors.New("something follows the JSON body")
			}
			return nil
		}
		key = open[len(open)-1] != nil
	}
}

// resolve finds account and plan of an order, or says what is not there.
func (s *Server) resolve(b *orderBody) (account, plan int, bad *answer) {
	account, ok := s.world.accountAt(b.account)
	if !ok {
		a := refuse(http.StatusNotFound, "NotFound", "account "+b.account+" is not found")
		return 0, 0, &a
	}
	plan, ok = s.world.planAt(b.products[0].planID())
	if !ok {
		a := refuse(http.StatusNotFound, "NotFound", "service plan "+b.products[0].planID()+" is not found")
		return 0, 0, &a
	}
	return account, plan, nil
}

func (s *Server) estimate(c *call) answer {
	if c.query != "includeTaxes=false" {
		return refuse(http.StatusBadRequest, "ValidationError", "the query must be includeTaxes=false")
	}
	if c.orderErr != nil {
		return refuse(http.StatusBadRequest, "ValidationError", c.orderErr.Error())
	}
	account, plan, bad := s.resolve(c.order)
	if bad != nil {
		return *bad
	}
	if c.strikes("busy") {
		return s.busyWith(account)
	}
	p := s.world.plan(plan)
	total := object{{"value", p.Price}, {"code", "USD"}}
	return jsonAnswer(http.StatusOK, object{
		{"accountId", c.order.account},
		{"type", c.order.kind},
		{"subtotal", total},
		{"total", total},
		{"products", []object{{{"planId", p.ID}, {"total", total}}}}})
}

// place creates an order. It never asks whether there is one already.
func (s *Server) place(c *call) answer {
	if c.query != "" {
		return refuse(http.StatusBadRequest, "ValidationError", "orders are placed without a query")
	}
	if c.orderErr != nil {
		return refuse(http.StatusBadRequest, "ValidationError", c.orderErr.Error())
	}
	account, plan, bad := s.resolve(c.order)
	if bad != nil {
		return *bad
	}
	if s.faults.drawRow("busy", c.subID()) {
		c.struck("busy")
		return s.busyWith(account)
	}
	o := s.newOrder(c, account, plan)
	made := c.twist(o)
	err := s.store.create(o, c.draw("busy", true), c.common.UnixMilli())
	if busy, ok := errors.AsType[errBusy](err); ok {
		c.struck("busy")
		return busyAnswer(busy.number)
	}
	if err != nil {
		return refuse(http.StatusInternalServerError, "InternalServerError", "the order could not be kept: "+err.Error())
	}
	for _, name := range made {
		c.struck(name)
	}
	return jsonAnswer(http.StatusOK, object{{"orderId", s.store.id(o)}})
}

func (s *Server) newOrder(c *call, account, plan int) *order {
	o := &order{visible: s.cfg.Clock().UnixMilli(), kind: c.order.kind, account: account, plan: plan, reference: strings.Clone(c.order.reference), hasRef: c.order.hasRef,
		products: bytes.Clone(c.order.rawProducts), sent: bytes.Clone(c.order.sent), placed: c.now.UnixMilli(), ends: c.common.UnixMilli(), outcome: "CP"}
	if d := s.provisioning(); d < 0 {
		o.ends = 1<<63 - 1
	} else {
		o.ends += d.Milliseconds()
	}
	o.attributes = attributesOf(c.order.attributes)
	tenant, sub := c.order.tenant, c.order.sub
	if sub == "" || tenant == "" {
		return o // without its parameters the order sells a new subscription
	}
	i, j, ok := s.world.subscriptionAt(strings.ToLower(sub))
	switch {
	case !ok:
		o.outcome, o.reason = "PF", "Provisioning failed. Reason: Azure subscription "+sub+" is not found."
	case !strings.EqualFold(s.world.domain(i), tenant):
		o.outcome, o.reason = "PF", "Provisioning failed. Reason: Azure subscription "+sub+" does not belong to "+tenant+"."
	default:
		o.sub, o.imports = newSubKey(i, j), true
	}
	return o
}

func attributesOf(m map[string]string) object {
	var o object
	for _, id := range slices.Sorted(maps.Keys(m)) {
		o = append(o, member{id, m[id]})
	}
	return o
}

// busyWith refuses for the account's newest order, or as if it had one.
func (s *Server) busyWith(account int) answer {
	if newest := s.store.newestOf(account); newest != nil {
		return busyAnswer(newest.number())
	}
	return busyAnswer("SO000001")
}

func busyAnswer(number string) answer {
	a := jsonAnswer(http.StatusInternalServerError, object{
		{"code", http.StatusInternalServerError}, {"type", "InternalServerError"},
		{"message", "There is already an open Order #" + number + ". This order prohibits placing an order of the same order type."}})
	a.refusal = "busy"
	return a
}

// twist makes an order otherwise than asked, and returns the faults that did.
func (c *call) twist(o *order) (made []string) {
	if !c.s.faults.active.Load() {
		return nil
	}
	for i := range faultKinds {
		k := &faultKinds[i]
		if k.stage != created || !c.drawn(k) {
			continue
		}
		switch k.name {
		case "late":
			o.visible += c.s.cfg.Late.Milliseconds()
		case "no-reference":
			o.reference, o.hasRef = "", false
		case "reference-edited":
			o.reference = "PO 4711"
		case "stuck":
			o.outcome = "WP"
		case "pf":
			if o.outcome == "WP" {
				continue
			}
			o.outcome, o.reason = "PF", "Provisioning failed. Reason: the subscription could not be transferred to this customer."
		case "ignored":
			o.imports = false
		}
		made = append(made, k.name)
	}
	return made
}

func (s *Server) ordersRefused(c *call) bool {
	return c.strikes("orders-get") || s.store.len() > 0 && c.strikes("orders-get-after-first")
}

// getOrder answers one order.
func (s *Server) getOrder(c *call) answer {
	if c.query != "" {
		return refuse(http.StatusBadRequest, "ValidationError", "one order is read without a query")
	}
	if s.ordersRefused(c) {
		return refuse(http.StatusInternalServerError, "InternalServerError", "orders cannot be read")
	}
	o := s.store.find(strings.ToLower(c.id))
	v := c.look()
	if o == nil || !o.shown(v.at) {
		return refuse(http.StatusNotFound, "NotFound", "order "+c.id+" is not found")
	}
	return jsonAnswer(http.StatusOK, s.orderObject(o, v))
}

var orderMembers = [...]string{"orderId", "orderNumber", "type", "status", "provisioningStatus", "paymentStatus", "orderDate", "accountId", "total", "errorDetails", "products", "attributes"}

const timeForm = "2006-01-02T15:04:05.000Z"

func (s *Server) orderObject(o *order, v look) object {
	status := o.status(v.now)
	provisioning, payment := "INPROGRESS", "PAID"
	switch status {
	case "CP":
		provisioning = "COMPLETED"
	case "WZ":
		provisioning, payment = "COMPLETED", "WAITING"
	case "PF":
		provisioning = "FAILED"
	case "CL":
		provisioning = "CANCELLED"
	case "WP", "NP":
		provisioning, payment = "NOTSTARTED", "WAITING"
	}
	p := s.world.plan(o.plan)
	obj := object{
		{"orderId", v.id(s.store.id(o))},
		{"orderNumber", o.number()},
		{"type", o.kind},
		{"status", status},
		{"provisioningStatus", provisioning},
		{"paymentStatus", payment},
		{"orderDate", v.date(time.UnixMilli(o.placed).UTC())},
		{"accountId", v.account(o.account, &s.world)},
		{"total", object{{"value", p.Price}, {"code", "USD"}}},
	}
	id, nested := strings.CutPrefix(s.cfg.Names.Reference, "attributes.")
	attributes := o.attributes
	if reference, has := o.refAt(v.now); has && nested {
		attributes = append(slices.Clone(attributes), member{id, reference})
	} else if has {
		obj = append(obj, member{id, reference})
	}
	if len(attributes) > 0 {
		obj = append(obj, member{"attributes", attributes})
	}
	if status == "PF" && o.reason != "" {
		obj = append(obj, member{"errorDetails", object{{"en_US", o.reason}}})
	}
	if o.sent != nil {
		return v.asSent(obj, o.sent)
	}
	if len(o.products) > 0 && !v.noProducts {
		obj = append(obj, member{"products", v.products(o.products)})
	}
	return obj
}
