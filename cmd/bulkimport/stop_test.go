//go:build unix

package main_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
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
	_ "bulkimport/csvimport/ledger" // and with it the driver "sqlite"
)

// TestStops ends the real program in the middle of its work by all that ends
// programs, takes its disk and its ledger away, and runs it again.
func TestStops(t *testing.T) {
	binary := buildProgram(t)
	for name, test := range map[string]func(*stage){
		"SIGINT":                       func(s *stage) { s.stopsAt(syscall.SIGINT) },
		"SIGTERM":                      func(s *stage) { s.stopsAt(syscall.SIGTERM) },
		"SIGHUP":                       func(s *stage) { s.stopsAt(syscall.SIGHUP) },
		"one signal, sent twice":       func(s *stage) { s.stopsAt(syscall.SIGTERM, syscall.SIGTERM) },
		"second signal":                secondSignal,
		"terminal closed":              terminalClosed,
		"asleep":                       asleep,
		"disk of the ledger full":      ledgerDiskFull,
		"disk of the results full":     resultsDiskFull,
		"ledger deleted":               ledgerDeleted,
		"killed, and ledger lost":      killedAndLedgerLost,
		"ledger locked":                ledgerLocked,
		"ledger overwritten":           func(s *stage) { s.damaged(overwrite) },
		"ledger cut off":               func(s *stage) { s.damaged(cutOff) },
		"end of the log torn":          logTorn,
		"two runs, one killed":         twoRuns,
		"input saved again":            inputSaved,
		"rows edited":                  rowsEdited,
		"order opened again and again": openedAgain,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(&stage{t: t, dir: t.TempDir(), binary: binary})
		})
	}
}

// begin starts the stand-in and downloads the file.
func (s *stage) begin(c apstest.Config) {
	s.t.Helper()
	server, err := apstest.Start(c)
	if err != nil {
		s.t.Fatal(err)
	}
	s.server = server
	s.t.Cleanup(func() { server.Close() })
	if out, err := s.command("download", "-o", "accounts.csv", "--plan", server.Plans()[0].ID).CombinedOutput(); err != nil {
		s.t.Fatalf("download: %v\n%s", err, out)
	}
}

// slowly is a platform that takes a few seconds for the rows it is given.
func slowly(rows int) apstest.Config {
	return apstest.Config{Tenants: rows, Latency: 100 * time.Millisecond, Provisioning: 300 * time.Millisecond}
}

// during starts an import and calls do once so many orders exist.
func (s *stage) during(orders int, do func(*os.Process), flags ...string) (code int, said string) {
	s.t.Helper()
	cmd := s.command(append([]string{"import", "accounts.csv", "--results", "results.csv", "--yes", "--settle", "1s"}, flags...)...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.orders(orders)
	do(cmd.Process)
	code = exitCode(cmd.Wait())
	if d := s.server.Doubles(); len(d) > 0 {
		s.t.Fatalf("ordered twice: %v", d)
	}
	return code, out.String()
}

// orders waits until the stand-in holds so many orders.
func (s *stage) orders(n int) {
	s.t.Helper()
	for end := time.Now().Add(time.Minute); len(s.server.Orders()) < n; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatalf("%d orders after a minute, want %d", len(s.server.Orders()), n)
		}
	}
}

func (s *stage) signals(apart time.Duration, list ...syscall.Signal) func(*os.Process) {
	return func(p *os.Process) {
		for i, sig := range list {
			if i > 0 {
				time.Sleep(apart)
			}
			if err := p.Signal(sig); err != nil {
				s.t.Errorf("%v: %v", sig, err)
			}
		}
	}
}

func kill(p *os.Process) { p.Kill() }

// killLanded kills, and lets what was on its way land.
func killLanded(p *os.Process) {
	p.Kill()
	time.Sleep(300 * time.Millisecond)
}

