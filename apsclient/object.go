package apsclient

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// object is a JSON object whose members keep the order they were set in: the
// wire stays readable beside the vendor's pages. Values are strings, ints,
// objects, lists of objects, or gaps.
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

// gap is a value that differs from order to order.
type gap func(*OrderRequest) string

// form is an object as JSON, without the escapes for HTML, but for its gaps:
// all that orders have in common is written once.
type form struct {
	parts []part
	end   []byte
}

// part is some JSON and the gap after it.
type part struct {
	text []byte
	gap  gap
}

func formOf(o object) *form {
	f := new(form)
	f.object(o)
	return f
}

func (f *form) object(o object) {
	f.end = append(f.end, '{')
	for i, m := range o {
		if i > 0 {
			f.end = append(f.end, ',')
		}
		f.end = append(appendString(f.end, m.name), ':')
		switch v := m.value.(type) {
		case string:
			f.end = appendString(f.end, v)
		case int:
			f.end = strconv.AppendInt(f.end, int64(v), 10)
		case gap:
			f.parts = append(f.parts, part{f.end, v})
			f.end = nil
		case object:
			f.object(v)
		case []object:
			f.list(v)
		}
	}
	f.end = append(f.end, '}')
}

func (f *form) list(list []object) {
	f.end = append(f.end, '[')
	for i, element := range list {
		if i > 0 {
			f.end = append(f.end, ',')
		}
		f.object(element)
	}
	f.end = append(f.end, ']')
}

// fill is the JSON of one order.
func (f *form) fill(r *OrderRequest) []byte {
	b := make([]byte, 0, 512)
	for _, p := range f.parts {
		b = appendString(append(b, p.text...), p.gap(r))
	}
	return append(b, f.end...)
}

// appendString appends s as a JSON string.
func appendString(b []byte, s string) []byte {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			plain = false
			break
		}
	}
	if plain {
		b = append(b, '"')
		b = append(b, s...)
		return append(b, '"')
	}
	var quoted bytes.Buffer
	e := json.NewEncoder(&quoted)
	e.SetEscapeHTML(false)
	e.Encode(s)                                          // a string always can be
	return append(b, quoted.Bytes()[:quoted.Len()-1]...) // Encode ends with a line feed
}

// referencePath is the reference's way in an order: an attribute's ID is
// everything after the first dot, dots included.
func (w *Wire) referencePath() []string { return strings.SplitN(w.ReferenceField, ".", 2) }

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
