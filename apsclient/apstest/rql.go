package apstest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Wildcards of like() in a decoded pattern: bytes that no value may hold.
const (
	anyText = '\x00' // *
	anyChar = '\x01' // ?
)

// term is one node of a filter: and, or, not with kids; eq, ne, gt, ge, lt,
// le, like, in with a property and values.
type term struct {
	op     string
	prop   string
	values []string
	kids   []*term
}

type sortKey struct {
	prop string
	desc bool
}

// rql is a query as the platform understands it. The filters and sort keys
// keep their text, which names a cached listing.
type rql struct {
	implementing string
	filter       []*term // all must hold
	filterText   string
	sort         []sortKey
	sortText     string
	limited      bool
	start, count int
	selected     []string
}

// parseRQL reads a raw query. It refuses what it does not know.
func parseRQL(raw string, strict bool) (*rql, error) {
	p := &rqlParser{text: raw, strict: strict}
	q := &rql{}
	for !p.done() {
		from := p.at
		t, err := p.term()
		if err != nil {
			return nil, fmt.Errorf("RQL, character %d: %w", p.at+1, err)
		}
		if err := q.add(t, raw[from:p.at]); err != nil {
			return nil, err
		}
		if p.done() {
			break
		}
		if !p.take(',') && !p.take('&') {
			return nil, fmt.Errorf("RQL, character %d: expected , or & and found %q", p.at+1, p.rest())
		}
		if p.done() {
			return nil, errors.New("RQL: nothing after the last separator")
		}
	}
	return q, nil
}

func (q *rql) add(t *term, text string) error {
	switch t.op {
	case "implementing":
		if q.implementing != "" {
			return errors.New("RQL: implementing() is given twice")
		}
		q.implementing = t.prop
	case "select":
		if q.selected != nil {
			return errors.New("RQL: select() is given twice")
		}
		q.selected = t.values
	case "sort":
		if q.sort != nil {
			return errors.New("RQL: sort() is given twice")
		}
		for _, v := range t.values {
			key := sortKey{prop: strings.TrimLeft(v, "+-"), desc: strings.HasPrefix(v, "-")}
			if len(v)-len(key.prop) > 1 || key.prop == "" {
				return fmt.Errorf("RQL: sort() of %q", v)
			}
			q.sort = append(q.sort, key)
		}
		q.sortText = text
	case "limit":
		if q.limited {
			return errors.New("RQL: limit() is given twice")
		}
		q.limited = true
		var err1, err2 error
		q.start, err1 = strconv.Atoi(t.values[0])
		q.count, err2 = strconv.Atoi(t.values[1])
		if err1 != nil || err2 != nil || q.start < 0 || q.count < 1 {
			return fmt.Errorf("RQL: limit(%s,%s) needs a start from 0 and a count from 1", t.values[0], t.values[1])
		}
	default:
		q.filter = append(q.filter, t)
		q.filterText += "," + text
	}
	return nil
}

type rqlParser struct {
	text   string
	at     int
	depth  int
	strict bool
}

func (p *rqlParser) done() bool { return p.at >= len(p.text) }

func (p *rqlParser) rest() string {
	return p.text[p.at:min(len(p.text), p.at+12)]
}

func (p *rqlParser) take(c byte) bool {
	if p.done() || p.text[p.at] != c {
		return false
	}
	p.at++
	return true
}

func (p *rqlParser) need(c byte) error {
	if !p.take(c) {
		return fmt.Errorf("expected %q and found %q", string(c), p.rest())
	}
	return nil
}

// name reads an operator or a property: letters, digits, dots, _ and -.
func (p *rqlParser) name() string {
	from := p.at
	for !p.done() {
		c := p.text[p.at]
		if !unreserved(c) || c == '~' {
			break
		}
		p.at++
	}
	return p.text[from:p.at]
}

