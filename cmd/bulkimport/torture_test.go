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
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/sqlite"
)

var (
	tortureCycles  = flag.Int("torture.cycles", 8, "kill the program so many times")
	tortureSeed    = flag.Uint64("torture.seed", 0, "seed of jobs, faults and moments; 0 draws one")
	tortureProgram = flag.String("torture.program", "", "the program, built already; empty: it is built")
	tortureLeash   = flag.Bool("torture.leash", false, "the program is killed by closing its stdin")
	tortureRows    = flag.Int("torture.rows", 400, "rows of each job, about")
	tortureJobs    = flag.Int("torture.jobs", 3, "jobs at a time")
	tortureLedger  = flag.String("torture.ledger", "", "postgres: several programs at once, with one ledger in a database")
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
	if *tortureLedger == "postgres" {
		t.Skip("several programs are asked for: TestTortureShared")
	}
	tortured(t, *tortureCycles, *tortureJobs, (&tortureKind{binary: buildProgram(t)}).job)
}

// tortured does jobs, so many at a time, until programs were killed so many times.
func tortured(t *testing.T, cycles, atATime int, newJob func(t *testing.T, seed, n uint64) *tortureJob) {
	seed := *tortureSeed
	if seed == 0 {
		seed = uint64(time.Now().UnixNano())
	}
	t.Logf("replay with -torture.seed=%d -torture.cycles=%d -torture.rows=%d", seed, cycles, *tortureRows)
	var total torture
	var mu sync.Mutex
	var jobs sync.WaitGroup
	next := uint64(0)
	for range atATime {
		jobs.Go(func() {
			for {
				mu.Lock()
				next++
				n := next
				enough := total.kills >= cycles || t.Failed()
				mu.Unlock()
				if enough {
					return
				}
				j := newJob(t, seed, n)
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
	if total.taken > 0 {
		t.Logf("%d rows of killed runs were taken over, at most %s after the kill", total.taken, total.latest.Round(time.Millisecond))
	}
	if total.duplicates+total.lost+total.untrue > 0 || total.doubts > tortureWidth {
		t.Fail()
	}
	if most := 1.1 * float64(total.cutOff+total.killed); float64(total.unknown) > most {
		t.Errorf("%d rows are unknown, more than %.0f", total.unknown, most)
	}
}

// buildProgram builds the program as it ships, where it was not built before
// (-torture.program), or with what the linker is to set.
func buildProgram(t *testing.T, set ...string) string {
	t.Helper()
	if *tortureProgram != "" && len(set) == 0 {
		return *tortureProgram
	}
	binary := filepath.Join(t.TempDir(), "bulkimport")
	cmd := exec.Command("go", "build", "-o", binary, "-ldflags", strings.Join(set, " "), ".")
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

	taken  int           // rows that were taken over
	latest time.Duration // the longest time from a kill to that
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
	t.taken += o.taken
	t.latest = max(t.latest, o.latest)
}

// tortureKind is what jobs are done with.
type tortureKind struct {
	binary string
	shared func(*testing.T) string // an empty database for the ledger of a job; nil: it is in a file
}

// tortureJob is one file to be imported whatever happens, or three that overlap.
type tortureJob struct {
	torture
	kind    *tortureKind
	t       *testing.T
	name    string
	rng     *rand.Rand
	dir     string
	server  *apstest.Server
	hands   []*hand
	ledger  string
	ledgers int
	lossy   bool // the ledger is lost in between
	resend  bool // a person's word that rows in doubt are sent again
}

// hand is one operator's machine.
type hand struct{ dir, input string }

func (h *hand) results() string { return filepath.Join(h.dir, "results.csv") }

func (k *tortureKind) job(t *testing.T, seed, n uint64) *tortureJob {
	rng := rand.New(rand.NewPCG(seed, n))
	j := &tortureJob{kind: k, t: t, name: fmt.Sprintf("job %d", n), rng: rng, dir: t.TempDir(), resend: n%2 == 0}
	rows := *tortureRows/2 + rng.IntN(*tortureRows)
	if k.shared != nil {
		rows *= 3 // so many do it
	}
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
	if k.shared == nil {
		draw(4, "lost ledger", func() { j.lossy = true })
	}
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
	if j.ledger = filepath.Join(j.dir, fmt.Sprintf("ledger-%d.db", j.ledgers)); j.kind.shared != nil {
		j.ledger = j.kind.shared(j.t)
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
	first := &hand{dir: j.dir, input: filepath.Join(j.dir, "accounts.csv")}
	j.hands = []*hand{first}
	if out, err := j.command(first, "download", "-o", first.input, "--plan", j.server.Plans()[0].ID).CombinedOutput(); err != nil {
		j.fail("download: %v\n%s", err, out)
		return
	}
	if j.kind.shared != nil {
		j.share()
	} else {
		j.alone(first)
	}
	for range 5 {
		done := true
		for _, h := range j.hands {
			done = j.finish(h) && done
		}
		if done {
			break
		}
	}
	j.compare()
	if !j.resend {
		j.cutOff = j.server.Count("reset") + j.server.Count("503")
	}
}

// alone kills the one program that there is, loses its ledger and sorts its file.
func (j *tortureJob) alone(h *hand) {
	for range 4 + j.rng.IntN(8) {
		if done := j.killOnce(h); done {
			break
		}
		j.countDoubts(0)
		if j.lossy && j.rng.IntN(3) == 0 {
			j.newLedger()
		}
		if j.rng.IntN(3) == 0 {
			j.shuffle(h)
		}
	}
}

// killable is a run of the program.
type killable struct {
	*exec.Cmd
	kill func()
}

func (j *tortureJob) command(h *hand, args ...string) *killable {
	cmd := exec.Command(j.kind.binary, args...)
	cmd.Dir = h.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + h.dir,
		"BULKIMPORT_URL=" + j.server.URL(), "BULKIMPORT_CONSUMER_KEY=" + j.server.Key(),
		"BULKIMPORT_CONSUMER_SECRET=" + j.server.Secret(), "BULKIMPORT_LEDGER=" + j.ledger,
	}
	kill := func() { _ = cmd.Process.Kill() }
	if *tortureLeash {
		leash, err := cmd.StdinPipe()
		if err != nil {
			j.fail("%v", err)
		}
		kill = func() { leash.Close() }
	}
	return &killable{cmd, kill}
}

func (j *tortureJob) importing(h *hand) *killable {
	limit := "30s"
	if j.kind.shared != nil { // programs wait for each other's rows in doubt until all of these have passed
		limit = "10s"
	}
	args := []string{"import", h.input, "--results", h.results(), "--yes", "--concurrency", fmt.Sprint(tortureWidth),
		"--wait", limit, "--patience", limit, "--max-errors", "100%"}
	if j.resend {
		args = append(args, "--resend-doubts", "--settle", "2s")
	}
	if j.ledgers > 1 { // one was lost
		args = append(args, "--last-import-here", time.Now().Format(time.RFC3339))
	}
	return j.command(h, args...)
}

// moment is how long after its start a program is killed.
func (j *tortureJob) moment() time.Duration {
	return 60*time.Millisecond + time.Duration(j.rng.ExpFloat64()*float64(400*time.Millisecond))
}

// killOnce runs the import and kills it at a random moment; done is true if it was
// faster.
func (j *tortureJob) killOnce(h *hand) (done bool) {
	killed := j.killAt(h, j.placing(), j.moment())
	if killed {
		j.kills++
	}
	return !killed
}

// placing is when the moment of a kill begins to count: at once. On a leash a program
// takes seconds to start, and most kills are to come while orders are placed.
func (j *tortureJob) placing() (ready func(pid int) bool) {
	if !*tortureLeash || j.rng.IntN(4) == 0 {
		return func(int) bool { return true }
	}
	before, end := j.server.OrderCount(), time.Now().Add(10*time.Second)
	return func(int) bool { return j.server.OrderCount() > before || time.Now().After(end) }
}

// killAt runs the import and kills it so long after it was ready, unless it was faster.
func (j *tortureJob) killAt(h *hand, ready func(pid int) bool, after time.Duration) (killed bool) {
	cmd := j.importing(h)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		j.fail("start: %v", err)
		return false
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for wait := time.Duration(0); ; wait = 20 * time.Millisecond {
		select {
		case err := <-ended:
			j.endedWell(err, out.String())
			return false
		case <-time.After(wait):
		}
		if !ready(cmd.Process.Pid) {
			continue
		}
		select {
		case err := <-ended:
			j.endedWell(err, out.String())
			return false
		case <-time.After(after):
			cmd.kill()
			<-ended
			return true
		}
	}
}

// endedWell demands an exit status with which an import may end here; all tells that
// nothing is left to do.
func (j *tortureJob) endedWell(err error, said string) (all bool) {
	code := exitCode(err)
	if code != 0 && code != 3 && code != 5 {
		j.fail("ended with %d\n%s", code, said)
	}
	return code == 0
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

// countDoubts counts the intents without an outcome that the kill left, of one run or,
// if that is 0, of all.
func (j *tortureJob) countDoubts(run int64) {
	entries, err := j.entries()
	if err != nil {
		j.fail("ledger after a kill: %v", err)
		return
	}
	n := 0
	for _, e := range entries {
		if e.State == ledger.Intended && (run == 0 || e.Run == run) {
			n++
		}
	}
	j.doubts = max(j.doubts, n)
	if !j.resend {
		j.killed += n
	}
}

// tortureBook is what is read of a ledger.
type tortureBook interface {
	ledger.Book
	Runs(ctx context.Context, limit int) ([]ledger.RunInfo, error)
	Story(ctx context.Context, sub string) ([]ledger.Entry, []ledger.Event, error)
}

// reading opens the ledger for a while.
func (j *tortureJob) reading(read func(context.Context, tortureBook) error) error {
	ctx := context.Background()
	id, address := j.server.OrderServiceID(), j.server.URL()
	if j.kind.shared != nil {
		l, err := postgres.Open(ctx, j.ledger, postgres.Options{})
		if err != nil {
			return err
		}
		defer l.Close()
		book, err := l.Platform(ctx, id, address)
		if err != nil {
			return err
		}
		return read(ctx, book)
	}
	l, err := sqlite.Open(ctx, j.ledger, sqlite.Options{})
	if err != nil {
		return err
	}
	defer l.Close()
	book, err := l.Platform(ctx, id, address)
	if err != nil {
		return err
	}
	return read(ctx, book)
}

func (j *tortureJob) entries() (map[string]ledger.Entry, error) {
	out := make(map[string]ledger.Entry)
	err := j.reading(func(ctx context.Context, book tortureBook) error {
		for e, err := range book.Entries(ctx, ledger.States()...) {
			if err != nil {
				return err
			}
			out[e.Sub] = e
		}
		return nil
	})
	return out, err
}

// shuffle reorders the rows of the file, as somebody who sorts a column does.
func (j *tortureJob) shuffle(h *hand) {
	j.rewrite(h.input, h.input, func(rows [][]string) [][]string {
		j.rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
		return rows
	})
}

// rewrite makes a file of the rows of another.
func (j *tortureJob) rewrite(from, to string, change func(rows [][]string) [][]string) {
	text, err := os.ReadFile(from)
	if err != nil {
		j.fail("%v", err)
		return
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		j.fail("%v", err)
		return
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.WriteAll(append(records[:1:1], change(records[1:])...))
	if err := os.WriteFile(to, out.Bytes(), 0o600); err != nil {
		j.fail("%v", err)
	}
}

// finish runs the import to its end; true if nothing is left to do.
func (j *tortureJob) finish(h *hand) bool {
	out, err := j.importing(h).CombinedOutput()
	return j.endedWell(err, string(out))
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
	entries, err := j.entries()
	if err != nil {
		j.fail("ledger: %v", err)
	}
	unknown := make(map[string]bool)
	for _, h := range j.hands {
		j.compareFile(h, bySub, entries, unknown)
	}
	j.unknown = len(unknown)
}

// compareFile does so for the rows of one file.
func (j *tortureJob) compareFile(h *hand, bySub map[string][]apstest.StoredOrder, entries map[string]ledger.Entry, unknown map[string]bool) {
	rows := j.readTable(h.input)
	results := j.readTable(h.results())
	j.rows += len(rows)
	if len(rows) != len(results) {
		j.lost += max(len(rows)-len(results), 1)
		j.fail("%d rows, %d results", len(rows), len(results))
		return
	}
	for i, row := range rows {
		sub, r := row["sub_id"], results[i]
		orders := bySub[sub]
		switch {
		case r["sub_id"] != sub:
			j.lost++
			j.fail("result %d is for %s, row for %s", i, r["sub_id"], sub)
		case len(orders) == 0 && !j.resend && r["status"] == "unknown":
			unknown[sub] = true
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
