//go:build unix

package main

import (
	"os/exec"
	"syscall"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
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
			d.true(id, tt.rows)
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
