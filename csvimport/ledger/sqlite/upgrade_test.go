package sqlite_test

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/sqlite"
)

// toSecond makes a ledger one of the second version.
const toSecond = `ALTER TABLE recent RENAME TO journal; DROP TABLE sighting;
	ALTER TABLE entry DROP COLUMN sent_by; ALTER TABLE entry DROP COLUMN shown_at; ALTER TABLE entry DROP COLUMN imported; ALTER TABLE entry DROP COLUMN commerce_sub; ALTER TABLE entry DROP COLUMN doubt_here;
	ALTER TABLE platform DROP COLUMN evidence; ALTER TABLE platform DROP COLUMN word;
	ALTER TABLE self DROP COLUMN moved_to; ALTER TABLE run DROP COLUMN said; ALTER TABLE run DROP COLUMN stop; ALTER TABLE run DROP COLUMN operator; PRAGMA user_version = 2;`

// toFirst makes a ledger one of the first version.
const toFirst = toSecond + `DROP TABLE journal; DROP INDEX entry_sub; DROP INDEX entry_held; DROP INDEX entry_ended;
	ALTER TABLE entry DROP COLUMN email; ALTER TABLE entry DROP COLUMN held; UPDATE entry SET old = min(old, 1);
	CREATE UNIQUE INDEX entry_sub ON entry (platform, sub, gen);
	CREATE INDEX entry_state ON entry (platform, old, state);
	CREATE INDEX entry_order ON entry (platform, order_id) WHERE order_id IS NOT NULL; PRAGMA user_version = 1`

// firstVersion makes a ledger of the first version with entries in all states,
// some of them with older generations, and returns what it has.
func firstVersion(t *testing.T) (path string, want map[string][]ledger.Entry, unsettled []string) {
	t.Helper()
	l, book := open(t, "")
	run := begin(t, book)
	want = make(map[string][]ledger.Entry)
	states := slices.DeleteFunc(ledger.States(), func(s ledger.State) bool { return s == ledger.Denied }) // it had no such state
	for i, s := range append(states, states...) {
		sub := ledgertest.Entry(i).Sub
		if i >= len(states) {
			ledgertest.Put(t, run, i, ledger.Failed)
			mustDo(t, run.Reopen(t.Context(), []string{sub}))
			e := ledgertest.Entry(i)
			e.Gen = 2
			if _, granted, err := run.Intend(t.Context(), e); err != nil || !granted {
				t.Fatalf("granted %v, error %v", granted, err)
			}
			if e.State = s; s != ledger.Intended {
				mustDo(t, run.Record(t.Context(), "", e))
			}
		} else {
			ledgertest.Put(t, run, i, s)
		}
		if s.Holds() {
			unsettled = append(unsettled, sub)
		}
		all, _, err := book.Story(t.Context(), sub)
		mustDo(t, err)
		for j := range all {
			all[j].Email = ""
		}
		want[sub] = all
	}
	mustDo(t, l.Close()) // the run counts as killed
	change(t, l.Path(), toFirst)
	return l.Path(), want, unsettled
}

func checkUpgraded(t *testing.T, book *sqlite.Book, want map[string][]ledger.Entry, unsettled []string) {
	t.Helper()
	totals := make(map[ledger.State]int)
	for sub, all := range want {
		got, _, err := book.Story(t.Context(), sub)
		if diff := cmp.Diff(all, got); err != nil || diff != "" {
			t.Errorf("after the upgrade, error %v (-want +got):\n%s", err, diff)
		}
		totals[all[len(all)-1].State]++
	}
	got, err := book.Totals(t.Context())
	if diff := cmp.Diff(totals, got); err != nil || diff != "" {
		t.Errorf("totals, error %v (-want +got):\n%s", err, diff)
	}
	var subs []string
	for e, err := range book.Entries(t.Context(), ledger.Intended, ledger.Doubt, ledger.Denied, ledger.Accepted) {
		mustDo(t, err)
		subs = append(subs, e.Sub)
	}
	slices.Sort(subs)
	if diff := cmp.Diff(slices.Sorted(slices.Values(unsettled)), subs); diff != "" {
		t.Errorf("unsettled (-want +got):\n%s", diff)
	}
}

