package main_test

import (
	"bytes"
	"encoding/csv"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
)

var endure = flag.Bool("endure", false, "run the tests that take minutes: outages, rate limits, long waits")

// stage is one stand-in and one ledger for the real program.
type stage struct {
	lost   bool // the ledger, or its end
	t      *testing.T
	dir    string
	binary string
	server *apstest.Server
	ledger string // default a file in dir
	beside bool   // another import goes on, which may have ordered since
}

func newStage(t *testing.T, c apstest.Config) *stage {
	t.Helper()
	server, err := apstest.Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	s := &stage{t: t, dir: t.TempDir(), binary: buildProgram(t), server: server}
	if out, err := s.command("download", "-o", "accounts.csv", "--plan", server.Plans()[0].ID).CombinedOutput(); err != nil {
		t.Fatalf("download: %v\n%s", err, out)
	}
	return s
}

func (s *stage) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.binary, args...)
	cmd.Dir = s.dir
	cmd.Env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + s.dir,
		"BULKIMPORT_URL=" + s.server.URL(), "BULKIMPORT_CONSUMER_KEY=" + s.server.Key(),
		"BULKIMPORT_CONSUMER_SECRET=" + s.server.Secret(), "BULKIMPORT_LEDGER=" + s.place(),
	}
	return cmd
}

// place is where the ledger is.
func (s *stage) place() string {
	if s.ledger != "" {
		return s.ledger
	}
	return filepath.Join(s.dir, "ledger.db")
}

// imports runs an import and returns its exit status, the rows by status and
// all it said.
func (s *stage) imports(flags ...string) (code int, counts map[string]int, said string) {
	s.t.Helper()
	args := append([]string{"import", "accounts.csv", "--results", "results.csv", "--yes"}, flags...)
	out, err := s.command(args...).CombinedOutput()
	code = exitCode(err)
	s.truth()
	return code, s.counts(), string(out)
}

func (s *stage) counts() map[string]int {
	counts := map[string]int{}
	for _, r := range s.results() {
		counts[r["status"]]++
	}
	return counts
}

func (s *stage) results() (rows []map[string]string) {
	text, err := os.ReadFile(filepath.Join(s.dir, "results.csv"))
	if err != nil {
		return nil
	}
	records, err := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff")))).ReadAll()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, record := range records[1:] {
		row := map[string]string{}
		for i, cell := range record {
			row[records[0][i]] = cell
		}
		rows = append(rows, row)
	}
	return rows
}

// truth holds every result against what the platform has.
func (s *stage) truth() {
	s.t.Helper()
	if d := s.server.Doubles(); len(d) > 0 {
		s.t.Fatalf("ordered twice: %v", d)
	}
	orders := map[string]apstest.StoredOrder{}
	for _, o := range s.server.Orders() {
		orders[o.SubID] = o
	}
	for _, r := range s.results() {
		o, exists := orders[r["sub_id"]]
		told := o.ID == r["order_id"] || s.lost && r["order_id"] == "" // the status was seen, the number was lost
		switch r["status"] {
		case "completed", "existing":
			if !exists || o.Status != "CP" || !told {
				s.t.Fatalf("untrue: %v, order %+v", r, o)
			}
		case "submitted", "failed":
			if !exists || !told {
				s.t.Fatalf("untrue: %v, order %+v", r, o)
			}
		case "not-sent", "refused":
			if exists && !s.beside {
				s.t.Fatalf("untrue: %v, order %+v", r, o)
			}
		}
	}
}

func slow(t *testing.T) {
	t.Helper()
	if !*endure {
		t.Skip("takes minutes: run by make torture, or with -endure")
	}
	t.Parallel()
}

func TestLateAndLost(t *testing.T) {
	slow(t)
	s := newStage(t, apstest.Config{Tenants: 500, Faults: map[string]float64{"lost": .1, "late": 1}, Late: 3 * time.Second, Provisioning: 2 * time.Second})
	code, counts, said := s.imports("--resend-doubts", "--settle", "8s", "--concurrency", "16")
	if diff := cmp.Diff(map[string]int{"completed": 500}, counts); diff != "" || code != 0 || len(s.server.Orders()) != 500 {
		t.Errorf("exit %d, %d orders, counts (-want +got):\n%s\n%s", code, len(s.server.Orders()), diff, said)
	}
}

// TestOrdersUnreadableAfterFirst: a first order that cannot be seen lets no other one go,
// and what cannot be read back once others go is not sent again.
func TestOrdersUnreadableAfterFirst(t *testing.T) {
	slow(t)
	t.Run("from the first order on", func(t *testing.T) {
		s := newStage(t, apstest.Config{Tenants: 500, Faults: map[string]float64{"orders-get-after-first": 1}})
		code, counts, said := s.imports("--show", "10s", "--patience", "1m")
		if diff := cmp.Diff(map[string]int{"unknown": 1, "not-sent": 499}, counts); diff != "" || code != 5 || s.server.OrderCount() != 1 {
			t.Errorf("exit %d, %d orders, counts (-want +got):\n%s\n%s", code, s.server.OrderCount(), diff, said)
		}
	})
	t.Run("once others go", func(t *testing.T) {
		s := newStage(t, apstest.Config{Tenants: 500, Provisioning: 2 * time.Second})
		s.once(100, func() {
			s.server.SetFault("orders-get", 1)
			s.server.SetFault("lost", .1)
		})
		code, counts, said := s.imports("--resend-doubts", "--settle", "8s", "--concurrency", "16", "--patience", "20s")
		lost, read := s.server.Count("lost"), counts["completed"]
		want := map[string]int{"unknown": lost, "submitted": 500 - lost - read}
		if read > 0 {
			want["completed"] = read
		}
		if diff := cmp.Diff(want, counts); diff != "" || code != 5 || lost == 0 || read > 200 || s.server.OrderCount() != 500 {
			t.Errorf("exit %d, %d orders, %d lost, counts (-want +got):\n%s\n%s", code, s.server.OrderCount(), lost, diff, said)
		}
	})
}

