// Package tree reads JSON whose shape is not known beforehand: what nobody asks for is
// parsed and not copied.
package tree

import (
	"encoding/json"
	"errors"
	"iter"
	"unicode/utf8"

	"github.com/valyala/fastjson"
)

// ErrNotJSON is the error of a text that is no JSON value (RFC 8259), or of one whose
// values are deeper in each other than fastjson.MaxDepth.
var ErrNotJSON = errors.New("this is not JSON")

// Node is a JSON value. The zero Node is that of null. The nodes of one text are not
// safe for concurrent use, not even for reading, and keep the whole text in memory.
type Node struct{ v *fastjson.Value }

// Parse reads one JSON value.
func Parse(text []byte) (Node, error) { return new(Parser).Parse(text) }

// Parser reads one text after the other, in the same memory: the nodes of a text are
// those of another one, or of none, once the next is parsed. The zero Parser is ready.
type Parser struct{ p fastjson.Parser }

// Parse reads one JSON value.
func (p *Parser) Parse(text []byte) (Node, error) {
	// The parser takes more than JSON, and quotes all that follows in its errors.
	if !json.Valid(text) {
		return Node{}, ErrNotJSON
	}
	v, err := p.p.ParseBytes(text)
	if err != nil {
		return Node{}, ErrNotJSON
	}
	return Node{v}, nil
}

// String is the value as JSON.
func (n Node) String() string { return string(n.appendTo(nil)) }

func (n Node) appendTo(b []byte) []byte {
	text, isText := n.Text()
	list, isList := n.List()
	switch {
	case isText:
		return appendText(b, text)
	case isList:
		b = append(b, '[')
		for i, element := range list {
			if i > 0 {
				b = append(b, ',')
			}
			b = element.appendTo(b)
		}
		return append(b, ']')
	case n.IsObject():
		b = append(b, '{')
		for name, field := range n.Fields() {
			if b[len(b)-1] != '{' {
				b = append(b, ',')
			}
			b = field.appendTo(append(appendText(b, name), ':'))
		}
		return append(b, '}')
	}
	scalar, ok := n.Scalar()
	if !ok {
		scalar = "null"
	}
	return append(b, scalar...)
}

func appendText(b []byte, text string) []byte {
	quoted, _ := json.Marshal(text) // a text can always be written
	return append(b, quoted...)
}

// IsNull reports whether the value is null.
func (n Node) IsNull() bool { return n.v == nil || n.v.Type() == fastjson.TypeNull }

// Scalar is a text as it is, a number as it is written, or true or false; ok is false
// for anything else.
func (n Node) Scalar() (text string, ok bool) {
	if text, ok = n.Text(); ok || n.v == nil {
		return text, ok
	}
	switch n.v.Type() {
	case fastjson.TypeNumber, fastjson.TypeTrue, fastjson.TypeFalse:
		return n.v.String(), true
	}
	return "", false
}

// Text is a text; ok is false for anything else. What is not UTF-8 in it is replaced
// by U+FFFD.
func (n Node) Text() (text string, ok bool) {
	if n.v == nil || n.v.Type() != fastjson.TypeString {
		return "", false
	}
	b, _ := n.v.StringBytes() // it is a text
	return valid(b), true
}

// valid is a text with U+FFFD for each byte that is not UTF-8.
func valid(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	return string([]rune(string(b)))
}

// List is the elements of a list; ok is false for anything else.
func (n Node) List() (elements []Node, ok bool) {
	if n.v == nil || n.v.Type() != fastjson.TypeArray {
		return nil, false
	}
	all, _ := n.v.Array() // it is one
	elements = make([]Node, len(all))
	for i, v := range all {
		elements[i] = Node{v}
	}
	return elements, true
}

// IsObject reports whether the value is an object.
func (n Node) IsObject() bool { return n.v != nil && n.v.Type() == fastjson.TypeObject }

// Field is a member of an object, the first of its name; ok is false if there is none, or
// the value is no object.
func (n Node) Field(name string) (field Node, ok bool) {
	if !n.IsObject() {
		return Node{}, false
	}
	v := n.v.GetObject().Get(name)
	return Node{v}, v != nil
}

// Fields goes over the members of an object in the order in which they are written;
// there are none of anything else.
func (n Node) Fields() iter.Seq2[string, Node] {
	return func(yield func(string, Node) bool) {
		if !n.IsObject() {
			return
		}
		more := true
		n.v.GetObject().Visit(func(name []byte, v *fastjson.Value) {
			more = more && yield(valid(name), Node{v})
		})
	}
}

// Size is how many members an object has; 0 of anything else.
func (n Node) Size() int {
	if !n.IsObject() {
		return 0
	}
	return n.v.GetObject().Len()
}