// resumes runs the same command again: every row gets its one order.
func (s *stage) resumes(rows int) {
	s.t.Helper()
	flags := []string{"--settle", "1s", "--concurrency", "16", "--resend-doubts"}
	if s.lost {
		before := len(s.server.Orders())
		code, said := s.again(flags...)
		asks := code == 6 && strings.Contains(said, "--last-import-here")
		if n := len(s.server.Orders()); n != before || !asks && (code != 0 || n != rows) { // nothing is asked where nothing is left to do
			s.t.Errorf("after the ledger was lost: exit %d, %d orders before, %d after\n%s", code, before, n, said)
		}
		flags = append(flags, "--last-import-here", time.Now().Format(time.RFC3339))
	}
	code, said := s.again(flags...)
	counts := s.counts()
	if d := s.server.Doubles(); len(d) > 0 {
		s.t.Fatalf("ordered twice: %v", d)
	}
	if done := counts["completed"] + counts["existing"]; code != 0 || done != rows || len(s.server.Orders()) != rows {
		s.t.Errorf("resumed: exit %d, %d of %d done, %d orders\n%s", code, done, rows, len(s.server.Orders()), said)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dir, ".results.csv.*")); len(left) > 0 {
		s.t.Errorf("a killed run's files were left: %v", left)
	}
}

// again imports and leaves it to the caller to hold the results against what
// the platform has.
func (s *stage) again(flags ...string) (code int, said string) {
	out, err := s.command(append([]string{"import", "accounts.csv", "--results", "results.csv", "--yes"}, flags...)...).CombinedOutput()
	return exitCode(err), string(out)
}

func (s *stage) ledgerFile() string { return filepath.Join(s.dir, "ledger.db") }

func (s *stage) removeLedger() {
	files, err := filepath.Glob(s.ledgerFile() + "*")
	if err != nil || len(files) == 0 {
		s.t.Fatalf("no ledger: %v", err)
	}
	for _, f := range files {
		os.Remove(f)
	}
	s.lost = true
}

// stopsAt sends the signals a moment apart, as timeout, make and npm do.
func (s *stage) stopsAt(list ...syscall.Signal) {
	s.begin(slowly(60))
	code, said := s.during(8, s.signals(50*time.Millisecond, list...))
	s.truth()
	if n := len(s.results()); code != 130 || n != 60 || !strings.Contains(said, "to go on: bulkimport import accounts.csv") {
		s.t.Errorf("exit %d, %d results\n%s", code, n, said)
	}
	if n := s.counts()["unknown"]; n != 0 {
		s.t.Errorf("%d rows unknown: requests begun have 30 s to finish", n)
	}
	s.resumes(60)
}

func secondSignal(s *stage) {
	c := slowly(40)
	c.Slow = 20 * time.Second
	s.begin(c)
	before := []byte("tenant,plan_id,sub_id,company_name,email,account_id,line,row,status,imported,order_id,order_number,order_status,account,account_name,plan_name\n")
	if err := os.WriteFile(filepath.Join(s.dir, "results.csv"), before, 0o600); err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	code, said := s.during(6, func(p *os.Process) {
		s.server.SetFault("slow", 1)
		time.Sleep(300 * time.Millisecond)
		s.signals(1200*time.Millisecond, syscall.SIGTERM, syscall.SIGTERM)(p)
	})
	if code != 130 || time.Since(began) > 15*time.Second {
		s.t.Errorf("exit %d after %v\n%s", code, time.Since(began), said)
	}
	if after, err := os.ReadFile(filepath.Join(s.dir, "results.csv")); err != nil || !bytes.Equal(before, after) {
		s.t.Errorf("the earlier results file did not stay: %q, %v", after, err)
	}
	s.server.ClearFaults()
	s.resumes(40)
}

// terminalClosed runs on a terminal that goes away.
func terminalClosed(s *stage) {
	if _, err := exec.LookPath("script"); err != nil {
		s.t.Skip("the program script, which makes a terminal, is not installed")
	}
	s.begin(slowly(60))
	line := s.binary + " import accounts.csv --results results.csv --yes --settle 1s"
	cmd := s.command()
	cmd = &exec.Cmd{Path: cmd.Path, Dir: cmd.Dir, Env: cmd.Env, SysProcAttr: &syscall.SysProcAttr{Setsid: true}}
	cmd.Path, _ = exec.LookPath("script")
	cmd.Args = []string{"script", "-qfc", line, os.DevNull}
	if _, err := cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.orders(8)
	cmd.Process.Kill() // and with it the terminal
	cmd.Wait()
	for end := time.Now().Add(20 * time.Second); len(s.results()) == 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			s.t.Fatal("no results file 20 s after the terminal was closed")
		}
	}
	s.truth()
	if counts := s.counts(); len(s.results()) != 60 || counts["not-sent"] == 0 {
		s.t.Errorf("results after the terminal was closed: %v", counts)
	}
	s.resumes(60)
}

