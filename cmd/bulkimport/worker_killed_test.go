//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// TestWorkKilled has three machines work at three imports on one database, restarts the
// database in the middle, and kills two of the machines: the third takes over, nothing
// is ordered twice, every row ends, and each result is true.
func TestWorkKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("it waits for leases of a minute")
	}
	t.Parallel()
	const machines, rows = 3, 120 // an import each
	d := newDesk(t, apstest.Config{Tenants: machines * rows, Latency: 300 * time.Millisecond, Provisioning: 100 * time.Millisecond})
	var own pgtest.Cluster // it is restarted
	t.Cleanup(own.Close)
	d.variables["BULKIMPORT_LEDGER"] = own.Fresh(t)
	server, out, errs := d.program("serve", "--no-browser")
	defer func() { server.Process.Kill() }()
	d.browser = enter(t, waitAddress(t, out, errs))
	lines := bytes.SplitAfter(d.planned(nil), []byte("\n"))
	var ids []string
	for i := range machines {
		part := append(bytes.Clone(lines[0]), bytes.Join(lines[1+i*rows:1+(i+1)*rows], nil)...)
		ids = append(ids, d.begins(d.handIn(fmt.Sprintf("part %d.csv", i+1), part).ID, nil))
	}
	var workers []*exec.Cmd
	for range machines - 1 {
		cmd, _, _ := d.program("work")
		defer func() { cmd.Process.Kill() }()
		workers = append(workers, cmd)
	}
	for _, id := range ids {
		d.awaits(id, 5) // each machine has one
	}
	if err := own.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := own.Start(); err != nil {
		t.Fatal(err)
	}
	for _, cmd := range workers {
		if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
	}
	killed, placed := time.Now(), d.platform.OrderCount()
	if placed == machines*rows {
		t.Fatal("it was not in the middle of the imports")
	}
	unknown := 0
	for _, id := range ids {
		end := d.watch(id)
		counts := end.Outcome.Counts
		t.Logf("%s ended %s after %v: %v", end.File, end.State, time.Since(killed).Round(time.Second), counts)
		if end.State != importEnded || counts["completed"]+counts["existing"]+counts["unknown"] != rows {
			t.Errorf("it ended %s: %+v", end.State, end.Outcome)
		}
		unknown += counts["unknown"]
		d.true(id, rows)
	}
	if doubles := d.platform.Doubles(); len(doubles) > 0 || d.platform.OrderCount() < machines*rows-unknown {
		t.Errorf("%d orders, %d rows unknown, doubles %v", d.platform.OrderCount(), unknown, doubles)
	}
	if unknown > 32*len(workers) {
		t.Errorf("%d rows are unknown", unknown)
	}
}