func TestUpgrade(t *testing.T) {
	path, want, unsettled := firstVersion(t)
	for i := range 2 {
		l, book := open(t, path)
		checkUpgraded(t, book, want, unsettled)
		e := ledgertest.Put(t, begin(t, book), 100+i, ledger.Completed)
		want[e.Sub] = []ledger.Entry{e}
		mustDo(t, l.Close())
	}
	_, book := open(t, path)
	run := begin(t, book)
	mustDo(t, run.TakeOver(t.Context(), noon))
	taken := 0
	for e, err := range book.Entries(t.Context(), ledger.Doubt, ledger.Accepted) {
		mustDo(t, err)
		if taken++; e.Run != run.ID() {
			t.Errorf("not taken over: %+v", e)
		}
	}
	if taken != len(unsettled) {
		t.Errorf("took %d of %d", taken, len(unsettled))
	}
}

// A state that no entry comes to any more is read as what is nearest.
func TestOldImported(t *testing.T) {
	for name, back := range map[string]string{"this version": ``, "first version": toFirst} {
		t.Run(name, func(t *testing.T) {
			l, book := open(t, "")
			want := ledgertest.Entry(1)
			want.State = ledger.Refused
			run := begin(t, book)
			mustDo(t, run.Record(t.Context(), "", want))
			mustDo(t, run.End(t.Context(), "done"))
			mustDo(t, l.Close())
			change(t, l.Path(), `UPDATE entry SET email = '', state = 8`, back)
			want.State, want.Run, want.Email = ledger.Completed, run.ID(), ""

			_, book = open(t, l.Path())
			run = begin(t, book)
			e := want
			e.State = ledger.NotSent
			if got, granted, err := run.Intend(t.Context(), e); err != nil || granted {
				t.Errorf("granted %v, error %v, of %v", granted, err, got.State)
			}
			if diff := cmp.Diff(want, ledgertest.Get(t, book, want.Sub)); diff != "" {
				t.Errorf("found (-want +got):\n%s", diff)
			}
			for _, states := range [][]ledger.State{nil, {ledger.Completed}} {
				n := 0
				for e, err := range book.Entries(t.Context(), states...) {
					mustDo(t, err)
					if diff := cmp.Diff(want, e); diff != "" {
						t.Errorf("entries in %v (-want +got):\n%s", states, diff)
					}
					n++
				}
				if n != 1 {
					t.Errorf("entries in %v: %d came, want 1", states, n)
				}
			}
			totals, err := book.Totals(t.Context())
			if diff := cmp.Diff(map[ledger.State]int{ledger.Completed: 1}, totals); err != nil || diff != "" {
				t.Errorf("totals, error %v (-want +got):\n%s", err, diff)
			}
			mustDo(t, run.Reopen(t.Context(), []string{want.Sub}))
			if got := ledgertest.Get(t, book, want.Sub); got.Gen != 2 || got.State != ledger.NotSent {
				t.Errorf("opened again: generation %d, %v", got.Gen, got.State)
			}
		})
	}
}

// All of the first version's data is in the log that a kill has left, and
// several processes are the first to open it.
func TestUpgradeAtOnce(t *testing.T) {
	path, want, unsettled := firstVersion(t)
	db, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{`PRAGMA wal_autocheckpoint = 0`, `UPDATE entry SET message = message || '!'`} {
		if _, err := db.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	killed := filepath.Join(t.TempDir(), "ledger.db")
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(path + end)
		mustDo(t, err)
		mustDo(t, os.WriteFile(killed+end, b, 0o600))
	}
	for _, all := range want {
		for i := range all {
			all[i].Message += "!"
		}
	}
	var processes []*ledgertest.Process
	for range 3 {
		processes = append(processes, ledgertest.Start(t, ledgertest.OpenAndClose, killed))
	}
	for _, p := range processes {
		p.Await(t, "opened")
	}
	_, book := open(t, killed)
	checkUpgraded(t, book, want, unsettled)
}

