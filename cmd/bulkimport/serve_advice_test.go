package main

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/session"
)

// terminalWords is a command or a flag, with which nobody can do anything on the page.
var terminalWords = regexp.MustCompile(`bulkimport (help|doctor|reconcile|audit|validate|status)|run (doctor|reconcile)|--[a-z]`)

func TestPageAdvised(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name       string
		next       csvimport.Action
		hint, want string
	}{
		{"none", 0, "look", "look"},
		{"accounts of other rows", csvimport.AllowContradiction, "was one column sorted?", "was one column sorted? (if each is meant: say so in “Look before”)"},
		{"import again", csvimport.LookAgain, "import the file again: what is done stays done", "go on with the import: what is done stays done"},
		{"audit again", csvimport.LookAgain, "audit again", "go on with the import, then audit again"},
		{"a heading", csvimport.MapColumn, "put it back", "put it back; or call the heading email in the file"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			f := csvimport.NewFinding(csvimport.EEmpty, csvimport.Place{}, "", "", "").Then(test.next)
			f.Hint, f.Column = test.hint, "email"
			if diff := cmp.Diff(test.want, pageAdvised([]csvimport.Finding{f})[0].Hint); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestPageNext names all that is due, not the first alone.
func TestPageNext(t *testing.T) {
	t.Parallel()
	const (
		doubts = "go on from the time that is told: the rows that are unknown are looked for again. Do not order them by hand"
		mend   = "mend the rows to mend, here or in a file that you download and give back"
		audit  = "audit: has every row what it asked for?"
	)
	tests := []struct {
		name string
		end  engine.Outcome
		want []string
	}{
		{"all done before", engine.Outcome{Count: map[csvimport.Status]int{csvimport.Existing: 3}}, []string{}},
		{"all done", engine.Outcome{Count: map[csvimport.Status]int{csvimport.Completed: 3}}, []string{audit}},
		{"doubts, rows to mend and done", engine.Outcome{Count: map[csvimport.Status]int{csvimport.Completed: 3, csvimport.Unknown: 1, csvimport.Invalid: 2}}, []string{doubts, mend, audit}},
		{"differs", engine.Outcome{Count: map[csvimport.Status]int{csvimport.Differs: 1}}, []string{mend}},
		{"stopped", engine.Outcome{Interrupted: true, Count: map[csvimport.Status]int{csvimport.Unsent: 3, csvimport.Refused: 1}}, []string{goOnNext, mend}},
		{"the first day", engine.Outcome{FirstOnly: true, Count: map[csvimport.Status]int{csvimport.Completed: 1}}, []string{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, pageNext(&conclusion{Ending: &session.Ending{Outcome: &test.end}})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDue(t *testing.T) {
	t.Parallel()
	o := newOutcome("good")
	o.due("")
	o.Next = append(o.Next, goOnNext, "audit")
	o.due("look for it in Billing")
	if diff := cmp.Diff([]string{"look for it in Billing", "audit"}, o.Next); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestServeLights has the lights of the first step say what can be done on the page, for
// platforms on which doctor has something to say.
func TestServeLights(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, fault, imported string }{
		{"no order yet", "", ""}, {"orders that failed", "", "pf"}, {"no right", "forbidden", ""}, {"out of order", "503", ""},
		{"busy", "busy", ""}, {"no reference", "", "no-reference"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, apstest.Config{Tenants: 3, Provisioning: time.Millisecond})
			d.serve()
			if test.imported != "" {
				d.platform.SetFault(test.imported, 1)
				d.imports(d.handIn("a.csv", d.planned(nil)).ID, nil)
			}
			if test.fault != "" {
				d.platform.SetFault(test.fault, 1)
			}
			a := get[whereAnswer](d.browser, "/api/where?fresh=1")
			for a.Looking {
				a = get[whereAnswer](d.browser, "/api/where")
			}
			for _, l := range a.Lights {
				if words := terminalWords.FindString(l.Hint); words != "" {
					t.Errorf("%s names %q: %s", l.Name, words, l.Hint)
				}
			}
		})
	}
}

// TestServeLooksAgain has what the lights say agree with what is ready, once an import
// has changed both, and the report of the import lead to no terminal.
func TestServeLooksAgain(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 3, Provisioning: time.Millisecond, Faults: map[string]float64{"pf": 1}})
	d.serve()
	var a whereAnswer
	orders := func() (what string) {
		for a.Looked = nil; a.Looked == nil || a.Looking; {
			a = get[whereAnswer](d.browser, "/api/where")
		}
		for _, l := range a.Lights {
			if l.Name == "our orders" {
				what = l.What
			}
		}
		return what
	}
	if what := orders(); !strings.HasPrefix(what, "none yet") {
		t.Errorf("before: %q", what)
	}
	end := d.imports(d.handIn("a.csv", d.planned(nil)).ID, nil)
	if what := orders(); !strings.HasPrefix(what, "3 orders ended badly") {
		t.Errorf("after: %q", what)
	}
	report := string(d.table("/api/imports/" + end.ID + "/report"))
	if strings.Contains(report, "bulkimport reconcile") || !strings.Contains(report, "Mend the cause, resubmit the order in Billing, then go on.") {
		t.Error("the report leads to a terminal, and not back to the page")
	}
}

// TestServeWorkbookHowTo has the page's workbook say that it goes back to the page.
func TestServeWorkbookHowTo(t *testing.T) {
	t.Parallel()
	d := newDesk(t, apstest.Config{Tenants: 2})
	d.serve()
	status, book, _ := d.ask(http.MethodGet, "/api/template?form=xlsx", nil)
	if status != http.StatusOK {
		t.Fatal(status)
	}
	words := string(unzipped(t, book))
	if strings.Contains(words, "bulkimport validate") || !strings.Contains(words, "give it back on the page (step 3)") {
		t.Error("the workbook leads to a terminal, and not back to the page")
	}
}
