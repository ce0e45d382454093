package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMissing(t *testing.T) {
	const all = "/cmd/tool/run.go\n/ground/cell_a.go\n"
	text := "`run.go` hands it to `ground/cell_a.go`, not to `cell_b.go`, `tool/cell_a.go` or `un.go`; a `cell_….go`"
	var got []string
	for _, b := range missing(text, all) {
		got = append(got, b.what)
	}
	want := []string{"there is no file cell_b.go", "there is no file tool/cell_a.go", "there is no file un.go"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}
