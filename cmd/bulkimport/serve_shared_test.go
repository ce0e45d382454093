//go:build unix

package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
)

// another is a server on another machine of the desk's team.
func (d *desk) another() *desk {
	d.t.Helper()
	other := d.elsewhere()
	other.serve()
	return other
}

// busy reports whether an import goes on in this server.
func (d *desk) busy() bool {
	d.t.Helper()
	_, text, _ := d.ask(http.MethodGet, "/metrics", nil)
	return strings.Contains(string(text), "bulkimport_imports_running 1\n")
}

// TestServeShared has two servers of a team show the same files, changes and imports;
// either stops an import that goes on in the other, and has its results.
func TestServeShared(t *testing.T) {
	t.Parallel()
	const rows = 80
	d := newDesk(t, apstest.Config{Tenants: rows, Latency: 200 * time.Millisecond})
	databases.Need(t)
	d.variables["BULKIMPORT_LEDGER"] = databases.Fresh(t)
	d.serve()
	other := d.another()
	f := d.handIn("a.csv", d.planned(func(row int, cells []string) {
		if row == 7 {
			cells[1] = ""
		}
	}))
	if seen := other.file(f.ID); seen.Rows != rows || seen.Invalid != 1 {
		t.Fatalf("the other server shows %+v", seen)
	}
	post[fileAnswer](other.browser, "/api/files/"+f.ID+"/edits", map[string]any{"fault": f.Faults[0].Key, "value": d.platform.Plans()[0].ID})
	if seen := d.file(f.ID); seen.Invalid != 0 || seen.Edits != 1 {
		t.Fatalf("after the change this one shows %+v", seen)
	}
	id := d.begins(f.ID, nil)
	d.awaits(id, 2)
	other.awaits(id, 2)
	away := other
	if other.busy() {
		away = d
	}
	if away.busy() {
		t.Fatal("both work at it")
	}
	if now := post[importAnswer](away.browser, "/api/imports/"+id+"/stop", nil); now.State != importStopping {
		t.Errorf("asked to stop it is %s", now.State)
	}
	if end := away.watch(id); end.State != importStopped {
		t.Errorf("it ended %s: %+v", end.State, end.Outcome)
	}
	if n := d.platform.OrderCount(); n == 0 || n == rows {
		t.Errorf("%d orders when it was stopped", n)
	}
	again := post[map[string]string](away.browser, "/api/imports/"+id+"/go-on", map[string]any{})["import"]
	for _, one := range []*desk{d, other} {
		if end := one.watch(again); end.State != importEnded || end.Outcome.Counts["completed"]+end.Outcome.Counts["existing"] != rows {
			t.Errorf("it ended %s: %+v", end.State, end.Outcome)
		}
		one.true(again, rows)
		if all := get[[]importShort](one.browser, "/api/imports"); len(all) != 2 {
			t.Errorf("the history has %d imports", len(all))
		}
	}
	if doubles := d.platform.Doubles(); len(doubles) > 0 {
		t.Errorf("doubles %v", doubles)
	}
}

// TestServeSharedAgreed has what a person was shown by one server of a team agreed to at
// another, the last of it, once.
func TestServeSharedAgreed(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 2})
	databases.Need(t)
	d.variables["BULKIMPORT_LEDGER"] = databases.Fresh(t)
	d.serve()
	other := d.another()
	f := d.handIn("a.csv", d.planned(func(row int, cells []string) {
		if row == 3 {
			cells[1] = ""
		}
	}))
	path := "/api/files/" + f.ID
	if will := get[previewAnswer](other.browser, path+"/preview?skip_invalid=1"); will.Ask != "1" {
		t.Fatalf("%+v", will)
	}
	post[fileAnswer](other.browser, path+"/edits", map[string]any{"fault": f.Faults[0].Key, "value": d.platform.Plans()[0].ID})
	if will := get[previewAnswer](d.browser, path+"/preview"); will.Ask != "2" {
		t.Fatalf("%+v", will)
	}
	for _, step := range []struct {
		name  string
		at    *desk
		typed string
		want  string // empty: it begins
	}{
		{"what is out of date", other, "1", "this is not the number of orders"},
		{"the last", other, "2", ""},
		{"once more", d, "2", "the file has changed since the preview"},
		{"once more where it began", other, "2", "the file has changed since the preview"},
	} {
		body := `{"typed":"` + step.typed + `"}`
		if step.want != "" {
			if said := step.at.refused(http.StatusConflict, http.MethodPost, path+"/import", body); !strings.Contains(said.What, step.want) {
				t.Errorf("%s: %+v, want %q", step.name, said, step.want)
			}
			continue
		}
		status, text, _ := step.at.ask(http.MethodPost, path+"/import", strings.NewReader(body))
		begun := read[map[string]string](step.at.browser, path, status, text)
		if end := step.at.watch(begun["import"]); end.State != importEnded {
			t.Errorf("%s: it ended %s", step.name, end.State)
		}
	}
	if n := d.platform.OrderCount(); n != 2 {
		t.Errorf("%d orders, want 2", n)
	}
}

// TestServeSharedDeleted has a file deleted at one server of a team while an import of it
// begins at the other: one of the two is told no.
func TestServeSharedDeleted(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 40, Latency: 2 * time.Second})
	databases.Need(t)
	d.variables["BULKIMPORT_LEDGER"] = databases.Fresh(t)
	d.serve()
	other := d.another()
	table := d.planned(nil)
	for range 2 { // both servers are at work from now on, so that what follows only waits
		d.begins(d.handIn("busy.csv", table).ID, nil)
	}
	for i := range 12 {
		f := d.handIn("a.csv", table)
		path := "/api/files/" + f.ID
		will := get[previewAnswer](other.browser, path+"/preview")
		deleted := make(chan int, 1)
		go func() {
			time.Sleep(time.Duration(i) * 2 * time.Millisecond)
			deleted <- d.status(http.MethodDelete, path)
		}()
		begun, text, _ := other.ask(http.MethodPost, path+"/import", strings.NewReader(`{"typed":"`+will.Ask+`"}`))
		got := [2]int{begun, <-deleted}
		if there := other.status(http.MethodGet, path); got != [2]int{http.StatusCreated, http.StatusConflict} || there != http.StatusOK {
			if there != http.StatusNotFound || got[0]/100 != 4 || got[1] != http.StatusNoContent {
				t.Errorf("round %d: importing is answered %d %s, deleting %d, and the file %d", i, begun, text, got[1], there)
			}
		}
	}
}