func (p *rqlParser) term() (*term, error) {
	if p.depth++; p.depth > 20 {
		return nil, errors.New("nested too deeply")
	}
	defer func() { p.depth-- }()
	name := p.name()
	if name == "" {
		return nil, fmt.Errorf("expected an operator and found %q", p.rest())
	}
	if p.take('=') {
		return p.infix(name)
	}
	if err := p.need('('); err != nil {
		return nil, err
	}
	t := &term{op: name}
	var err error
	switch name {
	case "and", "or", "not":
		t.kids, err = p.terms()
		if err == nil && name == "not" && len(t.kids) != 1 {
			err = errors.New("not() takes one condition")
		}
	case "eq", "ne", "gt", "ge", "lt", "le", "like":
		err = p.comparison(t)
	case "in":
		err = p.membership(t)
	case "implementing":
		t.prop, err = p.typeName()
	case "select":
		t.values, err = p.list("")
	case "sort":
		t.values, err = p.list("+-")
	case "limit":
		t.values, err = p.list("")
		if err == nil && len(t.values) != 2 {
			err = errors.New("limit() takes a start and a count")
		}
	default:
		err = fmt.Errorf("the operator %s() is not known", name)
	}
	if err != nil {
		return nil, err
	}
	if p.depth > 1 && (name == "implementing" || name == "select" || name == "sort" || name == "limit") {
		return nil, fmt.Errorf("%s() inside a condition", name)
	}
	return t, p.need(')')
}

// infix reads prop=op=value, after the first =.
func (p *rqlParser) infix(prop string) (*term, error) {
	op := p.name()
	switch op {
	case "eq", "ne", "gt", "ge", "lt", "le", "like":
	default:
		return nil, fmt.Errorf("%s=%s is no condition", prop, op)
	}
	if err := p.need('='); err != nil {
		return nil, err
	}
	v, err := p.value(op == "like")
	return &term{op: op, prop: prop, values: []string{v}}, err
}

func (p *rqlParser) terms() ([]*term, error) {
	var kids []*term
	for {
		t, err := p.term()
		if err != nil {
			return nil, err
		}
		kids = append(kids, t)
		if !p.take(',') {
			return kids, nil
		}
	}
}

func (p *rqlParser) comparison(t *term) error {
	if t.prop = p.name(); t.prop == "" {
		return fmt.Errorf("%s() needs a property", t.op)
	}
	if err := p.need(','); err != nil {
		return err
	}
	v, err := p.value(t.op == "like")
	t.values = []string{v}
	return err
}

func (p *rqlParser) membership(t *term) error {
	if t.prop = p.name(); t.prop == "" {
		return errors.New("in() needs a property")
	}
	if err := p.need(','); err != nil {
		return err
	}
	if err := p.need('('); err != nil {
		return err
	}
	for {
		v, err := p.value(false)
		if err != nil {
			return err
		}
		t.values = append(t.values, v)
		if !p.take(',') {
			return p.need(')')
		}
	}
}

func (p *rqlParser) list(prefixes string) ([]string, error) {
	var names []string
	for {
		from := p.at
		if !p.done() && strings.IndexByte(prefixes, p.text[p.at]) >= 0 {
			p.at++
		}
		if p.name() == "" {
			return nil, fmt.Errorf("expected a name and found %q", p.rest())
		}
		names = append(names, p.text[from:p.at])
		if !p.take(',') {
			return names, nil
		}
	}
}

// typeName reads the APS type of implementing(), an address written as it is.
func (p *rqlParser) typeName() (string, error) {
	from := p.at
	for !p.done() && p.text[p.at] != ')' && p.text[p.at] != ',' {
		p.at++
	}
	return percentDecode(p.text[from:p.at])
}

// value reads a percent-encoded value. In strict mode every character that
// has a meaning somewhere must be encoded.
func (p *rqlParser) value(pattern bool) (string, error) {
	var b strings.Builder
	for !p.done() {
		c := p.text[p.at]
		switch {
		case c == ')' || c == ',' || c == '&':
			return b.String(), nil
		case c == '(' || c == '=' || c == ';' || c == '\'' || c == '!' || c == '+' || c == '#':
			return "", fmt.Errorf("%q must be percent-encoded in a value", string(c))
		case c == '*' && pattern:
			b.WriteByte(anyText)
		case c == '?' && pattern:
			b.WriteByte(anyChar)
		case p.strict && (c == '*' || c == '?' || c == '/'):
			return "", fmt.Errorf("%q must be percent-encoded in a value", string(c))
		case c == '%':
			if p.at+2 >= len(p.text) {
				return "", errors.New("a percent sign without two digits")
			}
			v, err := strconv.ParseUint(p.text[p.at+1:p.at+3], 16, 8)
			if err != nil {
				return "", errors.New("a percent sign without two digits")
			}
			if v < 0x20 || v == 0x7f {
				return "", errors.New("a control character in a value")
			}
			b.WriteByte(byte(v))
			p.at += 2
		default:
			b.WriteByte(c)
		}
		p.at++
	}
	return b.String(), nil
}
