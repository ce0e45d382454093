package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drawn makes a graph of "a>b" edges, each by the names after a colon.
func drawn(edges string) graph {
	g := graph{}
	for e := range strings.FieldsSeq(edges) {
		e, names, _ := strings.Cut(e, ":")
		from, to, _ := strings.Cut(e, ">")
		g[edge{from, to}] = map[string]bool{}
		for name := range strings.SplitSeq(names, ",") {
			g[edge{from, to}][name] = true
		}
	}
	return g
}

func TestCircles(t *testing.T) {
	for _, tc := range []struct {
		name, edges string
		want        [][]string
	}{
		{"nothing", "", nil},
		{"a line", "a>b b>c a>c", nil},
		{"two", "a>b b>a", [][]string{{"a", "b"}}},
		{"what leads in and out is not in it", "in>b b>a a>b a>out", [][]string{{"a", "b"}}},
		{"two circles with a way from one to the other", "a>b b>a b>c c>d d>c", [][]string{{"a", "b"}, {"c", "d"}}},
		{"two circles with a file in common are one", "a>b b>a b>c c>b", [][]string{{"a", "b", "c"}}},
		{"the long way round", "a>b b>c c>d d>a", [][]string{{"a", "b", "c", "d"}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, circles(drawn(tc.edges))); diff != "" {
				t.Errorf("circles (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWithin(t *testing.T) {
	g := drawn("a>b:x,y,z b>c:v b>a:w,u c>a:q")
	want := []string{"b → a: u and 1 more", "a → b: x and 2 more"}
	if diff := cmp.Diff(want, g.within([]string{"a", "b"})); diff != "" {
		t.Errorf("edges (-want +got):\n%s", diff)
	}
}
