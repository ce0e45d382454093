//go:build unix

package main

import (
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// TestWorkersShare has three machines work at one import on one database: each places
// part of the rows, none twice, the one that has it in hand tells what became of all of
// them, and nobody places any more once it was stopped.
func TestWorkersShare(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases of a minute")
	}
	const machines = 3
	for _, tt := range []struct {
		name  string
		rows  int
		until int // rows
		then  func(d *desk, id string, workers []*exec.Cmd)
		state importState
	}{
		{"to the end", 1500, 0, func(*desk, string, []*exec.Cmd) {}, importEnded},
		{"two killed", 2400, 600, func(d *desk, _ string, workers []*exec.Cmd) {
			for _, cmd := range workers {
				if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait()
			}
		}, importEnded},
		{"stopped", 2400, 600, func(d *desk, id string, _ []*exec.Cmd) {
			post[importAnswer](d.browser, "/api/imports/"+id+"/stop", nil)
		}, importStopped},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t, apstest.Config{Tenants: tt.rows, Latency: 200 * time.Millisecond, Provisioning: 100 * time.Millisecond})
			var own pgtest.Cluster
			t.Cleanup(own.Close)
			d.variables["BULKIMPORT_LEDGER"] = own.Fresh(t)
			d.serve()
			id := d.begins(d.handIn("all.csv", d.planned(nil)).ID, nil)
			d.awaits(id, 5) // it is in this one's hand
			var workers []*exec.Cmd
			for range machines - 1 {
				cmd, _, _ := d.program("work")
				defer func() { cmd.Process.Kill() }()
				workers = append(workers, cmd)
			}
			d.awaits(id, tt.until)
			acted := time.Now()
			tt.then(d, id, workers)
			end := d.watch(id)
			placed, counts := d.platform.OrderCount(), end.Outcome.Counts
			t.Logf("%s after %v: %v, %d orders", end.State, time.Since(acted).Round(time.Second), counts, placed)
			if end.State != tt.state {
				t.Errorf("it is %s: %+v", end.State, end.Outcome)
			}
			unknown, unsent := counts[string(csvimport.Unknown)], counts[string(csvimport.Unsent)]
			if ended := counts[string(csvimport.Completed)] + counts[string(csvimport.Submitted)]; ended+unknown+unsent != tt.rows || (unsent == 0) != (tt.state == importEnded) || unknown > 64 {
				t.Errorf("of %d rows: %v", tt.rows, counts)
			}
			if doubles := d.platform.Doubles(); len(doubles) > 0 || placed < tt.rows-unknown-unsent || placed > tt.rows-unsent {
				t.Errorf("%d orders, doubles %v", placed, doubles)
			}
			if tt.state == importEnded {
				d.true(id, tt.rows)
			}
			if tt.name == "two killed" {
				d.takenOver(acted)
			}
			d.told(id, tt.rows)
			runs := d.column(id, "placed_by")
			t.Logf("placed by %v", runs)
			if delete(runs, ""); len(runs) != machines {
				t.Errorf("they were placed by %v", runs)
			}
			time.Sleep(time.Second) // an order takes less
			if n := d.platform.OrderCount(); n != placed {
				t.Errorf("%d orders followed after the end", n-placed)
			}
		})
	}
}

