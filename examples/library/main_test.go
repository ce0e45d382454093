package main

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
)

func TestLibrary(t *testing.T) {
	platform, err := apstest.Start(apstest.Config{Tenants: 12})
	if err != nil {
		t.Fatal(err)
	}
	defer platform.Close()
	out := new(bytes.Buffer)
	run(t.Context(), out, platform.URL(), apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()}, t.TempDir())
	want := `the first order alone: 1 completed, 11 not-sent; 12 lines of results
once somebody has looked at it: 11 completed, 1 existing; 12 lines of results
again: 12 existing; 12 lines of results
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("output (-want +got):\n%s", diff)
	}
	if n := platform.OrderCount(); n != 12 || len(platform.Doubles()) > 0 {
		t.Errorf("the platform holds %d orders, doubled: %v", n, platform.Doubles())
	}
}
