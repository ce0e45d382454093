package shape

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Learned is what is made of one scalar of an order.
type Learned struct {
	Path  string // as Fields names it
	Told  string // what the order says
	Value Value  // the row's value that it is, 0 for a constant
}

// Learn makes the template that would make this very order, as JSON with an
// indentation of two: values of the row are recognised by what they say, whatever
// their case, and everything else is constant. answered tells the members of an
// order that are the platform's own, which are left out. Where the order has no place
// for a reference one is made, a member of the name reference.
//
// The error is that of an order that is not JSON; whether the template is a whole
// one, Parse tells.
func Learn(order []byte, row *Values, answered func(member string) bool, reference string) (template string, learned []Learned, err error) {
	r := &reader{text: string(order), keys: usualKeys, plain: true}
	n, err := r.read()
	if err != nil {
		return "", nil, err
	}
	l := &learner{row: row}
	kept := n.members[:0]
	for _, m := range n.members {
		if !answered(m.name) {
			kept = append(kept, m)
		}
	}
	n.members = kept
	l.learn(n, "")
	if !l.has(Reference) {
		place := n.member(reference)
		if place == nil {
			place = new(node)
			n.members = append(n.members, member{reference, place})
		}
		*place = node{kind: '"', text: hole{value: Reference}.String()}
		l.note(reference, "", Reference)
	}
	var out bytes.Buffer
	if err := json.Indent(&out, formOf(n, 0).end, "", "  "); err != nil {
		return "", nil, err
	}
	return out.String() + "\n", l.learned, nil
}

type learner struct {
	row     *Values
	learned []Learned
}

func (l *learner) note(path, told string, v Value) {
	for i := range l.learned {
		if l.learned[i].Path == path {
			l.learned = append(l.learned[:i], l.learned[i+1:]...)
			break
		}
	}
	l.learned = append(l.learned, Learned{path, told, v})
}

func (l *learner) has(v Value) bool {
	for _, known := range l.learned {
		if known.Value == v {
			return true
		}
	}
	return false
}

// learn puts placeholders where values of the row stand.
func (l *learner) learn(n *node, path string) {
	switch n.kind {
	case '{':
		for _, m := range n.members {
			l.learn(m.value, below(path, m.name))
		}
	case '[':
		for i, element := range n.list {
			key, word, pair := element.pair()
			if !pair {
				l.learn(element, path+"["+strconv.Itoa(i)+"]")
				continue
			}
			for _, m := range element.members {
				if m.name != key {
					l.learn(m.value, path+"["+word+"]")
				}
			}
		}
	default:
		told := n.text
		h, ok := l.recognise(n)
		if ok {
			n.kind, n.text = '"', h.String()
		}
		l.note(path, told, h.value)
	}
}

// recognise finds the value of the row that a scalar is, or that is part of it.
func (l *learner) recognise(n *node) (h hole, ok bool) {
	if n.kind != '"' {
		if n.text == "" || n.text != l.row[AccountNumber] {
			return hole{}, false
		}
		return hole{value: AccountNumber, style: asNumber}, true
	}
	for _, v := range []Value{Reference, Subscription, Account, Plan, Tenant, AccountNumber} {
		if strings.EqualFold(n.text, l.row[v]) && n.text != "" {
			return hole{value: v}, true
		}
	}
	if at, err := time.Parse(time.RFC3339, l.row[CutOff]); err == nil {
		switch told, err := time.Parse(time.RFC3339, n.text); {
		case err == nil && told.Equal(at):
			return hole{value: CutOff, optional: true}, true
		case n.text == at.UTC().Format(time.DateOnly):
			return hole{value: CutOff, style: asDate, optional: true}, true
		}
	}
	for _, v := range []Value{Subscription, Tenant, Account, Plan} { // long enough to be no accident
		if i := strings.Index(strings.ToLower(n.text), strings.ToLower(l.row[v])); i >= 0 && l.row[v] != "" {
			return hole{value: v, before: n.text[:i], after: n.text[i+len(l.row[v]):]}, true
		}
	}
	return hole{}, false
}

// String is the placeholder as a template has it.
func (h hole) String() string {
	text := h.value.String()
	switch h.style {
	case asNumber:
		text += ":number"
	case asDate:
		text += ":date"
	}
	if h.optional {
		text += "?"
	}
	return h.before + "${" + text + "}" + h.after
}