// asleep stops the process for longer than --settle, as a laptop does that
// sleeps, with requests under way.
func asleep(s *stage) {
	s.begin(slowly(40))
	code, said := s.during(6, func(p *os.Process) {
		s.signals(0, syscall.SIGSTOP)(p)
		time.Sleep(1500 * time.Millisecond)
		s.signals(0, syscall.SIGCONT)(p)
	})
	s.truth()
	if diff := cmp.Diff(map[string]int{"completed": 40}, s.counts()); code != 0 || diff != "" {
		s.t.Errorf("exit %d, counts (-want +got):\n%s\n%s", code, diff, said)
	}
}

// smallDisk mounts a disk of so many bytes.
func (s *stage) smallDisk(size string) (folder string) {
	small := filepath.Join(s.dir, "small")
	if err := os.Mkdir(small, 0o700); err != nil {
		s.t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+size, "tmpfs", small).CombinedOutput(); err != nil {
		s.t.Skipf("no small disk can be mounted here: %v %s", err, out)
	}
	s.t.Cleanup(func() { exec.Command("umount", "-l", small).Run() })
	return small
}

// fill writes a file until the disk is full.
func (s *stage) fill(path string) {
	f, err := os.Create(path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 4096); err == nil; _, err = f.Write(block) {
	}
}

