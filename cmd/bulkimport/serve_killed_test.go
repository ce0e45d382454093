//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
)

// program starts this program as a process of its own, as the person at the desk.
func (d *desk) program(args ...string) (cmd *exec.Cmd, out, errs *transcript) {
	d.t.Helper()
	name := filepath.Join(d.folder, "bulkimport")
	if _, err := os.Lstat(name); err != nil {
		self, err := os.Executable()
		if err != nil {
			d.t.Fatal(err)
		}
		if err := os.Symlink(self, name); err != nil { // by this name the test is the program
			d.t.Fatal(err)
		}
	}
	cmd = exec.Command(name, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "TMPDIR=" + d.folder, "GORACE=atexit_sleep_ms=0"}
	for name, value := range d.variables {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, errs = new(transcript), new(transcript)
	cmd.Stdout, cmd.Stderr = out, errs
	if err := cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	return cmd, out, errs
}

// TestServeKilled ends the server in the middle of an import, by all that ends programs,
// and starts it again: the import goes on by itself, nothing is ordered twice, and each
// result is true.
func TestServeKilled(t *testing.T) {
	for name, test := range map[string]struct {
		signals []syscall.Signal
		status  int
	}{
		"SIGKILL":        {[]syscall.Signal{syscall.SIGKILL}, -1},
		"SIGKILL, twice": {[]syscall.Signal{syscall.SIGKILL, syscall.SIGKILL}, -1},
		"SIGTERM":        {[]syscall.Signal{syscall.SIGTERM}, statusInterrupted},
		"SIGINT":         {[]syscall.Signal{syscall.SIGINT}, statusInterrupted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const rows = 150
			d := newDesk(t, apstest.Config{Tenants: rows, Latency: 40 * time.Millisecond, Provisioning: 100 * time.Millisecond})
			cmd, out, errs := d.program("serve", "--no-browser")
			defer func() { cmd.Process.Kill() }()
			d.browser = enter(t, waitAddress(t, out, errs))
			f := d.handIn("a.csv", d.planned(func(row int, cells []string) {
				if row == 7 {
					cells[1] = "" // and is mended in the page: what is imported is the file as changed
				}
			}))
			post[fileAnswer](d.browser, "/api/files/"+f.ID+"/edits", map[string]any{"fault": f.Faults[0].Key, "value": d.platform.Plans()[1].ID})
			id := d.begins(f.ID, nil)
			done := 0
			for _, signal := range test.signals {
				done += 20
				d.awaits(id, done)
				if err := cmd.Process.Signal(signal); err != nil {
					t.Fatal(err)
				}
				_ = cmd.Wait() // the status says it
				if got := cmd.ProcessState.ExitCode(); got != test.status {
					t.Fatalf("exit status %d, want %d: %s", got, test.status, errs)
				}
				if n := d.platform.OrderCount(); n == rows {
					t.Fatal("it was not in the middle of the import")
				}
				cmd, out, errs = d.program("serve", "--no-browser")
				d.browser = enter(t, waitAddress(t, out, errs))
			}
			if files := get[[]fileShort](d.browser, "/api/files"); len(files) != 1 || files[0].ID != f.ID {
				t.Errorf("files: %+v", files)
			}
			end := d.watch(id)
			counts := end.Outcome.Counts
			// What was on its way at a kill may have been lost before it was sent, for all
			// that anybody knows.
			if end.State != importEnded || counts["completed"]+counts["existing"]+counts["unknown"] != rows || counts["unknown"] > 4*len(test.signals) ||
				test.status == statusInterrupted && counts["unknown"] > 0 {
				t.Errorf("it ended %s: %+v", end.State, end.Outcome)
			}
			if doubles := d.platform.Doubles(); len(doubles) > 0 || d.platform.OrderCount() < rows-counts["unknown"] {
				t.Errorf("%d orders, doubles %v, %v", d.platform.OrderCount(), doubles, counts)
			}
			d.true(end.ID, rows)
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			_ = cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != statusInterrupted {
				t.Errorf("exit status %d at the end: %s", got, errs)
			}
		})
	}
}

// true compares the results of an import with the platform's orders: one that the
// platform has is either told with its number, or told as one that may exist.
func (d *desk) true(id string, rows int) {
	d.t.Helper()
	records := parseTable(d.t, d.table("/api/imports/"+id+"/results"))
	at := make(map[string]int)
	for i, heading := range records[0] {
		at[heading] = i
	}
	orders := map[string]string{}
	for _, o := range d.platform.Orders() {
		orders[o.SubID] = o.Number + " " + o.PlanID
	}
	got, want := map[string]string{}, map[string]string{}
	for _, r := range records[1:] {
		sub := r[at["sub_id"]]
		got[sub] = r[at["status"]] + " " + r[at["order_number"]] + " " + r[at["plan_id"]]
		want[sub] = got[sub]
		order := orders[sub]
		if order == "" && r[at["status"]] == "not-sent" { // it tells none, then
			order = " " + r[at["plan_id"]]
		}
		if order != "" || r[at["status"]] != "unknown" {
			want[sub] = r[at["status"]] + " " + order
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) != rows {
		d.t.Errorf("%d results (-platform's +results'):\n%s", len(got), diff)
	}
}
