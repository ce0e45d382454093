package apsclient

import (
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"bulkimport/apsclient/shape"
)

// Shape is the shape of orders: a template, one that is built in, or what the
// assumptions about a sales order make up.
func (w Wire) Shape() (*shape.Template, error) {
	w = w.filled()
	text := w.OrderTemplate
	if text == none {
		named, ok := shape.Named(w.OrderShape)
		if !ok {
			var names []string
			for _, s := range shape.Shapes() {
				names = append(names, s.Name)
			}
			return nil, fmt.Errorf("assumption order.shape: there is no shape %q: known are %s", w.OrderShape, strings.Join(names, ", "))
		}
		if text = named.Text; text == "" {
			text = string(w.sales().appendTo(nil))
		}
	}
	t, err := shape.Parse(text, w.ParamKey)
	if err != nil {
		return nil, fmt.Errorf("the order's template: %w", err)
	}
	return t, nil
}

// sales is the template that the assumptions about a sales order make up, in the
// platform's order of members.
func (w *Wire) sales() object {
	order := object{{"type", w.OrderType}, {w.AccountField, "${account}"}}
	for id, value := range sorted(w.Attributes) {
		order.setPath([]string{w.AttributesField, id}, value)
	}
	order.setPath(w.referencePath(), "${reference}")
	product := object{{w.PlanField, "${plan}"}}
	if w.PeriodField != none {
		duration, _ := strconv.Atoi(w.PeriodDuration) // checked by New
		product.set(w.PeriodField, object{{"unit", w.PeriodUnit}, {"duration", duration}})
	}
	params := []object{w.param(w.ParamTenant, "${tenant}"), w.param(w.ParamSubscription, "${subscription}"), w.param(w.ParamCutOff, "${cut_off?}")}
	for key, value := range sorted(w.Parameters) {
		params = append(params, w.param(key, value))
	}
	product.set(w.ParamsField, params)
	order.set(w.ProductsField, []object{product})
	return order
}

func (w *Wire) param(key string, value any) object {
	return object{{w.ParamKey, key}, {w.ParamValue, value}}
}

// referencePath is the reference's way in an order: an attribute's ID is
// everything after the first dot, dots included.
func (w *Wire) referencePath() []string { return strings.SplitN(w.ReferenceField, ".", 2) }

// object is a JSON object whose members keep the order they were set in: the
// wire stays readable beside the vendor's pages. Values are strings, ints,
// objects and lists of objects.
type object []member

type member struct {
	name  string
	value any
}

func (o *object) set(name string, value any) {
	for i := range *o {
		if (*o)[i].name == name {
			(*o)[i].value = value
			return
		}
	}
	*o = append(*o, member{name, value})
}

// setPath sets a member of a member, making the objects on the way.
func (o *object) setPath(path []string, value any) {
	if len(path) == 1 {
		o.set(path[0], value)
		return
	}
	var inner object
	for _, m := range *o {
		if m.name == path[0] {
			inner, _ = m.value.(object)
		}
	}
	inner.setPath(path[1:], value)
	o.set(path[0], inner)
}

// appendTo appends the object as JSON.
func (o object) appendTo(b []byte) []byte {
	b = append(b, '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendJSON(b, m.name), ':')
		switch v := m.value.(type) {
		case object:
			b = v.appendTo(b)
		case []object:
			b = append(b, '[')
			for i, element := range v {
				if i > 0 {
					b = append(b, ',')
				}
				b = element.appendTo(b)
			}
			b = append(b, ']')
		default:
			b = appendJSON(b, v)
		}
	}
	return append(b, '}')
}

func appendJSON(b []byte, v any) []byte {
	text, _ := json.Marshal(v) // a string or a number always can be
	return append(b, text...)
}

// sorted ranges over m by key.
func sorted(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		if len(m) == 0 {
			return
		}
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
