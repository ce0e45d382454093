package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLibrary(t *testing.T) {
	out := new(bytes.Buffer)
	if err := run(t.Context(), out); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := `first run: 12 rows, 12 completed, 0 existing, 12 lines of results
same again: 12 rows, 0 completed, 12 existing, 12 lines of results
the platform holds 12 orders, 0 subscriptions have two
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
}
