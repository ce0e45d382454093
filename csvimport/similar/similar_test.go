package similar_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/similar"
)

func TestSearch(t *testing.T) {
	for _, tt := range []struct {
		name    string
		want    string
		keep    int
		inOrder bool
		names   string // tried one after the other
		found   string // the nearest first
	}{
		{"none tried", "contoso", 3, false, "", ""},
		{"none near", "contoso", 3, false, "fabrikam, northwind", ""},
		{"the same but for case", "Contoso", 3, false, "Fabrikam, CONTOSO", "CONTOSO"},
		{"case is no difference", "CONTOSO", 3, false, "contosa, contoso", "contoso, contosa"},
		{"a letter", "contoso", 3, false, "contosa, contosu", "contosa, contosu"},
		{"two letters of seven are too many", "contoso", 3, false, "contaba", ""},
		{"two letters of eight are not", "fabrikam", 3, false, "fabrikon", "fabrikon"},
		{"three letters of twelve", "northwind ag", 3, false, "northwand kg, northwand kgs", "northwand kg, northwand kgs"},
		{"never more than three letters", "wide world importers", 3, false, "wide world impartons, wide world impabtans", "wide world impartons"},
		{"a short name", "ab", 3, false, "ab, ac, xy", "ab, ac"},
		{"swapped letters are one difference", "fabrikam", 1, false, "fabrikon, fabirkam", "fabirkam"},
		{"a longer name begins with it", "contoso", 3, false, "contoso gmbh, contosa", "contosa, contoso gmbh"},
		{"it begins with a shorter name", "contoso gmbh", 3, false, "contoso", "contoso"},
		{"three letters are no beginning", "con", 3, false, "contoso", ""},
		{"four are, up to four times as long", "cont", 3, false, "cont567890123456, cont5678901234567", "cont567890123456"},
		{"no more than are kept", "contoso", 2, false, "contosa, contosb, contosc, contoso", "contoso, contosa"},
		{"as they were tried", "contoso", 2, false, "contosz, contosb, contosa", "contosz, contosb"},
		{"in order", "contoso", 2, true, "contosz, contosb, contosa", "contosa, contosb"},
		{"the nearest before the first in order", "contoso", 2, true, "contosa, contosb, contoso", "contoso, contosa"},
		{"letters of several bytes", "Łódź", 2, false, "Łódz, Lodz", "Łódz"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			search := similar.To[string](tt.want, tt.keep)
			search.InOrder = tt.inOrder
			for name := range strings.SplitSeq(tt.names, ", ") {
				search.Try(name, func() string { return name })
			}
			if diff := cmp.Diff(tt.found, strings.Join(search.Found(), ", ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestOnlyTheNearestAreAskedFor shows that what is kept of a name is made only
// for those among the nearest.
func TestOnlyTheNearestAreAskedFor(t *testing.T) {
	search, asked := similar.To[int]("contoso", 1), 0
	for i, name := range []string{"fabrikam", "contosa", "contosb", "contoso", "contosa"} {
		search.Try(name, func() int { asked++; return i })
	}
	if diff := cmp.Diff([]int{3}, search.Found()); diff != "" || asked != 2 {
		t.Errorf("asked %d times, want 2; found (-want +got):\n%s", asked, diff)
	}
}

func TestDistance(t *testing.T) {
	for _, tt := range []struct {
		a, b        string
		bound, want int
	}{
		{"", "", 3, 0},
		{"abc", "abc", 3, 0},
		{"abc", "abc", 0, 0},
		{"", "abc", 3, 3},
		{"abc", "", 3, 3},
		{"abc", "ab", 3, 1},   // deleted
		{"abc", "abxc", 3, 1}, // inserted
		{"abc", "axc", 3, 1},  // replaced
		{"abc", "acb", 3, 1},  // swapped
		{"abcd", "badc", 3, 2},
		{"ca", "abc", 3, 3}, // what was swapped is not changed again
		{"abc", "xyz", 3, 3},
		{"abc", "xyz", 2, 3}, // more than bound
		{"abcdef", "ab", 3, 4},
		{"kitten", "sitting", 5, 3},
		{"äöü", "aöü", 3, 1},
	} {
		t.Run(fmt.Sprintf("%s %s %d", tt.a, tt.b, tt.bound), func(t *testing.T) {
			if got := similar.Distance([]rune(tt.a), []rune(tt.b), tt.bound); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
			if got := similar.Distance([]rune(tt.b), []rune(tt.a), tt.bound); got != tt.want {
				t.Errorf("the other way got %d, want %d", got, tt.want)
			}
		})
	}
}

// FuzzDistance compares Distance with the definition, in which nothing is saved.
func FuzzDistance(f *testing.F) {
	f.Add("contoso", "contosa", 2)
	f.Add("fabrikam", "fabirkam", 1)
	f.Add("", "abc", 3)
	f.Fuzz(func(t *testing.T, a, b string, bound int) {
		if len(a) > 24 || len(b) > 24 || bound < 0 || bound > 30 || !utf8.ValidString(a) || !utf8.ValidString(b) {
			t.Skip("longer than the definition is quick for, or no text")
		}
		want := min(defined([]rune(a), []rune(b)), bound+1)
		if got := similar.Distance([]rune(a), []rune(b), bound); got != want {
			t.Errorf("%q and %q, bound %d: got %d, want %d", a, b, bound, got, want)
		}
	})
}

// defined is the number of letters to insert, delete, replace or swap with their
// neighbour to make b of a.
func defined(a, b []rune) int {
	d := make([][]int, len(a)+1)
	for i := range d {
		d[i] = make([]int, len(b)+1)
		for j := range d[i] {
			switch {
			case i == 0 || j == 0:
				d[i][j] = i + j
				continue
			case a[i-1] == b[j-1]:
				d[i][j] = d[i-1][j-1]
			default:
				d[i][j] = d[i-1][j-1] + 1
			}
			d[i][j] = min(d[i][j], d[i-1][j]+1, d[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				d[i][j] = min(d[i][j], d[i-2][j-2]+1)
			}
		}
	}
	return d[len(a)][len(b)]
}
