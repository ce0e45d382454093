package shape

import (
	"bytes"
	"encoding/json"
)

// form is a template without what is left out, as JSON with gaps: all that orders
// have in common is written once.
type form struct {
	parts []part
	end   []byte
}

// part is some JSON and the gap after it.
type part struct {
	text []byte
	hole *hole
}

// formOf writes a template without the optional parts of a value, 0 for all of it.
func formOf(n *node, without Value) *form {
	f := new(form)
	f.add(n, without)
	return f
}

func (f *form) add(n *node, without Value) {
	switch {
	case n.hole != nil:
		f.parts = append(f.parts, part{f.end, n.hole})
		f.end = nil
	case n.kind == '"':
		f.end = appendString(f.end, n.text)
	case n.kind == '{':
		f.object(n, without)
	case n.kind == '[':
		f.list(n, without)
	default:
		f.end = append(f.end, n.text...)
	}
}

func (f *form) object(n *node, without Value) {
	f.end = append(f.end, '{')
	first := true
	for _, m := range n.members {
		if without != 0 && m.value.hole != nil && m.value.lacks(without) {
			continue
		}
		if !first {
			f.end = append(f.end, ',')
		}
		first = false
		f.end = append(appendString(f.end, m.name), ':')
		f.add(m.value, without)
	}
	f.end = append(f.end, '}')
}

func (f *form) list(n *node, without Value) {
	f.end = append(f.end, '[')
	first := true
	for _, element := range n.list {
		if without != 0 && element.lacks(without) {
			continue
		}
		if !first {
			f.end = append(f.end, ',')
		}
		first = false
		f.add(element, without)
	}
	f.end = append(f.end, ']')
}

// fill is the JSON of one order.
func (f *form) fill(row *Values) []byte {
	b := make([]byte, 0, 768)
	for i := range f.parts {
		b = append(b, f.parts[i].text...)
		switch h := f.parts[i].hole; {
		case h.style == asNumber:
			b = append(b, h.of(row)...)
		case h.before == "" && h.after == "":
			b = appendString(b, h.of(row))
		default:
			b = appendString(b, h.before+h.of(row)+h.after)
		}
	}
	return append(b, f.end...)
}

// appendString appends s as a JSON string, without the escapes for HTML.
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