// resultsDiskFull has no place for the results: before the first order the run
// stops, and later it has taken the place already.
func resultsDiskFull(s *stage) {
	small := s.smallDisk("256k")
	s.begin(slowly(60))
	results, full := filepath.Join(small, "results.csv"), filepath.Join(small, "full")
	if err := os.WriteFile(results, []byte("of an earlier run"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.fill(full)
	code, said := s.again("--results", results, "--force")
	if n := len(s.server.Orders()); code != 1 || n != 0 || !strings.Contains(said, results+": the disk is full") || !strings.Contains(said, "nothing was sent") {
		s.t.Errorf("disk full before: exit %d, %d orders\n%s", code, n, said)
	}
	if strings.Contains(said, "results: ") || strings.Contains(said, "next: ") {
		s.t.Errorf("a file that was not written is named:\n%s", said)
	}
	if err := os.Remove(full); err != nil {
		s.t.Fatal(err)
	}
	code, said = s.during(8, func(*os.Process) { s.fill(full) }, "--results", results, "--force", "--concurrency", "16")
	if text, err := os.ReadFile(results); err != nil || code != 0 || bytes.Count(text, []byte("\n")) != 61 {
		s.t.Errorf("disk full in the middle: exit %d, %v\n%s\n%s", code, err, said, text)
	}
	if left, _ := filepath.Glob(filepath.Join(small, ".*")); len(left) > 0 {
		s.t.Errorf("left behind: %v", left)
	}
}

func ledgerDiskFull(s *stage) {
	small := s.smallDisk("8m")
	if err := os.Symlink(filepath.Join(small, "ledger.db"), s.ledgerFile()); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(small, "ledger.db"), nil, 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.begin(slowly(60))
	full := filepath.Join(small, "full")
	at := 0
	code, said := s.during(8, func(*os.Process) {
		s.fill(full)
		at = len(s.server.Orders())
	})
	if n := len(s.server.Orders()); code != 1 || n > at+8 || !strings.Contains(said, "the disk is full") {
		s.t.Errorf("exit %d, %d orders when the disk was full, %d in the end\n%s", code, at, n, said)
	}
	if n := len(s.results()); n != 60 {
		s.t.Errorf("%d results", n)
	}
	if code, said := s.again(); code != 1 || !strings.Contains(said, "the disk is full") {
		s.t.Errorf("with the disk still full: exit %d\n%s", code, said)
	}
	if err := os.Remove(full); err != nil {
		s.t.Fatal(err)
	}
	s.resumes(60)
}

func ledgerDeleted(s *stage) {
	s.begin(slowly(60))
	at := 0
	code, said := s.during(8, func(*os.Process) {
		s.removeLedger()
		at = len(s.server.Orders())
	})
	if n := len(s.server.Orders()); code != 1 || n > at+8 || !strings.Contains(said, "moved or deleted") {
		s.t.Errorf("exit %d, %d orders when the ledger was deleted, %d in the end\n%s", code, at, n, said)
	}
	s.resumes(60)
}

// killedAndLedgerLost kills with orders on their way that show only later.
func killedAndLedgerLost(s *stage) {
	c := slowly(40)
	c.Late, c.Faults = 500*time.Millisecond, map[string]float64{"late": 1}
	s.begin(c)
	s.during(10, func(p *os.Process) {
		time.Sleep(500 * time.Millisecond)
		kill(p)
		s.removeLedger()
	}, "--concurrency", "8")
	s.resumes(40)
}

func ledgerLocked(s *stage) {
	s.begin(slowly(4))
	db, err := sql.Open("sqlite", s.ledgerFile())
	if err != nil {
		s.t.Fatal(err)
	}
	defer db.Close()
	conn, err := db.Conn(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.ExecContext(context.Background(), "BEGIN IMMEDIATE"); err != nil {
		s.t.Fatal(err)
	}
	began := time.Now()
	code, said := s.during(0, func(p *os.Process) {
		time.Sleep(time.Second)
		s.signals(0, syscall.SIGINT)(p)
	})
	if n := len(s.server.Orders()); code != 130 || n != 0 || time.Since(began) > 15*time.Second {
		s.t.Errorf("exit %d, %d orders, after %v\n%s", code, n, time.Since(began), said)
	}
	if _, err := conn.ExecContext(context.Background(), "ROLLBACK"); err != nil {
		s.t.Fatal(err)
	}
	s.resumes(4)
}

func overwrite(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteAt(bytes.Repeat([]byte("Z"), int(size/2)), size/4)
	return errors.Join(err, f.Close())
}

func cutOff(path string, size int64) error { return os.Truncate(path, size/2) }

// damaged damages the ledger after a kill: nothing is placed until it has been
// moved away, and then nothing twice.
func (s *stage) damaged(spoil func(path string, size int64) error) {
	s.begin(slowly(40))
	s.during(10, killLanded)
	if out, err := s.command("reconcile", "--wait", "0", "--settle", "0").CombinedOutput(); exitCode(err) == 1 {
		s.t.Fatalf("reconcile: %v\n%s", err, out) // which leaves all in the file and nothing in the log
	}
	info, err := os.Stat(s.ledgerFile())
	if err != nil {
		s.t.Fatal(err)
	}
	if err := spoil(s.ledgerFile(), info.Size()); err != nil {
		s.t.Fatal(err)
	}
	before := len(s.server.Orders())
	code, _, said := s.imports()
	if n := len(s.server.Orders()); code != 1 || n != before || !strings.Contains(said, "damaged") || !strings.Contains(said, "move it") {
		s.t.Errorf("exit %d, %d orders before, %d after\n%s", code, before, n, said)
	}
	s.removeLedger()
	s.resumes(40)
}

// logTorn cuts the end of the log off, as a disk may that lost what it had
// confirmed. What was on its way has landed and is found.
func logTorn(s *stage) {
	s.begin(slowly(40))
	s.during(10, killLanded)
	log := s.ledgerFile() + "-wal"
	info, err := os.Stat(log)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := os.Truncate(log, info.Size()-700); err != nil {
		s.t.Fatal(err)
	}
	s.lost = true
	s.resumes(40)
}

// twoRuns works through one file from both ends; one of the two is killed.
func twoRuns(s *stage) {
	c := slowly(60)
	c.Faults = map[string]float64{"lost": .1}
	s.begin(c)
	s.edit("other.csv", func(records [][]string) { slices.Reverse(records[1:]) })
	other := s.command("import", "other.csv", "--results", "other.results.csv", "--yes", "--settle", "1s")
	var out bytes.Buffer
	other.Stdout, other.Stderr = &out, &out
	if err := other.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.during(20, kill)
	if code := exitCode(other.Wait()); code != 0 || len(s.server.Orders()) != 60 {
		s.t.Errorf("the other run: exit %d, %d orders\n%s", code, len(s.server.Orders()), out.String())
	}
	s.resumes(60)
}

func inputSaved(s *stage) {
	s.begin(slowly(30))
	code, said := s.during(6, func(*os.Process) {
		if err := os.WriteFile(filepath.Join(s.dir, "accounts.csv"), []byte("not what it was"), 0o600); err != nil {
			s.t.Fatal(err)
		}
	})
	s.truth()
	if diff := cmp.Diff(map[string]int{"completed": 30}, s.counts()); code != 0 || diff != "" {
		s.t.Errorf("exit %d, counts (-want +got):\n%s\n%s", code, diff, said)
	}
}

// edit rewrites accounts.csv to a file of another, or the same, name.
func (s *stage) edit(to string, change func(records [][]string)) {
	s.t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "accounts.csv"))
	if err != nil {
		s.t.Fatal(err)
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	change(records)
	var out bytes.Buffer
	if err := csv.NewWriter(&out).WriteAll(records); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(s.dir, to), out.Bytes(), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// rowsEdited changes rows after they were ordered: what identifies them is
// the subscription, and a row that asks for something else is told so.
func rowsEdited(s *stage) {
	s.begin(apstest.Config{Tenants: 8, Provisioning: 100 * time.Millisecond})
	s.resumes(8)
	other := s.server.Plans()[1].ID
	s.edit("accounts.csv", func(records [][]string) {
		slices.Reverse(records[1:])
		records[1][2] = strings.ToUpper(records[1][2])
		records[2][1] = other
		copy(records[3][3:6], records[4][3:6])
	})
	code, said := s.again("--cut-off", "2026-01-01")
	if diff := cmp.Diff(map[string]int{"differs": 8}, s.counts()); code != 3 || diff != "" {
		s.t.Fatalf("exit %d, counts (-want +got):\n%s\n%s", code, diff, said)
	}
	for i, want := range [][]string{{"cut-off date: the order has none"}, {"service plan: the order has", other}, {"target account: the order has"}} {
		for _, w := range want {
			if got := s.results()[i]["error"]; !strings.Contains(got, w) {
				s.t.Errorf("row %d: %q, want %q in it", i+1, got, w)
			}
		}
	}
	code, said = s.again()
	if diff := cmp.Diff(map[string]int{"existing": 6, "differs": 2}, s.counts()); code != 3 || diff != "" {
		s.t.Errorf("exit %d, counts (-want +got):\n%s\n%s", code, diff, said)
	}
}

// openedAgain opens one more order for a subscription whose order was
// cancelled, is killed with that on its way, and resumes with and without
// --again: there is one more order and not two.
func openedAgain(s *stage) {
	s.begin(slowly(3))
	sub := ""
	s.edit("accounts.csv", func(records [][]string) { sub = records[1][2] })
	s.server.FaultRow("pf", sub, 1)
	if code, _, said := s.imports(); code != 3 {
		s.t.Fatalf("exit %d\n%s", code, said)
	}
	if code, _, said := s.imports("--again", sub); code != 1 || len(s.server.Orders()) != 3 {
		s.t.Fatalf("while it is PF: exit %d, %d orders\n%s", code, len(s.server.Orders()), said)
	}
	for _, o := range s.server.Orders() {
		if o.SubID == sub {
			if err := s.server.SetOrderStatus(o.ID, "CL"); err != nil {
				s.t.Fatal(err)
			}
		}
	}
	cmd := s.command("import", "accounts.csv", "--results", "results.csv", "--yes", "--again", sub)
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.orders(4)
	kill(cmd.Process)
	cmd.Wait()
	for _, flags := range [][]string{{"--again", sub}, nil} {
		code, said := s.again(append(flags, "--settle", "1s")...)
		if n := len(s.server.Orders()); code != 0 && len(flags) == 0 || n != 4 {
			s.t.Errorf("resumed with %q: exit %d, %d orders\n%s", flags, code, n, said)
		}
	}
	if ref := s.results()[0]["reference"]; ref != "azure-import/"+sub+"/2" {
		s.t.Errorf("the result is of order %q", ref)
	}
}
