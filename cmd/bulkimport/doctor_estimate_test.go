package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/apsclient/apstest"
)

// A platform that gives no estimates: validate, import and doctor agree that
// only the charge is not readable. One that refuses with a reason is believed.
func TestNoEstimates(t *testing.T) {
	for _, test := range []struct {
		name    string
		status  int
		body    string
		doctor  string
		refuses bool
	}{
		{"not found", 404, `{"error":"x","message":"no estimate"}`, "this platform gives no estimates", false},
		{"not found, a page", 404, `<html>404 Not Found</html>`, "this platform gives no estimates", false},
		{"no such method", 405, ``, "this platform gives no estimates", false},
		{"not made", 501, ``, "this platform gives no estimates", false},
		{"refused without a word", 400, `{"code":400,"type":"BadRequest","message":"Bad Request"}`, "this platform gives no estimates", false},
		{"refused with a reason", 422, `{"code":422,"message":"the plan is not sold in this country"}`, "the estimate was refused: the plan is not sold", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			inner := apstest.NewServer(t, apstest.WithTenants(3, 1))
			platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/orders/estimate") {
					w.WriteHeader(test.status)
					io.WriteString(w, test.body)
					return
				}
				inner.ServeHTTP(w, r)
			}))
			defer platform.Close()
			folder := t.TempDir()
			file := filepath.Join(folder, "accounts.csv")
			call := func(want int, args ...string) string {
				t.Helper()
				var out bytes.Buffer
				variables := map[string]string{
					"BULKIMPORT_URL": platform.URL, "BULKIMPORT_CONSUMER_KEY": inner.Key(), "BULKIMPORT_CONSUMER_SECRET": inner.Secret(),
					"BULKIMPORT_LEDGER": filepath.Join(folder, "ledger.db"), "HOME": folder, "XDG_CONFIG_HOME": folder,
				}
				e := &env{in: strings.NewReader(""), out: &out, err: &out, exit: os.Exit, veil: new(veil),
					lookup: func(name string) (string, bool) { v, ok := variables[name]; return v, ok }}
				if got := run(t.Context(), args, e); got != want {
					t.Errorf("%s: exit status %d, want %d:\n%s", args[0], got, want, &out)
				}
				return out.String()
			}
			call(0, "download", "-o", file, "--plan", inner.Plans()[0].ID)
			call(0, "validate", file)
			if said := call(0, "doctor"); !strings.Contains(said, test.doctor) || !strings.Contains(said, "warning  placing orders") {
				t.Errorf("doctor does not say %q:\n%s", test.doctor, said)
			}
			results := filepath.Join(folder, "results.csv")
			if test.refuses {
				if said := call(4, "import", file, "--results", results, "--yes"); !strings.Contains(said, "column B plan_id") || !strings.Contains(said, "E_PLAN_REFUSED") {
					t.Errorf("import does not say where:\n%s", said)
				}
				return
			}
			if said := call(0, "import", file, "--dry-run"); strings.Contains(said, "E_PLAN_REFUSED") {
				t.Errorf("a rehearsal refuses:\n%s", said)
			}
			if said := call(0, "import", file, "--results", results, "--yes"); !strings.Contains(said, "charge not readable") {
				t.Errorf("import does not say that the charge is not readable:\n%s", said)
			}
			if n := inner.OrderCount(); n != 3 {
				t.Errorf("%d orders, want 3", n)
			}
		})
	}
}
