package apstest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// property is one field of T that a query may name: exactly one of text,
// number (also used for times, in milliseconds) is set.
type property[T any] struct {
	text   func(T) string
	number func(T) int64
	parse  func(string) (int64, error) // of a number's text
}

// schema is every field of T that a query may name.
type schema[T any] map[string]property[T]

func parseNumber(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func parseTime(s string) (int64, error) {
	t, err := time.Parse(time.RFC3339Nano, s)
	return t.UnixMilli(), err
}

// compile turns conditions, all of which must hold, into a test.
func (sc schema[T]) compile(filter []*term) (func(T) bool, error) {
	tests := make([]func(T) bool, len(filter))
	for i, t := range filter {
		test, err := sc.test(t)
		if err != nil {
			return nil, err
		}
		tests[i] = test
	}
	return func(v T) bool {
		for _, test := range tests {
			if !test(v) {
				return false
			}
		}
		return true
	}, nil
}

func (sc schema[T]) test(t *term) (func(T) bool, error) {
	switch t.op {
	case "and":
		return sc.compile(t.kids)
	case "not":
		test, err := sc.test(t.kids[0])
		return func(v T) bool { return !test(v) }, err
	case "or":
		tests := make([]func(T) bool, len(t.kids))
		for i, kid := range t.kids {
			test, err := sc.test(kid)
			if err != nil {
				return nil, err
			}
			tests[i] = test
		}
		return func(v T) bool {
			return slices.ContainsFunc(tests, func(test func(T) bool) bool { return test(v) })
		}, nil
	}
	p, ok := sc[t.prop]
	if !ok {
		return nil, fmt.Errorf("RQL: the property %s is not known here", t.prop)
	}
	if p.number != nil {
		return numberTest(p, t)
	}
	return textTest(p, t)
}

func numberTest[T any](p property[T], t *term) (func(T) bool, error) {
	wants := make([]int64, len(t.values))
	for i, v := range t.values {
		n, err := p.parse(v)
		if err != nil {
			return nil, fmt.Errorf("RQL: %q is no value of %s", v, t.prop)
		}
		wants[i] = n
	}
	if t.op == "like" {
		return nil, fmt.Errorf("RQL: like() of %s, which is no text", t.prop)
	}
	if t.op == "in" {
		return func(v T) bool { return slices.Contains(wants, p.number(v)) }, nil
	}
	holds := holder(t.op)
	return func(v T) bool { return holds(cmp.Compare(p.number(v), wants[0])) }, nil
}

func textTest[T any](p property[T], t *term) (func(T) bool, error) {
	switch t.op {
	case "in":
		set := make(map[string]bool, len(t.values))
		for _, v := range t.values {
			set[v] = true
		}
		return func(v T) bool { return set[p.text(v)] }, nil
	case "like":
		return func(v T) bool { return like(t.values[0], p.text(v)) }, nil
	}
	holds := holder(t.op)
	return func(v T) bool { return holds(strings.Compare(p.text(v), t.values[0])) }, nil
}

// holder tells which outcomes of a comparison an operator takes.
func holder(op string) func(int) bool {
	switch op {
	case "eq":
		return func(c int) bool { return c == 0 }
	case "ne":
		return func(c int) bool { return c != 0 }
	case "gt":
		return func(c int) bool { return c > 0 }
	case "ge":
		return func(c int) bool { return c >= 0 }
	case "lt":
		return func(c int) bool { return c < 0 }
	default:
		return func(c int) bool { return c <= 0 }
	}
}

// like matches text against a pattern in which anyText and anyChar stand for
// the wildcards; it takes time len(pattern) x len(text) at worst.
func like(pattern, text string) bool {
	star, back := -1, 0
	i, j := 0, 0
	for j < len(text) {
		switch {
		case i < len(pattern) && pattern[i] == anyText:
			star, back = i, j
			i++
		case i < len(pattern) && pattern[i] == anyChar:
			_, n := utf8.DecodeRuneInString(text[j:])
			i++
			j += n
		case i < len(pattern) && pattern[i] == text[j]:
			i++
			j++
		case star >= 0:
			back++
			i, j = star+1, back
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == anyText {
		i++
	}
	return i == len(pattern)
}

// order returns a comparison by the sort keys.
func (sc schema[T]) order(keys []sortKey) (func(a, b T) int, error) {
	compares := make([]func(a, b T) int, len(keys))
	for i, key := range keys {
		p, ok := sc[key.prop]
		if !ok {
			return nil, fmt.Errorf("RQL: sort() of %s, which is not known here", key.prop)
		}
		compare := func(a, b T) int { return strings.Compare(p.text(a), p.text(b)) }
		if p.number != nil {
			compare = func(a, b T) int { return cmp.Compare(p.number(a), p.number(b)) }
		}
		if key.desc {
			up := compare
			compare = func(a, b T) int { return -up(a, b) }
		}
		compares[i] = compare
	}
	return func(a, b T) int {
		for _, compare := range compares {
			if c := compare(a, b); c != 0 {
				return c
			}
		}
		return 0
	}, nil
}