// once does something as soon as the platform has so many orders.
func (s *stage) once(orders int, do func()) {
	go func() {
		for s.server.OrderCount() < orders {
			select {
			case <-s.t.Context().Done():
				return
			case <-time.After(time.Millisecond):
			}
		}
		do()
	}()
}

func TestOrdersUnreadable(t *testing.T) {
	slow(t)
	s := newStage(t, apstest.Config{Tenants: 20, Faults: map[string]float64{"orders-get": 1}})
	if code, _, said := s.imports(); code != 1 || len(s.server.Orders()) != 0 {
		t.Errorf("exit %d, %d orders, want 1 and none\n%s", code, len(s.server.Orders()), said)
	}
}

func TestCredentialsChange(t *testing.T) {
	slow(t)
	const width = 16
	s := newStage(t, apstest.Config{Tenants: 10_000, Latency: 20 * time.Millisecond, Log: 100_000})
	changed := make(chan int, 1)
	s.once(1000, func() {
		s.server.SetCredentials(s.server.Key(), "another secret")
		changed <- s.server.OrderCount()
	})
	key, secret := s.server.Key(), s.server.Secret()
	cmd := s.command("import", "accounts.csv", "--results", "results.csv", "--yes", "--concurrency", fmt.Sprint(width))
	cmd.Env = append(cmd.Env, "BULKIMPORT_CONSUMER_KEY="+key, "BULKIMPORT_CONSUMER_SECRET="+secret)
	out, err := cmd.CombinedOutput()
	s.truth()
	counts, at, orders, refused := s.counts(), 0, s.server.OrderCount(), 0
	select {
	case at = <-changed:
	default:
		t.Fatalf("%d orders, and the credentials never changed\n%s", orders, out)
	}
	for _, r := range s.server.Requests() {
		if r.Kind == "place" && r.Status == http.StatusUnauthorized {
			refused++ // nothing can be read any more that would bear it out
		}
	}
	want := map[string]int{"completed": counts["completed"], "submitted": orders - counts["completed"], "unknown": refused, "not-sent": 10_000 - orders - refused}
	if diff := cmp.Diff(want, counts); diff != "" || exitCode(err) != 1 || orders > at+width || refused > width {
		t.Errorf("exit %d, %d orders when the credentials changed and %d in the end, counts (-want +got):\n%s\n%s", exitCode(err), at, orders, diff, out)
	}
}

func TestOutage(t *testing.T) {
	slow(t)
	s := newStage(t, apstest.Config{Tenants: 2000, Latency: 50 * time.Millisecond, Provisioning: time.Second, RetryAfter: 2 * time.Second})
	plain := s.timed(func() {
		t := newStage(s.t, apstest.Config{Tenants: 2000, Latency: 50 * time.Millisecond, Provisioning: time.Second})
		t.imports("--concurrency", "8")
	})
	go func() {
		time.Sleep(4 * time.Second)
		s.server.SetOutage(true)
		time.Sleep(30 * time.Second)
		s.server.SetOutage(false)
		time.Sleep(30 * time.Second)
		s.server.EndOutage()
	}()
	var code int
	var counts map[string]int
	var said string
	with := s.timed(func() { code, counts, said = s.imports("--concurrency", "8", "--resend-doubts", "--settle", "10s") })
	t.Logf("%.0fs without, %.0fs with an outage of 60s", plain.Seconds(), with.Seconds())
	if diff := cmp.Diff(map[string]int{"completed": 2000}, counts); diff != "" || code != 0 {
		t.Errorf("exit %d, counts (-want +got):\n%s\n%s", code, diff, said)
	}
}

func (s *stage) timed(do func()) time.Duration {
	began := time.Now()
	do()
	return time.Since(began)
}

// TestRateLimited: a limit of requests refuses nothing for good, a run goes near to it, and
// little of what it sends is refused. TestRateLimit of the engine holds it to the same in
// fake time.
func TestRateLimited(t *testing.T) {
	slow(t)
	for _, retryAfter := range []time.Duration{0, time.Second} {
		t.Run("retry after "+retryAfter.String(), func(t *testing.T) {
			t.Parallel()
			s := newStage(t, apstest.Config{Tenants: 1500, Latency: 50 * time.Millisecond, RateLimit: 20, RetryAfter: retryAfter, RateLimitWait: retryAfter > 0, Log: 10_000})
			began := time.Now()
			code, counts, said := s.imports("--concurrency", "32")
			all, late, refused := s.server.Count("status 429"), 0, 0
			var first, last time.Time
			for _, r := range s.server.Requests() {
				if r.Kind != "place" {
					continue
				}
				if first.IsZero() {
					first = r.Time
				}
				last = r.Time
				if r.Time.Sub(first) > 10*time.Second {
					late++
					if r.Status == http.StatusTooManyRequests {
						refused++
					}
				}
			}
			held := 1500 / last.Sub(first).Seconds() / 20
			t.Logf("held at %.0f %% of the limit; %d refused, %d of %d after ten seconds; %s in all", 100*held, all, refused, late, time.Since(began).Round(time.Second))
			if diff := cmp.Diff(map[string]int{"completed": 1500}, counts); diff != "" || code != 0 || all == 0 || held < .85 || float64(refused) >= .05*float64(late) {
				t.Errorf("exit %d, %d refused, counts (-want +got):\n%s\n%s", code, all, diff, said)
			}
		})
	}
}
