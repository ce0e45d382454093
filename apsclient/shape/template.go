package shape

import (
	"fmt"
	"slices"
	"strings"
)

// Template is the shape of orders. It is safe for concurrent use.
type Template struct {
	keys           []string
	full, noCutOff *form
	places         [values]*place
	kind           string // of order: the constant type, empty if there is none
	numbered       bool   // an account number is written as a number
}

// Parse reads a template. keys are further names of members by which an element of a
// list says which it is, beside key, id, name and attributeID. The error is an
// *Error.
func Parse(text string, keys ...string) (*Template, error) {
	text = strings.TrimPrefix(text, "\ufeff")
	r := &reader{text: text, keys: slices.Concat(keys, usualKeys)}
	n, err := r.read()
	if err != nil {
		return nil, err
	}
	t := &Template{keys: r.keys, full: formOf(n, 0), noCutOff: formOf(n, CutOff)}
	t.find(n, nil)
	if k := n.member("type"); k != nil && k.kind == '"' && k.hole == nil {
		t.kind = k.text
	}
	for _, needed := range []struct {
		value Value
		why   string
	}{
		{Subscription, "an order without it would sell a new one"},
		{Reference, "an order is found again by it"},
		{Account, "it is who pays; ${account_number} does as well"},
		{Plan, "it is what is ordered"},
	} {
		if t.places[needed.value] == nil && (needed.value != Account || t.places[AccountNumber] == nil) {
			return nil, &Error{What: fmt.Sprintf("there is no place for the %v: ${%v} is missing, and %s", needed.value, needed.value, needed.why)}
		}
	}
	return t, nil
}

// Type is the order type that is sent, empty if none is.
func (t *Template) Type() string { return t.kind }

// Fill is the JSON of an order for one row. It fails if the row lacks a value that
// the template has a place for, but for a cut-off date, and if an account number is
// to be written as a number and is none.
func (t *Template) Fill(row *Values) ([]byte, error) {
	for v, p := range t.places {
		if p != nil && row[v] == "" && Value(v) != CutOff {
			return nil, fmt.Errorf("the order has no %s", strings.ReplaceAll(Value(v).String(), "_", " "))
		}
	}
	if number := row[AccountNumber]; t.numbered && !isNumber(number) {
		return nil, fmt.Errorf("the account number %s is not written as a number", number)
	}
	if row[CutOff] == "" {
		return t.noCutOff.fill(row), nil
	}
	return t.full.fill(row), nil
}

// isNumber reports whether a text is a whole number as JSON has it.
func isNumber(text string) bool {
	return text == "0" || strings.Trim(text, "0123456789") == "" && strings.TrimLeft(text, "0") == text
}