// takenOver tells how long after a kill others sent the next order, and how long after it
// they had what the dead had begun. That may have been sent, so that it is looked for, and
// sent again by nobody without a person's word.
func (d *desk) takenOver(killed time.Time) {
	d.t.Helper()
	const lease = time.Minute // from when on a run is known to have ended
	next := lease
	for _, o := range d.platform.Orders() {
		if after := o.Placed.Sub(killed); after > 0 {
			next = min(next, after)
		}
	}
	l, err := postgres.Open(d.t.Context(), d.variables["BULKIMPORT_LEDGER"], postgres.Options{})
	if err != nil {
		d.t.Fatal(err)
	}
	defer l.Close()
	all, err := l.Platforms(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	book, err := l.Platform(d.t.Context(), all[0].ID, d.platform.URL())
	if err != nil {
		d.t.Fatal(err)
	}
	var taken []time.Duration
	for e, err := range book.Entries(d.t.Context()) {
		if err != nil {
			d.t.Fatal(err)
		}
		if e.SentBy == e.Run {
			continue
		}
		_, story, err := book.Story(d.t.Context(), e.Sub)
		if err != nil {
			d.t.Fatal(err)
		}
		for _, event := range story {
			if strings.Contains(event.Note, "taken over from run") {
				taken = append(taken, event.Time.Sub(killed))
			}
		}
	}
	if len(taken) == 0 {
		d.t.Fatal("nothing was taken over")
	}
	first, last := slices.Min(taken), slices.Max(taken)
	d.t.Logf("the next order of another machine came %v after the kill; %d rows that were begun were taken over after %v to %v",
		next.Round(time.Millisecond), len(taken), first.Round(time.Millisecond), last.Round(time.Millisecond))
	if last > lease+5*time.Second {
		d.t.Errorf("rows were taken over %v after the kill, want a lease of %v and 5 s at most", last, lease)
	}
}

// TestWorkersFail has a machine whose credentials are wrong try to help: who watches is told
// why it does not, another one helps all the same, and so does that one once it is mended.
func TestWorkersFail(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases of a minute")
	}
	t.Parallel()
	const rows = 3000
	d := newDesk(t, apstest.Config{Tenants: rows, Latency: 200 * time.Millisecond, Provisioning: 100 * time.Millisecond})
	var own pgtest.Cluster
	t.Cleanup(own.Close)
	d.variables["BULKIMPORT_LEDGER"] = own.Fresh(t)
	d.serve()
	id := d.begins(d.handIn("all.csv", d.planned(nil)).ID, nil)
	d.awaits(id, 5)
	works := func(d *desk) {
		cmd, _, _ := d.program("work")
		t.Cleanup(func() { cmd.Process.Kill(); _ = cmd.Wait() })
	}
	wrong := d.elsewhere()
	secret := filepath.Join(wrong.folder, "secret.txt")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(secret, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("another secret")
	delete(wrong.variables, "BULKIMPORT_CONSUMER_SECRET")
	wrong.variables["BULKIMPORT_CONSUMER_SECRET_FILE"] = secret
	works(wrong)
	why := func() (told []string) {
		for _, words := range get[importAnswer](d.browser, "/api/imports/"+id).Notices {
			if strings.Contains(words, "cannot help with this import any more: ") {
				told = append(told, words)
			}
		}
		return told
	}
	for end := time.Now().Add(time.Minute); len(why()) == 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("who watches is not told that a machine cannot help")
		}
	}
	if got := why(); !strings.Contains(got[0], "credentials") || strings.Contains(got[0], "another secret") {
		t.Errorf("told %q", got)
	}
	write(d.platform.Secret())
	works(d)
	end := d.watch(id)
	if counts := end.Outcome.Counts; end.State != importEnded || counts[string(csvimport.Completed)] != rows {
		t.Errorf("it ended %s: %+v", end.State, end.Outcome)
	}
	if got := why(); len(got) != 1 {
		t.Errorf("told %q", got)
	}
	if runs := d.column(id, "placed_by"); len(runs) != 3 {
		t.Errorf("they were placed by %v", runs)
	}
	if doubles := d.platform.Doubles(); len(doubles) > 0 {
		t.Errorf("doubles %v", doubles)
	}
}

