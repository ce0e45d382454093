package apsclient

import (
	"bytes"
	"encoding/json"
	"iter"
	"maps"
	"slices"
	"strings"
)

// object is a JSON object whose members keep the order they were set in: the
// wire stays readable beside the vendor's pages.
type object struct {
	names  []string
	values []any
}

func (o *object) set(name string, value any) {
	if i := slices.Index(o.names, name); i >= 0 {
		o.values[i] = value
		return
	}
	o.names = append(o.names, name)
	o.values = append(o.values, value)
}

// setPath sets a member of a member, making the objects on the way.
func (o *object) setPath(path []string, value any) {
	if len(path) == 1 {
		o.set(path[0], value)
		return
	}
	inner, ok := (*object)(nil), false
	if i := slices.Index(o.names, path[0]); i >= 0 {
		inner, ok = o.values[i].(*object)
	}
	if !ok {
		inner = &object{}
		o.set(path[0], inner)
	}
	inner.setPath(path[1:], value)
}

// MarshalJSON implements json.Marshaler, without the escapes for HTML.
func (o *object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, name := range o.names {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := e.Encode(name); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // Encode ends with a line feed
		b.WriteByte(':')
		if err := e.Encode(o.values[i]); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// referencePath is the reference's way in an order: an attribute's ID is
// everything after the first dot, dots included.
func (w *Wire) referencePath() []string { return strings.SplitN(w.ReferenceField, ".", 2) }

// sorted ranges over m by key.
func sorted(m map[string]string) iter.Seq2[string, string] {
	return func(yield func(string, string) bool) {
		for _, key := range slices.Sorted(maps.Keys(m)) {
			if !yield(key, m[key]) {
				return
			}
		}
	}
}
