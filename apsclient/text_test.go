package apsclient_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
)

// TestControlCharacters shows that names lose them where they come in, and that ids
// which have some are none.
func TestControlCharacters(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.Contains(r.URL.RawQuery+r.URL.Path, "account") {
			fmt.Fprint(w, `[{"aps":{"id":"a-1\u0000"},"id":"100\u00001","companyName":"Con\u0000to\u009bso\nLtd — Ä","adminContact":{"email":"a@b.c\u001b[2J"}}]`)
			return
		}
		fmt.Fprint(w, `[{"aps":{"id":"p-1"},"id":"7","name":"Azure\u0000 NCE\u007f"}]`)
	})
	plans, err := collect(c.Plans(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]apsclient.Plan{{APSID: "p-1", ID: "7", Name: "Azure NCE"}}, plans); diff != "" {
		t.Errorf("plans (-want +got):\n%s", diff)
	}
	accounts, err := collect(c.Accounts(t.Context()))
	if err != nil {
		t.Fatal(err)
	}
	if len(accounts) != 1 {
		t.Fatalf("%d accounts", len(accounts))
	}
	got := accounts[0]
	if want := (apsclient.Account{Company: "Contoso\nLtd — Ä", Email: got.Email}); got != want {
		t.Errorf("account %+v, want %+v", got, want)
	}
	if strings.ContainsRune(got.Email, 0x1b) {
		t.Errorf("e-mail %q", got.Email)
	}
}
