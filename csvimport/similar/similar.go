// Package similar finds the names most like the one that was not found.
package similar

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// Names keeps the names most like the one that was not found.
type Names struct {
	want    string // folded
	bound   int    // differences at most
	keep    int    // names at most
	InOrder bool   // of names as near as each other the first in order is kept, not the first tried
	Found   []Name
}

type Name struct {
	Name  string
	At    int
	worse int
}

func To(want string, keep int) *Names {
	want = strings.ToLower(want)
	return &Names{want: want, keep: keep, bound: min(3, max(1, utf8.RuneCountInString(want)/4))}
}

// Try looks at one name and reports whether it is among the nearest so far. at
// is kept with it.
func (n *Names) Try(name string, at int) bool {
	worse, ok := unlike(n.want, strings.ToLower(name), n.bound)
	if !ok {
		return false
	}
	it := Name{name, at, worse}
	i, _ := slices.BinarySearchFunc(n.Found, it, func(a, b Name) int {
		switch {
		case a.worse != b.worse:
			return a.worse - b.worse
		case n.InOrder && a.Name > b.Name:
			return 1
		}
		return -1
	})
	n.Found = slices.Insert(n.Found, i, it)
	n.Found = n.Found[:min(n.keep, len(n.Found))]
	return i < n.keep
}

// unlike tells how much two names differ: nothing where only case or spaces
// do, a little where one begins with the other (Contoso, Contoso GmbH), else
// by the letters to change, at most bound.
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
	return last[len(b)]
}
