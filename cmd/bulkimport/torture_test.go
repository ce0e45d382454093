package main_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
)

var (
	tortureCycles  = flag.Int("torture.cycles", 8, "kill the program so many times")
	tortureSeed    = flag.Uint64("torture.seed", 0, "seed of jobs, faults and moments; 0 draws one")
	tortureProgram = flag.String("torture.program", "", "the program, built already; empty: it is built")
	tortureRows    = flag.Int("torture.rows", 400, "rows of each job, about")
	tortureJobs    = flag.Int("torture.jobs", 3, "jobs at a time")
)

const tortureWidth = 16

// TestTorture drives the real program against the stand-in with lost answers,
// 504s, resets, 503s, late orders, lost references and busy accounts, kills it
// with SIGKILL at random moments, loses its ledger and edits its file in
// between, until every job is done; then the platform's orders, the ledger and
// the results file are compared row by row.
//
// In every other job the program runs as it does where somebody is billed: a row of
// which no order was found stays unknown. In the others a person says that such rows
// are sent again after a short time, and all of them come to be completed.
func TestTorture(t *testing.T) {
	seed := *tortureSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("replay with -torture.seed=%d -torture.cycles=%d -torture.rows=%d", seed, *tortureCycles, *tortureRows)
	binary := buildProgram(t)
	var total torture
	var mu sync.Mutex
	var jobs sync.WaitGroup
	next := uint64(0)
	for range *tortureJobs {
		jobs.Go(func() {
			for {
				mu.Lock()
				next++
				n := next
				enough := total.kills >= *tortureCycles || t.Failed()
				mu.Unlock()
				if enough {
					return
				}
				j := newTortureJob(t, binary, seed, n)
				j.run()
				mu.Lock()
				total.add(j.torture)
				mu.Unlock()
			}
		})
	}
	jobs.Wait()
	t.Logf("%d kills over %d jobs and %d rows: %d duplicates, %d lost rows, %d untrue results, at most %d rows in doubt from one kill (%d in flight)",
		total.kills, total.jobs, total.rows, total.duplicates, total.lost, total.untrue, total.doubts, tortureWidth)
	t.Logf("%d rows unknown in the jobs without a person's word, where %d requests were cut off before an order was created and %d were on their way at kills",
		total.unknown, total.cutOff, total.killed)
	if total.duplicates+total.lost+total.untrue > 0 || total.doubts > tortureWidth {
		t.Fail()
	}
	if most := 1.1 * float64(total.cutOff+total.killed); float64(total.unknown) > most {
		t.Errorf("%d rows are unknown, more than %.0f", total.unknown, most)
	}
}

// buildProgram builds the program as it ships, where it was not built before
// (-torture.program).
func buildProgram(t *testing.T) string {
	t.Helper()
	if *tortureProgram != "" {
		return *tortureProgram
	}
	binary := filepath.Join(t.TempDir(), "bulkimport")
	cmd := exec.Command("go", "build", "-o", binary, ".")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return binary
}

// torture is what was counted.
type torture struct {
	jobs, kills, rows, duplicates, lost, untrue, doubts int

	// of the jobs without a person's word
	unknown, cutOff, killed int
}

func (t *torture) add(o torture) {
	t.jobs += o.jobs
	t.kills += o.kills
	t.rows += o.rows
	t.duplicates += o.duplicates
	t.lost += o.lost
	t.untrue += o.untrue
	t.doubts = max(t.doubts, o.doubts)
	t.unknown += o.unknown
	t.cutOff += o.cutOff
	t.killed += o.killed
}

// tortureJob is one file to be imported whatever happens.
type tortureJob struct {
	torture
	t        *testing.T
	name     string
	binary   string
	rng      *rand.Rand
	dir      string
	server   *apstest.Server
	env      []string
	ledger   string
	ledgers  int
	input    string
	lossy    bool // the ledger is lost in between
	resend   bool // a person's word that rows in doubt are sent again
	lastKill time.Time
}

