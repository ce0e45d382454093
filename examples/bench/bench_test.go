package main

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain lets this binary be the processes that the measuring starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "serve", "bare", "csv", "measure":
			main()
			return
		}
	}
	os.Exit(m.Run())
}

// program builds bulkimport.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bulkimport.exe")
	if out, err := exec.Command("go", "build", "-o", path, "bulkimport/cmd/bulkimport").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return path
}

// Everything is measured once, with few rows; what counts is that orders and
// results were found right.
func TestMeasuring(t *testing.T) {
	keep := t.TempDir()
	var out strings.Builder
	err := run(t.Context(), []string{"-tool", program(t), "-shrink", "500", "-rounds", "1", "-keep", keep, "-dir", t.TempDir(),
		"-only", "import|zero|validate|linear|small|books|memory|following|workers"}, nil, &out, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(keep, "results-*.md"))
	if len(files) != 1 {
		t.Fatalf("%d pages kept, want 1", len(files))
	}
	page, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"64 in flight", "encoding/csv", "bytes a row", "shared texts", "made to do harm", "as a workbook", "resume of", "status requests", "three workers", "not judged"} {
		if !strings.Contains(out.String(), want) || !strings.Contains(string(page), want) {
			t.Errorf("%q is missing in the table:\n%s\n%s", want, out.String(), page)
		}
	}
}

// An import that does not end well is no measurement.
func TestWrongIsLoud(t *testing.T) {
	var out strings.Builder
	err := run(t.Context(), []string{"-tool", program(t), "-shrink", "500", "-rounds", "1", "-dir", t.TempDir(),
		"-only", "following", "-fault", "pf=1"}, nil, &out, t.Output())
	if bad, ok := errors.AsType[*wrong](err); !ok || !strings.HasPrefix(bad.Error(), "WRONG") {
		t.Errorf("got error %v, want WRONG", err)
	}
}

// What is not right with orders or results is told, whatever it is.
func TestChecks(t *testing.T) {
	const (
		input   = "tenant,plan_id,sub_id\na,p1,s1\nb,p2,s2\n"
		results = "\ufefftenant,plan_id,sub_id,status,order_id,error\na,p1,s1,submitted,o1,\nb,p2,s2,submitted,o2,\n"
	)
	orders := []held{{"s1", "o1", "a1", "a1", "p1", "CP"}, {"s2", "o2", "a2", "a2", "p2", "LO"}}
	with := func(i int, change func(*held)) []held {
		list := append([]held(nil), orders...)
		change(&list[i])
		return list
	}
	for _, c := range []struct {
		name, results string
		orders        []held
		want          string // in the error; empty: none
	}{
		{"right", results, orders, ""},
		{"two orders", results, append(orders[:2:2], held{"s1", "o3", "a1", "a1", "p1", "CP"}), "two orders for one subscription"},
		{"order lost", results, orders[:1], "no order for a row"},
		{"order too many", results, append(orders[:2:2], held{"s3", "o3", "a1", "a1", "p1", "CP"}), "another number of orders"},
		{"other plan", results, with(0, func(o *held) { o.Plan = "p2" }), "another service plan"},
		{"other account", results, with(1, func(o *held) { o.Account = "a1" }), "another account"},
		{"failed", results, with(1, func(o *held) { o.Status = "PF" }), "ended badly"},
		{"result of another order", strings.Replace(results, "o2", "o1", 1), orders, "order_id"},
		{"status", strings.Replace(results, "submitted", "unknown", 1), orders, "status"},
		{"results swapped", "sub_id,status,order_id,error\ns2,submitted,o2,\ns1,submitted,o1,\n", orders, "out of place"},
		{"result missing", results[:strings.Index(results, "b,p2")], orders, "number of results"},
	} {
		t.Run(c.name, func(t *testing.T) {
			control := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for _, o := range c.orders {
					json.NewEncoder(w).Encode(o)
				}
			}))
			defer control.Close()
			dir := t.TempDir()
			s := &standin{hello: hello{Control: control.URL}, rows: 2, input: filepath.Join(dir, "input.csv")}
			path := filepath.Join(dir, "results.csv")
			if err := errors.Join(os.WriteFile(s.input, []byte(input), 0o600), os.WriteFile(path, []byte(c.results), 0o600)); err != nil {
				t.Fatal(err)
			}
			switch err := resultsRight(s, path, "submitted"); {
			case c.want == "" && err != nil:
				t.Errorf("found wrong: %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got error %v, want one with %q", err, c.want)
			}
		})
	}
}

// The duplicate that was put in has to be found, and nothing besides.
func TestValidationCheck(t *testing.T) {
	const (
		finding = `{"type":"finding","severity":"error","code":"E_DUPLICATE_SUB_ID","line":11}` + "\n"
		warning = `{"type":"finding","severity":"warning","code":"W_SEQUENTIAL_IDS","line":2}` + "\n"
	)
	for _, c := range []struct {
		name, out string
		errs      int
		ok        bool
	}{
		{"clean", `{"type":"summary","rows":10,"valid":10,"errors":0}`, 0, true},
		{"warning", warning + `{"type":"summary","rows":10,"valid":10,"errors":0}`, 0, true},
		{"found", finding + `{"type":"summary","rows":10,"valid":9,"errors":1}`, 1, true},
		{"not found", `{"type":"summary","rows":10,"valid":10,"errors":0}`, 1, false},
		{"rows lost", `{"type":"summary","rows":9,"valid":9,"errors":0}`, 0, false},
		{"wrong place", strings.Replace(finding, "11", "10", 1) + `{"type":"summary","rows":10,"valid":9,"errors":1}`, 1, false},
		{"nothing said", "", 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := validationRight(c.out, 10, c.errs); (err == nil) != c.ok {
				t.Errorf("got error %v, want none: %v", err, c.ok)
			}
		})
	}
}

// A stand-in ends with the process that started it.
func TestStandinEnds(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{self: self, scratch: t.TempDir(), words: t.Output()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s, err := b.start(ctx, world{tenants: 5, signed: true})
	if err != nil {
		t.Fatal(err)
	}
	if n, err := s.seen(); err != nil || n.Stored != 0 {
		t.Errorf("it holds %d orders, error %v", n.Stored, err)
	}
	if err := s.stop(); err != nil {
		t.Error(err)
	}
}
