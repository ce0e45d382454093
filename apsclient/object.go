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
// objects, or lists of objects.
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

// appendJSON appends o as JSON, without the escapes for HTML.
func (o object) appendJSON(b []byte) []byte {
	b = append(b, '{')
	for i, m := range o {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, m.name), ':')
		switch v := m.value.(type) {
		case string:
			b = appendString(b, v)
		case int:
			b = strconv.AppendInt(b, int64(v), 10)
		case object:
			b = v.appendJSON(b)
		case []object:
			b = append(b, '[')
			for j, element := range v {
				if j > 0 {
					b = append(b, ',')
				}
				b = element.appendJSON(b)
			}
			b = append(b, ']')
		}
	}
	return append(b, '}')
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