// TestWorkersTurn has a machine that helps with an import turn to another one that waits,
// and go on with the one it helped with when the machine that had it in hand dies.
func TestWorkersTurn(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases of a minute")
	}
	t.Parallel()
	const first, large, small = 80, 2400, 12 // rows
	d := newDesk(t, apstest.Config{Tenants: first + large + small, Latency: 200 * time.Millisecond, Provisioning: 100 * time.Millisecond})
	var own pgtest.Cluster
	t.Cleanup(own.Close)
	d.variables["BULKIMPORT_LEDGER"] = own.Fresh(t)
	d.serve()
	lines := bytes.SplitAfter(d.planned(nil), []byte("\n"))
	from := 1
	begins := func(rows int) string {
		from += rows
		return d.begins(d.handIn("some.csv", append(bytes.Clone(lines[0]), bytes.Join(lines[from-rows:from], nil)...)).ID, nil)
	}
	ended := func(id string, rows int) {
		t.Helper()
		end := d.watch(id)
		counts := end.Outcome.Counts
		t.Logf("%d rows ended %s: %v", rows, end.State, counts)
		if end.State != importEnded || counts["completed"]+counts["existing"]+counts["unknown"] != rows || counts["unknown"] > 8 {
			t.Errorf("it ended %s: %+v", end.State, end.Outcome)
		}
	}
	busy := begins(first)
	d.awaits(busy, 2) // so that the other machine takes the next one
	holder, _, _ := d.program("work")
	defer func() { holder.Process.Kill() }()
	id := begins(large)
	d.awaits(id, 2)
	ended(busy, first)
	for end := time.Now().Add(time.Minute); !d.helps(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("the server does not help")
		}
	}
	waits := begins(small)
	ended(waits, small)
	if now := get[importAnswer](d.browser, "/api/imports/"+id); now.State.over() {
		t.Fatalf("the large one was not in its middle: %+v", now)
	}
	if err := holder.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = holder.Wait()
	const within = 65 * time.Second // a lease of a run, and 5 s
	for killed := time.Now(); ; time.Sleep(50 * time.Millisecond) {
		if after := time.Since(killed); d.busy() {
			t.Logf("it was in hand again %v after the kill", after.Round(time.Millisecond))
			break
		} else if after > within {
			t.Fatalf("nobody has it in hand %v after the kill", within)
		}
	}
	ended(id, large)
	d.true(id, large)
	if doubles := d.platform.Doubles(); len(doubles) > 0 {
		t.Errorf("doubles %v", doubles)
	}
}

// helps reports whether the server sends orders of an import that another machine has.
func (d *desk) helps() bool {
	d.t.Helper()
	_, text, _ := d.ask(http.MethodGet, "/metrics", nil)
	return !d.busy() && !strings.Contains(string(text), "bulkimport_orders_in_flight 0\n")
}

// told compares the orders that the results of an import name with those that the
// platform has; of a row that may exist it may have one all the same.
func (d *desk) told(id string, rows int) {
	d.t.Helper()
	records := parseTable(d.t, d.table("/api/imports/"+id+"/results"))
	at := make(map[string]int)
	for i, heading := range records[0] {
		at[heading] = i
	}
	want, got := map[string]string{}, map[string]string{}
	for _, r := range records[1:] {
		if r[at["status"]] != string(csvimport.Unknown) {
			got[r[at["sub_id"]]], want[r[at["sub_id"]]] = r[at["order_id"]], ""
		} else {
			rows--
		}
	}
	for _, o := range d.platform.Orders() {
		if _, ok := want[o.SubID]; ok {
			want[o.SubID] = o.ID
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != rows {
		d.t.Errorf("%d orders told, of %d rows (-platform's +results'):\n%s", len(got), rows, diff)
	}
}

// column counts the values of a column of the results.
func (d *desk) column(id, heading string) map[string]int {
	d.t.Helper()
	records := parseTable(d.t, d.table("/api/imports/"+id+"/results"))
	count := make(map[string]int)
	for i, name := range records[0] {
		for _, r := range records[1:] {
			if name == heading {
				count[r[i]]++
			}
		}
	}
	return count
}
