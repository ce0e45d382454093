package main

import (
	"net/http"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/upload"
)

// TestServeUndo takes changes back, and imports nothing that was agreed to before.
func TestServeUndo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 4, Provisioning: 10 * time.Millisecond})
	d.serve()
	f := d.handIn("accounts.csv", d.table("/api/template?form=csv"))
	path := "/api/files/" + f.ID
	f = post[fileAnswer](d.browser, path+"/edits", map[string]any{"fault": f.Faults[0].Key, "value": d.platform.Plans()[0].ID})
	f = post[fileAnswer](d.browser, path+"/edits", map[string]any{"edits": []map[string]any{{"row": 2, "column": "email", "value": "x"}, {"row": 3, "column": "email", "value": "x", "more": true}}})
	if f.Invalid != 2 || f.Edits != 6 || f.Undo != 2 {
		t.Fatalf("before: %+v", f)
	}
	if said := d.refused(http.StatusConflict, http.MethodPost, path+"/undo", `{"version":1}`); !strings.Contains(said.What, "meanwhile") {
		t.Errorf("by who has not seen the last change: %+v", said)
	}
	f = post[fileAnswer](d.browser, path+"/undo", map[string]int{"version": f.Version})
	if f.Valid != 4 || f.Edits != 4 || f.Undo != 1 {
		t.Errorf("two cells taken back: %+v", f)
	}
	will := get[previewAnswer](d.browser, path+"/preview")
	f = post[fileAnswer](d.browser, path+"/undo", map[string]int{"version": f.Version})
	if f.Invalid != 4 || f.Edits != 0 || f.Undo != 0 || len(f.Faults) != 1 {
		t.Errorf("what was applied to all, taken back: %+v", f)
	}
	d.refused(http.StatusConflict, http.MethodPost, path+"/import", `{"typed":"`+will.Ask+`"}`)
	d.refused(http.StatusConflict, http.MethodPost, path+"/undo", `{"version":`+number(f.Version)+`}`)
}

// TestServeAgreed imports what its own person was shown, and as it was read then.
func TestServeAgreed(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	olga, victor := c.member("import"), c.member("look")
	f := olga.handIn("accounts.csv", olga.table("/api/template?form=csv&plan="+c.platform.Plans()[0].ID))
	path := "/api/files/" + f.ID
	typed := `{"typed":"` + get[previewAnswer](victor, path+"/preview?resend_doubts=1").Ask + `"}`
	olga.refused(http.StatusConflict, http.MethodPost, path+"/import", typed)
	get[previewAnswer](olga, path+"/preview")
	post[fileAnswer](olga, path+"/reading", upload.Reading{Hidden: "skip"})
	olga.refused(http.StatusConflict, http.MethodPost, path+"/import", typed)
	if n := c.platform.OrderCount(); n != 0 {
		t.Errorf("%d orders", n)
	}
}

// TestServeDelete deletes a file for who handed it in and for who administers, and none
// that an import still needs.
func TestServeDelete(t *testing.T) {
	t.Parallel()
	c := crewOf(newDesk(t, apstest.Config{Tenants: 2, Provisioning: 2 * time.Second}))
	c.user(crewPassword, "other", "--role", "import")
	c.opens()
	owner, boss := c.member("import"), c.member("administer")
	rows := owner.table("/api/template?form=csv&plan=" + c.platform.Plans()[0].ID)
	f, second := owner.handIn("accounts.csv", rows), owner.handIn("again.csv", rows)
	path := "/api/files/" + f.ID
	for name, b := range map[string]*browser{"who looks": c.member("look"), "another person": c.member("other")} {
		if got := b.status(http.MethodDelete, path); got != http.StatusForbidden {
			t.Errorf("%s: %d", name, got)
		}
		for _, one := range get[[]fileListed](b, "/api/files") {
			if one.Mine {
				t.Errorf("%s is offered to delete %s", name, one.Name)
			}
		}
	}
	id := owner.begins(f.ID, nil)
	if said := owner.refused(http.StatusConflict, http.MethodDelete, path, ""); !strings.Contains(said.What, "not at its end") {
		t.Errorf("while an import goes on: %+v", said)
	}
	post[importAnswer](owner, "/api/imports/"+id+"/stop", nil)
	owner.watch(id)
	for path, b := range map[string]*browser{path: owner, "/api/files/" + second.ID: boss} {
		if got := b.status(http.MethodDelete, path); got != http.StatusNoContent {
			t.Errorf("%s: %d", path, got)
		}
		if got := b.status(http.MethodGet, path); got != http.StatusNotFound {
			t.Errorf("%s is still there: %d", path, got)
		}
	}
	if said := owner.refused(http.StatusConflict, http.MethodPost, "/api/imports/"+id+"/go-on", ""); !strings.Contains(said.What, "was deleted") {
		t.Errorf("goes on: %+v", said)
	}
	if history := get[[]importShort](boss, "/api/imports"); len(history) != 1 || history[0].From != "import" {
		t.Errorf("history: %+v", history)
	}
	if acts := c.acts(); strings.Count(strings.Join(acts, ","), "delete") != 2 {
		t.Errorf("journal: %v", acts)
	}
}

// TestServeFull takes no further file once there are as many, or as large ones, as are
// kept; where one is deleted there is room again.
func TestServeFull(t *testing.T) {
	t.Parallel()
	for name, kept := range map[string]struct {
		files int
		size  int64
		want  string
	}{
		"bytes":  {2, 8 << 30, "16 GiB"},
		"number": {1000, 1, "1,000 files"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, apstest.Config{Tenants: 2})
			who, err := user.Current()
			if err != nil {
				t.Fatal(err)
			}
			home, err := upload.OpenFolder(filepath.Join(d.folder, "state", "bulkimport", "ledger.serve", "files"))
			if err != nil {
				t.Fatal(err)
			}
			f := upload.File{Name: "old.csv", Size: kept.size, Who: who.Username, Uploaded: time.Now()}
			for range kept.files {
				f.ID = upload.NewID()
				if err := upload.Put(home, f.ID, f); err != nil {
					t.Fatal(err)
				}
			}
			d.serve()
			table := d.table("/api/template?form=csv")
			said := d.refused(http.StatusConflict, http.MethodPost, "/api/files?name=new.csv", string(table))
			if !strings.Contains(said.What, kept.want) || !strings.Contains(said.Hint, "delete") {
				t.Errorf("%+v, want %q", said, kept.want)
			}
			if status, text, _ := d.ask(http.MethodDelete, "/api/files/"+f.ID, nil); status != http.StatusNoContent {
				t.Fatalf("delete: %d %s", status, text)
			}
			if f := d.handIn("new.csv", table); f.Rows != 2 {
				t.Errorf("%+v", f)
			}
		})
	}
}
