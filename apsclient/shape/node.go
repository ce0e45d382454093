package shape

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mostText is the longest template, in bytes, and mostDeep how deep it may be nested.
const (
	mostText = 1 << 16
	mostDeep = 32
)

// Error is what is wrong with a template, and where.
type Error struct {
	Line, Column int // from 1, in characters; 0 if it is the template as a whole
	What         string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.What
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.What)
}

// node is a JSON value of a template.
type node struct {
	kind    byte // { [ " or, for what is written as it stands, 0
	members []member
	list    []*node
	text    string // of a string without placeholder, or as it stands
	hole    *hole
	keys    []string // by which an element of a list says which it is
}

type member struct {
	name  string
	value *node
}

// reader reads a template.
type reader struct {
	text  string
	keys  []string
	plain bool // an order, in which nothing is a placeholder
	d     *json.Decoder
}

func (r *reader) fail(at int64, what string) error {
	before := r.text[:min(int(at), len(r.text))]
	line := 1 + strings.Count(before, "\n")
	return &Error{Line: line, Column: 1 + len([]rune(before[strings.LastIndexByte(before, '\n')+1:])), What: what}
}

// read reads the one value of the text.
func (r *reader) read() (*node, error) {
	if len(r.text) > mostText {
		return nil, &Error{What: fmt.Sprintf("it is longer than %d bytes", mostText)}
	}
	r.d = json.NewDecoder(bytes.NewReader([]byte(r.text)))
	r.d.UseNumber()
	n, err := r.value(0)
	if err != nil {
		return nil, err
	}
	if n.kind != '{' {
		return nil, r.fail(0, "an order is an object: it begins with {")
	}
	at := r.next()
	if _, err := r.d.Token(); !errors.Is(err, io.EOF) {
		return nil, r.fail(at, "something follows the order")
	}
	return n, nil
}

// next is where the next token begins.
func (r *reader) next() int64 {
	at := r.d.InputOffset()
	for int(at) < len(r.text) && strings.IndexByte(" \t\r\n,:", r.text[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) token() (json.Token, int64, error) {
	at := r.next()
	t, err := r.d.Token()
	if err == nil {
		return t, at, nil
	}
	if bad, ok := errors.AsType[*json.SyntaxError](err); ok {
		return nil, at, r.fail(max(bad.Offset-1, at), "it is not JSON: "+strings.TrimPrefix(bad.Error(), "json: "))
	}
	return nil, at, r.fail(int64(len(r.text)), "it is not JSON: it ends in the middle")
}

func (r *reader) value(deep int) (*node, error) {
	t, at, err := r.token()
	if err != nil {
		return nil, err
	}
	if deep > mostDeep {
		return nil, r.fail(at, "it is nested too deep")
	}
	switch t := t.(type) {
	case json.Delim:
		if t == '{' {
			return r.object(deep)
		}
		return r.array(deep)
	case string:
		if r.plain {
			return &node{kind: '"', text: t}, nil
		}
		h, problem, off := holesIn(t)
		if problem != "" {
			return nil, r.fail(at+1+int64(off), problem)
		}
		return &node{kind: '"', text: t, hole: h}, nil
	case json.Number:
		return &node{text: t.String()}, nil
	case bool:
		return &node{text: fmt.Sprint(t)}, nil
	}
	return &node{text: "null"}, nil
}

func (r *reader) object(deep int) (*node, error) {
	n := &node{kind: '{', keys: r.keys}
	for r.d.More() {
		t, at, err := r.token()
		if err != nil {
			return nil, err
		}
		name, _ := t.(string)
		switch {
		case strings.Contains(name, "${") && !r.plain:
			return nil, r.fail(at, "a placeholder stands in a value, not in a name")
		case n.member(name) != nil:
			return nil, r.fail(at, fmt.Sprintf("%q is there twice", name))
		}
		v, err := r.value(deep + 1)
		if err != nil {
			return nil, err
		}
		n.members = append(n.members, member{name, v})
	}
	_, _, err := r.token()
	return n, err
}

func (r *reader) array(deep int) (*node, error) {
	n := &node{kind: '['}
	for r.d.More() {
		v, err := r.value(deep + 1)
		if err != nil {
			return nil, err
		}
		n.list = append(n.list, v)
	}
	_, _, err := r.token()
	return n, err
}

// member is the value of a name, nil if there is none.
func (n *node) member(name string) *node {
	for _, m := range n.members {
		if m.name == name {
			return m.value
		}
	}
	return nil
}

// usualKeys are the names by which an element of a list says which it is.
var usualKeys = []string{"key", "id", "name", "attributeID"}

// pair is the member by which an element of a list says which it is, and its word;
// ok is false if the element is no pair of such a key and something else.
func (n *node) pair() (key, word string, ok bool) {
	if n.kind != '{' || len(n.members) != 2 {
		return "", "", false
	}
	for _, key := range n.keys {
		if k := n.member(key); k != nil && k.kind == '"' && k.hole == nil {
			return key, k.text, true
		}
	}
	return "", "", false
}

// lacks reports whether the value has to be left out where a value is not there.
func (n *node) lacks(without Value) bool {
	if n.hole != nil {
		return n.hole.optional && n.hole.value == without
	}
	if _, _, ok := n.pair(); ok {
		for _, m := range n.members {
			if m.value.lacks(without) {
				return true
			}
		}
	}
	return false
}
