// Package similar finds the names most like one that was not found.
package similar

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Search keeps a value for each of the names most like the one that was not found,
// among those it is shown. It is not safe for concurrent use.
type Search[T any] struct {
	// InOrder keeps, of names as near as each other, those that come first in
	// order, not those that were tried first.
	InOrder bool

	want  string // folded
	bound int    // differences at most
	keep  int    // names at most
	found []found[T]
}

type found[T any] struct {
	name  string
	worse int
	value T
}

// To begins a search for the names most like want, keep of them at most.
func To[T any](want string, keep int) *Search[T] {
	want = strings.ToLower(want)
	return &Search[T]{want: want, keep: keep, bound: min(3, max(1, utf8.RuneCountInString(want)/4))}
}

// Try looks at one name. If it is among the nearest so far, value is called for
// what is to be kept of it.
func (s *Search[T]) Try(name string, value func() T) {
	worse, ok := unlike(s.want, strings.ToLower(name), s.bound)
	if !ok {
		return
	}
	i, _ := slices.BinarySearchFunc(s.found, worse, func(f found[T], worse int) int {
		switch {
		case f.worse != worse:
			return f.worse - worse
		case s.InOrder && f.name > name:
			return 1
		}
		return -1
	})
	if i >= s.keep {
		return
	}
	s.found = slices.Insert(s.found, i, found[T]{name, worse, value()})
	s.found = s.found[:min(s.keep, len(s.found))]
}

// Found returns what was kept, that of the nearest name first.
func (s *Search[T]) Found() []T {
	values := make([]T, len(s.found))
	for i, f := range s.found {
		values[i] = f.value
	}
	return values
}

// unlike tells how much two names, in lower case, differ: nothing where they are
// the same, a little more than bound where one begins with the other (Contoso,
// Contoso GmbH), else the letters to change, bound at most.
func unlike(a, b string, bound int) (int, bool) {
	if a == b {
		return 0, true
	}
	if short, long := min(len(a), len(b)), max(len(a), len(b)); short >= 4 && long <= 4*short &&
		(strings.HasPrefix(a, b) || strings.HasPrefix(b, a)) {
		return bound + 1, true
	}
	if d := len(a) - len(b); d > 4*bound || -d > 4*bound {
		return 0, false // every rune has one to four bytes
	}
	d := Distance([]rune(a), []rune(b), bound)
	return d, d <= bound
}

// Distance is the number of letters to insert, delete, replace or swap with
// their neighbour to make b of a; more than bound counts as bound+1.
func Distance(a, b []rune, bound int) int {
	if d := len(a) - len(b); d > bound || -d > bound {
		return bound + 1
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		best := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best > bound {
			return bound + 1
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], bound+1)
}