func newTortureJob(t *testing.T, binary string, seed, n uint64) *tortureJob {
	rng := rand.New(rand.NewPCG(seed, n))
	j := &tortureJob{t: t, name: fmt.Sprintf("job %d", n), binary: binary, rng: rng, dir: t.TempDir(), resend: n%2 == 0}
	rows := *tortureRows/2 + rng.IntN(*tortureRows)
	faults := map[string]float64{"lost": .02, "504": .02, "reset": .02, "503": .02}
	c := apstest.Config{
		Tenants: rows, Seed: seed + n, Faults: faults,
		Latency:      time.Duration(5+rng.IntN(40)) * time.Millisecond,
		Provisioning: time.Duration(rng.IntN(600)) * time.Millisecond,
	}
	var kinds []string
	draw := func(odds int, kind string, set func()) {
		if rng.IntN(odds) == 0 {
			kinds = append(kinds, kind)
			set()
		}
	}
	draw(3, "late", func() { faults["late"], c.Late = .3, time.Duration(rng.IntN(1000))*time.Millisecond })
	draw(4, "no-reference", func() { faults["no-reference"] = 1 })
	draw(4, "busy", func() { faults["busy"] = 1; c.Subscriptions = 4; c.Tenants = rows / 4 })
	draw(6, "429", func() { faults["429"] = .02 })
	draw(4, "short-pages", func() { faults["short-pages"] = .2 })
	draw(4, "lost ledger", func() { j.lossy = true })
	server, err := apstest.Start(c)
	if err != nil {
		t.Errorf("%s: %v", j.name, err)
		return j
	}
	j.server = server
	if j.resend {
		kinds = append(kinds, "resent")
	}
	j.name += fmt.Sprintf(" (%d rows, %s)", c.Tenants*max(c.Subscriptions, 1), strings.Join(kinds, ", "))
	j.newLedger()
	return j
}

func (j *tortureJob) newLedger() {
	j.ledgers++
	j.ledger = filepath.Join(j.dir, fmt.Sprintf("ledger-%d.db", j.ledgers))
	j.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + j.dir,
		"BULKIMPORT_URL=" + j.server.URL(), "BULKIMPORT_CONSUMER_KEY=" + j.server.Key(),
		"BULKIMPORT_CONSUMER_SECRET=" + j.server.Secret(), "BULKIMPORT_LEDGER=" + j.ledger,
	}
}

func (j *tortureJob) fail(format string, args ...any) {
	j.t.Errorf(j.name+": "+format, args...)
}

// run brings the job to its end, through kills.
func (j *tortureJob) run() {
	if j.server == nil {
		return
	}
	defer j.server.Close()
	j.jobs = 1
	j.input = filepath.Join(j.dir, "accounts.csv")
	if out, err := j.command("download", "-o", j.input, "--plan", j.server.Plans()[0].ID).CombinedOutput(); err != nil {
		j.fail("download: %v\n%s", err, out)
		return
	}
	for range 4 + j.rng.IntN(8) {
		if done := j.killOnce(); done {
			break
		}
		j.countDoubts()
		if j.lossy && j.rng.IntN(3) == 0 {
			j.newLedger()
		}
		if j.rng.IntN(3) == 0 {
			j.shuffle()
		}
	}
	for range 5 {
		if j.finish() {
			break
		}
	}
	j.compare()
	if !j.resend {
		j.cutOff = j.server.Count("reset") + j.server.Count("503")
	}
}

func (j *tortureJob) command(args ...string) *exec.Cmd {
	cmd := exec.Command(j.binary, args...)
	cmd.Env, cmd.Dir = j.env, j.dir
	return cmd
}

func (j *tortureJob) importing() *exec.Cmd {
	args := []string{"import", j.input, "--results", j.results(), "--yes", "--concurrency", fmt.Sprint(tortureWidth),
		"--wait", "30s", "--patience", "30s", "--max-errors", "100%"}
	if j.resend {
		args = append(args, "--resend-doubts", "--settle", "2s")
	}
	if j.ledgers > 1 { // one was lost
		args = append(args, "--last-import-here", time.Now().Format(time.RFC3339))
	}
	return j.command(args...)
}

func (j *tortureJob) results() string { return filepath.Join(j.dir, "results.csv") }

// killOnce runs the import and kills it at a random moment; done is true if it
// was faster.
func (j *tortureJob) killOnce() (done bool) {
	cmd := j.importing()
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		j.fail("start: %v", err)
		return true
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	moment := 60*time.Millisecond + time.Duration(j.rng.ExpFloat64()*float64(400*time.Millisecond))
	select {
	case err := <-ended:
		if code := exitCode(err); code != 0 && code != 3 && code != 5 {
			j.fail("ended with %d\n%s", code, out.String())
		}
		return true
	case <-time.After(moment):
		_ = cmd.Process.Signal(syscall.SIGKILL)
		<-ended
		j.kills++
		j.lastKill = time.Now()
		return false
	}
}

