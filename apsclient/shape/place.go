package shape

import (
	"slices"
	"strings"

	"bulkimport/apsclient/tree"
)

// place is where a value stands.
type place struct {
	steps []step
	hole  *hole
}

// step leads from a JSON value to one in it.
type step struct {
	name      string // of a member
	key, word string // of an element of a list: that whose member key is word
	index     int    // of an element of a list, where key is empty and name too
}

// find notes where the placeholders below n stand; whole texts go before longer
// ones.
func (t *Template) find(n *node, steps []step) {
	if h := n.hole; h != nil {
		t.numbered = t.numbered || h.style == asNumber
		if had := t.places[h.value]; had == nil || had.hole.before+had.hole.after != "" && h.before+h.after == "" {
			t.places[h.value] = &place{steps: slices.Clone(steps), hole: h}
		}
		return
	}
	for _, m := range n.members {
		t.find(m.value, append(steps, step{name: m.name}))
	}
	for i, element := range n.list {
		s := step{index: i}
		if key, word, ok := element.pair(); ok {
			s = step{key: key, word: word}
		}
		t.find(element, append(steps, s))
	}
}

// Read finds a value in an order that was read back. told is false where it is not
// shown, or has another form than it was sent in.
func (t *Template) Read(order tree.Node, v Value) (value string, told bool) {
	p := t.places[v]
	if p == nil {
		return "", false
	}
	found, ok := t.walk(order, p.steps)
	if !ok {
		return "", false
	}
	text, ok := found.Scalar()
	if !ok {
		return "", false
	}
	return p.hole.told(text)
}

// Holds reports whether an order that was read back has anything at all where a value
// should stand, in whatever form.
func (t *Template) Holds(order tree.Node, v Value) bool {
	p := t.places[v]
	if p == nil {
		return false
	}
	found, ok := t.walk(order, p.steps)
	return ok && !found.IsNull()
}

// Shows reports whether an order that was read back shows anything of what a value
// stands in: of the innermost list that it is in, or of itself where it is in none.
func (t *Template) Shows(order tree.Node, v Value) bool {
	p := t.places[v]
	if p == nil {
		return false
	}
	for i, s := range slices.Backward(p.steps) {
		if s.name != "" {
			continue
		}
		found, _ := t.walk(order, p.steps[:i])
		list, _ := found.List()
		return len(list) > 0 || found.Size() > 0
	}
	_, told := t.Read(order, v)
	return told
}

// Property is the dotted name by which lists can be asked for a value; ok is false
// where it stands in a list.
func (t *Template) Property(v Value) (name string, ok bool) {
	p := t.places[v]
	if p == nil || p.hole.before+p.hole.after != "" {
		return "", false
	}
	var path []string
	for _, s := range p.steps {
		if s.name == "" {
			return "", false
		}
		path = append(path, s.name)
	}
	return strings.Join(path, "."), true
}

// walk follows steps. Platforms tell pairs of key and value as an object, and an
// object as pairs: either is understood.
func (t *Template) walk(v tree.Node, steps []step) (tree.Node, bool) {
	for len(steps) > 0 {
		s := steps[0]
		steps = steps[1:]
		list, ok := v.List()
		switch {
		case !ok && s.key != "": // the value stands where its pair would
			v, ok = v.Field(s.word)
			steps = steps[min(1, len(steps)):]
		case !ok:
			v, ok = v.Field(s.name)
		case s.key != "":
			v, ok = t.keyed(list, s.word)
		case s.name == "":
			if ok = s.index < len(list); ok {
				v = list[s.index]
			}
		default: // pairs, of which one stands for the member
			if v, ok = t.keyed(list, s.name); ok {
				v, ok = v.Field("value")
			}
		}
		if !ok {
			return tree.Node{}, false
		}
	}
	return v, true
}

// keyed finds the element of a list that says it is word.
func (t *Template) keyed(list []tree.Node, word string) (tree.Node, bool) {
	for _, element := range list {
		for _, key := range t.keys {
			field, _ := element.Field(key)
			if has, ok := field.Text(); ok && has == word {
				return element, true
			}
		}
	}
	return tree.Node{}, false
}
