package main

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"bulkimport/csvimport/rows"

	"github.com/google/go-cmp/cmp"
)

// TestTeamJournal shows an administrator who did what, a part at a time and as a table,
// and finds it by person, file and time.
func TestTeamJournal(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	began := time.Now().Add(-time.Second)
	boss, kim := c.member("administer"), c.member("import")
	kim.handIn("=1+1.csv", []byte("tenant,plan_id,sub_id,company_name,email,account_id\n"))
	kim.handIn("other.csv", []byte("tenant,plan_id,sub_id,company_name,email,account_id\n"))

	told := func(query string) (lines []string) {
		t.Helper()
		for _, a := range get[journalAnswer](boss, "/api/journal?"+query).Acts {
			lines = append(lines, strings.Join([]string{a.Who, a.Act, a.Name, a.More}, "|"))
		}
		return lines
	}
	all := []string{"import|upload|other.csv|", "import|upload|=1+1.csv|", "import|sign in||from 127.0.0.1", "administer|sign in||from 127.0.0.1"}
	at := func(at time.Time) string { return url.QueryEscape(at.Format(time.RFC3339)) }
	for query, want := range map[string][]string{
		"":                           all,
		"who=IMPORT":                 all[:3],
		"who=import&what=other":      all[:1],
		"what=upload":                all[:2],
		"from=" + at(began):          all,
		"until=" + at(began):         nil,
		"from=2100-01-01T00:00:00Z":  nil,
		"until=2100-01-01T00:00:00Z": all,
		"count=2":                    all[:2],
	} {
		if diff := cmp.Diff(want, told(query)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
	first := get[journalAnswer](boss, "/api/journal?count=3")
	rest := get[journalAnswer](boss, "/api/journal?count=3&before="+strconv.FormatInt(first.Before, 10))
	if len(first.Acts) != 3 || first.Before == 0 || len(rest.Acts) != 1 || rest.Before != 0 || first.Shared {
		t.Errorf("page by page: %+v, then %+v", first, rest)
	}
	for _, query := range []string{"from=yesterday", "until=1", "count=-1", "before=x"} {
		if said := boss.refused(http.StatusBadRequest, http.MethodGet, "/api/journal?"+query, ""); said.What == "" || said.Hint == "" {
			t.Errorf("%s: %+v", query, said)
		}
	}
	table := parseTable(t, boss.table("/api/journal/table?who=import"))
	if len(table) != 4 || !slices.Equal(table[0], []string{"time", "who", "role", "act", "name", "file", "import", "more"}) || table[2][1] != "import" || table[2][4] != "'=1+1.csv" {
		t.Errorf("the table: %q", table)
	}
	if got := told("count=1"); !slices.Equal(got, []string{"administer|download journal||"}) {
		t.Errorf("the last act: %q", got)
	}
	if table := parseTable(t, boss.table("/api/journal/table?who=nobody")); len(table) != 1 {
		t.Errorf("the table of nobody: %q", table)
	}
}

// TestTeamSessions shows an administrator who is signed in, since when and from where, and
// ends one session, or all of a person but the administrator's own.
func TestTeamSessions(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	boss := c.member("administer")
	other, first, second, third := c.member("administer"), c.member("look"), c.member("look"), c.member("import")
	sessions := func() map[string][]sessionView {
		t.Helper()
		of := map[string][]sessionView{}
		for _, one := range get[[]sessionView](boss, "/api/sessions") {
			if one.From != "127.0.0.1" || one.Began.IsZero() || one.Seen.Before(one.Began) || one.Mine && one.Person.Name != "administer" {
				t.Errorf("%+v", one)
			}
			of[one.Person.Name] = append(of[one.Person.Name], one)
		}
		return of
	}
	in := func(when string, want ...bool) {
		t.Helper()
		for i, b := range []*browser{boss, other, first, second, third} {
			if got := b.status("GET", "/api/me") == http.StatusOK; got != want[i] {
				t.Errorf("%s: person %d is in: %v, want %v", when, i, got, want[i])
			}
		}
	}
	all := sessions()
	if n := []int{len(all["administer"]), len(all["look"]), len(all["import"])}; !slices.Equal(n, []int{2, 2, 1}) || all["administer"][0].Mine == all["administer"][1].Mine {
		t.Fatalf("%d sessions: %+v", n, all)
	}
	post[[]sessionView](boss, "/api/sessions/end", map[string]any{"id": all["look"][0].ID}) // the newest is the second
	in("one ended", true, true, true, false, true)
	second = c.member("look")
	post[[]sessionView](boss, "/api/sessions/end", map[string]any{"id": all["look"][1].ID, "all": true})
	in("all of one ended", true, true, false, false, true)
	mine := all["administer"][slices.IndexFunc(all["administer"], func(one sessionView) bool { return one.Mine })]
	post[[]sessionView](boss, "/api/sessions/end", map[string]any{"id": mine.ID, "all": true})
	in("all of one's own but this one", true, false, false, false, true)
	if said := boss.refused(http.StatusConflict, http.MethodPost, "/api/sessions/end", `{"id":"none"}`); said.Hint == "" {
		t.Errorf("%+v", said)
	}
	acts := get[journalAnswer](boss, "/api/journal?what=end").Acts
	var told []string
	for _, a := range acts {
		told = append(told, a.More)
	}
	if diff := cmp.Diff([]string{"administer, 1 session", "look, 2 sessions", "look, 1 session"}, told); diff != "" {
		t.Errorf("journal (-want +got):\n%s", diff)
	}
}

// TestDownloadCutOff has a download that fails in its middle fail at who downloads it.
func TestDownloadCutOff(t *testing.T) {
	t.Parallel()
	server := httptest.NewUnstartedServer((&service{}).answering(func(w http.ResponseWriter, _ *http.Request) error {
		startDownload(w, "half.csv", rows.CSV)
		io.WriteString(w, strings.Repeat("half of it\n", 1000))
		return errCut
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	defer server.Close()
	answer, err := http.Get(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if text, err := io.ReadAll(answer.Body); err == nil {
		t.Errorf("%d bytes are taken for the whole", len(text))
	}
}