// A program of the first version that has the file open while it is brought up
// to date does not know the journal: it must not add what that may have, but
// may settle what it holds.
func TestUpgradeUnderOlderProgram(t *testing.T) {
	path, _, _ := firstVersion(t)
	older, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer older.Close()
	older.SetMaxOpenConns(1)
	add, err := older.Prepare(`INSERT INTO entry (run, sends, doubted, doubt_since, submitted_at, finished_at, adopted, http_status,
		plan_id, plan_name, cut_off, code, order_number, order_status, tenant, account_id, account_no, account_name, message, state, order_id, platform, sub, gen, old)
		SELECT run, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '', '', '', NULL, '', '', '', ?, NULL, platform, ?, 1, 0 FROM entry LIMIT 1`)
	mustDo(t, err)
	settle, err := older.Prepare(`UPDATE entry SET state = ? WHERE sub = ? AND old = 0`)
	mustDo(t, err)
	if _, err := add.Exec(int(ledger.Completed), "before"); err != nil {
		t.Fatal(err)
	}

	_, book := open(t, path)
	run := begin(t, book)
	e := ledgertest.Entry(100)
	e.Sub = "in the journal"
	if _, granted, err := run.Intend(t.Context(), e); err != nil || !granted {
		t.Fatalf("granted %v, error %v", granted, err)
	}
	for _, s := range ledger.States() {
		if _, err := add.Exec(int(s), e.Sub); err == nil {
			t.Errorf("the older program could add %v beside the journal", s)
		}
	}
	total := func() map[ledger.State]int {
		totals, err := book.Totals(t.Context())
		mustDo(t, err)
		return totals
	}
	before := total()
	for _, step := range []ledger.State{ledger.Completed, ledger.Doubt, ledger.Refused} {
		if _, err := settle.Exec(int(step), "before"); err != nil {
			t.Errorf("the older program could not settle: %v", err)
		}
		n := 0
		for got, err := range book.Entries(t.Context(), step) {
			mustDo(t, err)
			if n++; got.State != step {
				t.Errorf("got %v, want %v", got.State, step)
			}
		}
		if n != total()[step] || step != ledger.Completed && n != before[step]+1 {
			t.Errorf("%v: %d come, %d are counted, %d before", step, n, total()[step], before[step])
		}
	}
	if got := ledgertest.Get(t, book, e.Sub); got.State != ledger.Intended {
		t.Errorf("the intent has become %v", got.State)
	}
}

// secondVersion makes a ledger of the second version whose run was killed before
// it folded its journal, and returns what the journal has.
func secondVersion(t *testing.T) (path string, want ledger.Entry) {
	t.Helper()
	l, book := open(t, "")
	run := begin(t, book)
	mustDo(t, l.Close())
	want = ledger.Entry{Sub: "a", Gen: 1, State: ledger.Intended, Run: run.ID(), SentBy: run.ID(), Sends: 1, PlanID: "plan"}
	record := []byte{2, 2, 2, byte(2 * run.ID()), 0, 0, 2, 0, 0, 0, 0, 2, 'a', 0, 0, 0, 0, 0, 8, 'p', 'l', 'a', 'n', 0, 0, 0, 0, 0, 0, 0}
	change(t, l.Path(), toSecond, fmt.Sprintf(`INSERT INTO journal (records) VALUES (x'%x')`, record),
		`UPDATE platform SET refs = 1`)
	return l.Path(), want
}

// What a killed run of the second version has left in its journal is read.
func TestUpgradeOfJournal(t *testing.T) {
	path, want := secondVersion(t)
	_, book := open(t, path)
	if diff := cmp.Diff(want, ledgertest.Get(t, book, want.Sub)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if seen, err := book.Evidence(t.Context()); err != nil || seen.References != ledger.KeptYes {
		t.Errorf("references %v, error %v", seen.References, err)
	}
}

// A program of the second version that has the file open while it is brought up
// to date would misread the journal: it does not find it any more.
func TestUpgradeUnderSecondVersion(t *testing.T) {
	path, want := secondVersion(t)
	older, err := sql.Open("sqlite", path)
	mustDo(t, err)
	defer older.Close()
	older.SetMaxOpenConns(1)
	read, err := older.Prepare(`SELECT records FROM journal`)
	mustDo(t, err)
	add, err := older.Prepare(`INSERT INTO journal (records) VALUES (?)`)
	mustDo(t, err)
	var records []byte
	mustDo(t, read.QueryRow().Scan(&records))

	_, book := open(t, path)
	if err := read.QueryRow().Scan(&records); err == nil {
		t.Error("the older program can read the journal")
	}
	if _, err := add.Exec(records); err == nil {
		t.Error("the older program can write to the journal")
	}
	if got := ledgertest.Get(t, book, want.Sub); got.State != ledger.Intended {
		t.Errorf("the intent is %v", got.State)
	}
}
