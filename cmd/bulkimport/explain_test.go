package main

import (
	"crypto/x509"
	"errors"
	"testing"

	"bulkimport/apsclient"
)

// The client does not know our flags; where one helps it is named here.
func TestCertificateHints(t *testing.T) {
	for _, test := range []struct {
		name string
		err  error
		want string
	}{
		{"unknown authority", x509.UnknownAuthorityError{}, "give the authority's certificate in a CA file, in PEM form (--ca-file FILE)"},
		{"another host", x509.HostnameError{Certificate: new(x509.Certificate)}, "use the address that the certificate names"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, hint := new(env).explain(&apsclient.Error{Kind: apsclient.NotSent, Op: "greet the platform", Err: test.err})
			if hint != test.want {
				t.Errorf("hint %q, want %q", hint, test.want)
			}
		})
	}
}

// TestAfterwards shows that an exit status which says that nothing was sent is not
// left with when orders have been placed.
func TestAfterwards(t *testing.T) {
	for _, status := range []int{statusRefused, statusUsage} {
		if got := statusOf(afterwards(&ending{status: status, err: errors.New("r.csv: this is not a results file")})); got != statusFault {
			t.Errorf("%d became %d, want %d", status, got, statusFault)
		}
	}
	if got := statusOf(afterwards(ended(statusDoubt))); got != statusDoubt {
		t.Errorf("status %d, want %d", got, statusDoubt)
	}
}
