package main

import (
	"slices"
	"strings"
	"testing"
)

func TestArrowsGoDown(t *testing.T) {
	for i, l := range plan {
		for _, to := range strings.Fields(l.may) {
			if to != "..." && plan.line(to) <= i {
				t.Errorf("%s may import %s, which is not drawn below it", l.room, to)
			}
		}
	}
	for _, room := range support {
		if plan.line(room) < 0 {
			t.Errorf("%s, for tests, is not drawn", room)
		}
	}
}

func TestAllows(t *testing.T) {
	house := drawing{
		{"cmd/*", "..."},
		{"stairs", "hall"},
		{"hall", "ground"},
		{"apsclient/apstest", "ground"},
		{"ground", ""},
	}
	for _, tc := range []struct {
		name, from, to string
		code, test     bool
	}{
		{"drawn", "stairs", "hall", true, true},
		{"below, not drawn", "stairs", "ground", false, true},
		{"up", "ground", "hall", false, false},
		{"itself", "hall", "hall", false, true},
		{"all that is below", "cmd/tool", "ground", true, true},
		{"nobody imports the roof", "hall", "cmd/tool", false, false},
		{"a stand-in", "hall", "apsclient/apstest", false, true},
		{"a stand-in from below", "ground", "apsclient/apstest", false, true},
		{"not in the picture", "cmd/tool", "attic", false, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := house.allows(tc.from, tc.to, false); got != tc.code {
				t.Errorf("%s → %s: %v, want %v", tc.from, tc.to, got, tc.code)
			}
			if got := house.allows(tc.from, tc.to, true); got != tc.test {
				t.Errorf("test of %s → %s: %v, want %v", tc.from, tc.to, got, tc.test)
			}
		})
	}
}

func TestLine(t *testing.T) {
	var got []int
	for _, room := range []string{"a/x", "a", "b", "b/x"} {
		got = append(got, drawing{{"a/*", ""}, {"b", ""}}.line(room))
	}
	if want := []int{0, -1, 1, -1}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
}