func exitCode(err error) int {
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return e.ExitCode()
	}
	if err != nil {
		return -1
	}
	return 0
}

// countDoubts counts the intents without an outcome that the kill left.
func (j *tortureJob) countDoubts() {
	entries, err := j.entries()
	if err != nil {
		j.fail("ledger after a kill: %v", err)
		return
	}
	n := 0
	for _, e := range entries {
		if e.State == ledger.Intended {
			n++
		}
	}
	j.doubts = max(j.doubts, n)
	if !j.resend {
		j.killed += n
	}
}

func (j *tortureJob) entries() (map[string]ledger.Entry, error) {
	ctx := context.Background()
	l, err := sqlite.Open(ctx, j.ledger, sqlite.Options{})
	if err != nil {
		return nil, err
	}
	defer l.Close()
	book, err := l.Platform(ctx, j.server.OrderServiceID(), j.server.URL())
	if err != nil {
		return nil, err
	}
	out := make(map[string]ledger.Entry)
	for e, err := range book.Entries(ctx, ledger.States()...) {
		if err != nil {
			return nil, err
		}
		out[e.Sub] = e
	}
	return out, nil
}

// shuffle reorders the rows of the file, as somebody who sorts a column does.
func (j *tortureJob) shuffle() {
	text, err := os.ReadFile(j.input)
	if err != nil {
		j.fail("shuffle: %v", err)
		return
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		j.fail("shuffle: %v", err)
		return
	}
	rows := records[1:]
	j.rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.WriteAll(records)
	if err := os.WriteFile(j.input, out.Bytes(), 0o600); err != nil {
		j.fail("shuffle: %v", err)
	}
}

// finish runs the import to its end; true if nothing is left to do.
func (j *tortureJob) finish() bool {
	out, err := j.importing().CombinedOutput()
	code := exitCode(err)
	if code != 0 && code != 3 && code != 5 {
		j.fail("ended with %d\n%s", code, out)
		return true
	}
	return code == 0
}

// compare holds platform, ledger and results against each other.
func (j *tortureJob) compare() {
	bySub := map[string][]apstest.StoredOrder{}
	for _, o := range j.server.Orders() {
		bySub[o.SubID] = append(bySub[o.SubID], o)
	}
	for sub, orders := range bySub {
		if len(orders) > 1 {
			j.duplicates++
			j.fail("subscription %s has %d orders: %+v", sub, len(orders), orders)
		}
	}
	rows := j.readTable(j.input)
	results := j.readTable(j.results())
	j.rows = len(rows)
	if len(rows) != len(results) {
		j.lost += max(len(rows)-len(results), 1)
		j.fail("%d rows, %d results", len(rows), len(results))
		return
	}
	entries, err := j.entries()
	if err != nil {
		j.fail("ledger: %v", err)
	}
	for i, row := range rows {
		sub, r := row["sub_id"], results[i]
		orders := bySub[sub]
		switch {
		case r["sub_id"] != sub:
			j.lost++
			j.fail("result %d is for %s, row for %s", i, r["sub_id"], sub)
		case len(orders) == 0 && !j.resend && r["status"] == "unknown":
			j.unknown++
		case len(orders) == 0:
			j.lost++
			j.fail("%s was never ordered; its result: %v", sub, r)
		case j.lossy && r["status"] == "existing" && r["order_id"] == "" && orders[0].Status == "CP":
			// the tenant list alone told, after the ledger was lost
		case !slices.Contains([]string{"completed", "existing"}, r["status"]),
			orders[0].Status != "CP", r["order_id"] != orders[0].ID,
			entries[sub].State != ledger.Completed, entries[sub].OrderID != orders[0].ID:
			j.untrue++
			j.fail("%s: result %v, order %+v, ledger %+v", sub, r, orders[0], entries[sub])
		}
	}
}

// readTable reads a file as a plain CSV reader does, a map a row.
func (j *tortureJob) readTable(path string) []map[string]string {
	text, err := os.ReadFile(path)
	if err != nil {
		j.fail("%v", err)
		return nil
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil || len(records) == 0 {
		j.fail("%s: %v", path, err)
		return nil
	}
	var out []map[string]string
	for _, record := range records[1:] {
		row := make(map[string]string)
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		out = append(out, row)
	}
	return out
}
