package apstest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// The shapes of an order that a platform may take in the place of sales orders with
// a list of parameters: Config.Shape.
const (
	ShapeParameters = "sales-parameters" // sales orders whose parameters belong to an APS type
	ShapeMigration  = "migration"        // migration orders
	ShapeConnect    = "connect"          // sales orders with a migration_info_object
)

// typed are parameters that belong to an APS type.
type typed struct {
	APS struct {
		Type string `json:"type"`
	} `json:"aps"`
	Parameters []parameter `json:"activationParameters"`
}

// readShaped decodes an order of another shape. Only what each shape has a name for
// is taken: nobody knows what a platform would make of the rest.
func (s *Server) readShaped(body []byte) (*orderBody, error) {
	var top struct {
		Type      string          `json:"type"`
		Account   string          `json:"accountId"`
		Reference *string         `json:"poNumber"`
		Products  json.RawMessage `json:"products"`

		Plan    string          `json:"planId"`
		Period  json.RawMessage `json:"period"`
		Program string          `json:"migrationProgram"`
		Date    string          `json:"migrationDate"`
		Typed   []typed         `json:"parameters"`
	}
	if err := strictly(body, &top); err != nil {
		return nil, err
	}
	o := &orderBody{kind: top.Type, account: top.Account, sent: body}
	if top.Reference != nil {
		o.reference, o.hasRef = *top.Reference, true
	}
	var err error
	switch {
	case s.cfg.Shape != ShapeMigration && (top.Plan != "" || top.Typed != nil || top.Program != "" || top.Date != "" || top.Period != nil):
		err = errors.New("planId, period, parameters, migrationProgram and migrationDate are of migration orders")
	case s.cfg.Shape == ShapeMigration && top.Products != nil:
		err = errors.New("a migration order has no products")
	case s.cfg.Shape == ShapeMigration && top.Program == "":
		err = errors.New("migrationProgram is missing")
	case s.cfg.Shape == ShapeMigration:
		o.cutOff = top.Date
		if o.cutOff != "" {
			o.cutOff += "T00:00:00.000Z"
		}
		err = o.takeTyped(top.Typed, "http://aps-standard.org/inhouse-products/tenant/1.0", top.Plan, top.Period)
	case s.cfg.Shape == ShapeParameters:
		err = o.takeParameters(top.Products)
	default:
		err = o.takeConnect(top.Products)
	}
	want := map[bool]string{true: "MIGRATION", false: "SALES"}[s.cfg.Shape == ShapeMigration]
	switch {
	case err != nil:
	case o.kind != want:
		err = fmt.Errorf("type %q cannot be placed here, only %s", o.kind, want)
	case o.account == "":
		err = errors.New("accountId is missing")
	case o.tenant == "" || o.sub == "":
		err = errors.New("the tenant and the subscription are needed")
	}
	return o, err
}

func strictly(body []byte, into any) error {
	if err := uniqueMembers(body); err != nil {
		return err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("the body is not an order: %w", err)
	}
	return nil
}

// takeTyped takes the parameters of an APS type.
func (o *orderBody) takeTyped(all []typed, kind, plan string, period json.RawMessage) error {
	if len(all) != 1 || all[0].APS.Type != kind {
		return errors.New("parameters must have one element, with aps.type " + kind)
	}
	var unit struct {
		Unit     string          `json:"unit"`
		Duration json.RawMessage `json:"duration"`
	}
	if err := strictly(period, &unit); err != nil || unit.Unit != "MONTHS" || len(unit.Duration) == 0 {
		return errors.New("period must be {unit MONTHS, duration}")
	}
	for _, p := range all[0].Parameters {
		switch p.Key {
		case "tenant":
			o.tenant = p.Value
		case "csp_subscription_id":
			o.sub = p.Value
		case "cut_off_date":
			o.cutOff = p.Value
		default:
			return fmt.Errorf("activationParameters: the key %q is not known", p.Key)
		}
	}
	o.asSold(plan)
	return nil
}

func (o *orderBody) takeParameters(raw json.RawMessage) error {
	var products []struct {
		Plan   string          `json:"planId"`
		Period json.RawMessage `json:"period"`
		Typed  []typed         `json:"parameters"`
	}
	if err := strictly(raw, &products); err != nil || len(products) != 1 {
		return fmt.Errorf("one product with planId, period and parameters is expected: %w", err)
	}
	return o.takeTyped(products[0].Typed, typeTenant, products[0].Plan, products[0].Period)
}

func (o *orderBody) takeConnect(raw json.RawMessage) error {
	var products []struct {
		Plan   string          `json:"planId"`
		Period json.RawMessage `json:"period"`
		Params []struct {
			Key       string  `json:"key"`
			Value     *string `json:"value"`
			Structure *struct {
				Sub    string `json:"import_microsoft_subscription_id"`
				Domain string `json:"microsoft_domain"`
			} `json:"structured_value"`
		} `json:"activationParams"`
	}
	if err := strictly(raw, &products); err != nil || len(products) != 1 {
		return fmt.Errorf("one product with planId, period and activationParams is expected: %w", err)
	}
	for _, p := range products[0].Params {
		switch {
		case p.Key == "migration_info_object" && p.Structure != nil:
			o.sub, o.tenant = p.Structure.Sub, p.Structure.Domain
		case p.Key == "cut_off_date" && p.Value != nil:
			o.cutOff = *p.Value
		default:
			return fmt.Errorf("activationParams: the key %q is not known, or has no value of its kind", p.Key)
		}
	}
	o.asSold(products[0].Plan)
	return nil
}

// asSold keeps what is imported as a sales order has it: by that it is found.
func (o *orderBody) asSold(plan string) {
	params := []object{{{"key", "tenant"}, {"value", o.tenant}}, {{"key", "csp_subscription_id"}, {"value", o.sub}}}
	if o.cutOff != "" {
		params = append(params, object{{"key", "cut_off_date"}, {"value", o.cutOff}})
	}
	o.rawProducts = appendValue(nil, []object{{{"planId", plan}, {"activationParams", params}}})
	json.Unmarshal(o.rawProducts, &o.products) // they are ours
}

// asSent appends the members of an order that were sent, but for those that have been
// told already and the reference.
func (v *look) asSent(obj object, sent json.RawMessage) object {
	d := json.NewDecoder(bytes.NewReader(sent))
	d.Token()
	for d.More() {
		var raw json.RawMessage
		t, err := d.Token()
		if err != nil || d.Decode(&raw) != nil {
			return obj // it was decoded before
		}
		name, _ := t.(string)
		told := slices.ContainsFunc(obj, func(m member) bool { return m.name == name })
		if told || name == "poNumber" || v.noProducts && slices.Contains([]string{"products", "planId", "parameters"}, name) {
			continue
		}
		obj = append(obj, member{name, v.products(raw)})
	}
	return obj
}
