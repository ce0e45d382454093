package planname_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/planname"
)

// TestIndex finds plans by exact names only, and says which come near.
func TestIndex(t *testing.T) {
	x := planname.New([]csvimport.Plan{
		{APSID: "A", Name: "Azure Standard"}, {APSID: "b", Name: "Azure Premium "}, {APSID: "c", Name: "Twin"}, {APSID: "d", Name: "TWIN"}, {APSID: "e"},
	})
	ids := func(plans []csvimport.Plan) (all string) {
		for _, p := range plans {
			all += p.APSID
		}
		return all
	}
	for name, want := range map[string][2]string{
		"Azure Standard": {"A", "A"}, " azure\u00a0PREMIUM": {"b", "b"}, "Twin": {"cd", "cd"}, "Azure Standart": {"", "A"}, "Gold": {"", ""}, " ": {"", ""}, "Azure": {"", "Ab"},
	} {
		if diff := cmp.Diff(want, [2]string{ids(x.Named(name)), ids(x.Near(name))}); diff != "" {
			t.Errorf("%q: named, near (-want +got):\n%s", name, diff)
		}
	}
	if called, is := x.Is("a", "Azure Premium"); is || called != "Azure Standard" {
		t.Errorf("plan a: %q, %t", called, is)
	}
	if _, is := x.Is("z", "Gold"); !is {
		t.Error("something is said of a plan that is not known")
	}
}
