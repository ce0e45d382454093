package serve_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/serve"
)

// TestJournalRead finds acts from the newest to the oldest, page by page, and all of them
// from the oldest on; lines that a crash cut off, and one that is longer than what is read
// at once, are in nobody's way.
func TestJournalRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "audit.jsonl")
	first := time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	var text strings.Builder
	var all []serve.Act
	for i := range 5000 {
		a := serve.Act{Time: first.Add(time.Duration(i) * time.Minute), Who: []string{"Kim", "Sam"}[i%2], Role: serve.Import, Act: "edit", File: fmt.Sprint("f", i%7), Name: fmt.Sprintf("accounts-%d.csv", i%7)}
		if i%1000 == 500 {
			a.Act, a.Import = "import", fmt.Sprintf("i%d", i)
		}
		if i == 2500 {
			a.More = strings.Repeat("x", 600<<10)
		}
		all = append(all, a)
		line, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(line)
		text.WriteByte('\n')
		if i == 3000 {
			text.WriteString(`{"time":"2026-1` + "\n")
		}
	}
	text.WriteString(`{"time":"2026-11-28T0`)
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	j, err := serve.OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer j.Close()
	for name, test := range map[string]struct {
		want serve.Wanted
		has  func(serve.Act) bool
	}{
		"all":         {serve.Wanted{}, func(serve.Act) bool { return true }},
		"a person":    {serve.Wanted{Who: "kim"}, func(a serve.Act) bool { return a.Who == "Kim" }},
		"an import":   {serve.Wanted{What: "i3500"}, func(a serve.Act) bool { return a.Import == "i3500" }},
		"a file":      {serve.Wanted{What: "Accounts-3"}, func(a serve.Act) bool { return a.File == "f3" }},
		"an act":      {serve.Wanted{What: "import"}, func(a serve.Act) bool { return a.Act == "import" }},
		"a time":      {serve.Wanted{From: first.Add(time.Hour), Until: first.Add(2 * time.Hour)}, func(a serve.Act) bool { return a.Time.Hour() == 10 && a.Time.Day() == 1 }},
		"nobody":      {serve.Wanted{Who: "Alex"}, func(serve.Act) bool { return false }},
		"all of that": {serve.Wanted{Who: "sam", What: "f3", From: first.Add(time.Hour)}, func(a serve.Act) bool { return a.Who == "Sam" && a.File == "f3" && a.Time.Sub(first) >= time.Hour }},
	} {
		var want []serve.Act
		for _, a := range all {
			if test.has(a) {
				want = append(want, a)
			}
		}
		var got []serve.Act
		for before := int64(0); ; {
			acts, rest, err := j.Older(t.Context(), before, 300, test.want)
			if err != nil || len(acts) > 300 {
				t.Fatalf("%s: %d acts, %v", name, len(acts), err)
			}
			if got = append(got, acts...); rest == 0 {
				break
			}
			if before = rest; len(acts) < 300 {
				t.Errorf("%s: %d acts, and there may be more before %d", name, len(acts), rest)
			}
		}
		slices.Reverse(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, page by page: %d, want %d", name, len(got), len(want))
		}
		got = nil
		for a, err := range j.All(test.want) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, a)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s, at once: %d, want %d", name, len(got), len(want))
		}
	}
	if err := j.Note(serve.Person{Name: "Kim"}, serve.Act{Act: "after a crash"}); err != nil {
		t.Fatal(err)
	}
	if acts, _, err := j.Older(t.Context(), 0, 1, serve.Wanted{}); err != nil || len(acts) != 1 || acts[0].Act != "after a crash" {
		t.Errorf("an act after a line that was cut off is not read: %+v, %v", acts, err)
	}
}
