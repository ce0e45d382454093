//go:build unix

package main_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// TestShared has two programs import one file with one ledger in a database, each on a
// machine of its own, and takes wires, servers and commits away from them. Nothing is
// ordered twice, nobody waits for ever, and the same command brings it to its end.
func TestShared(t *testing.T) {
	if !*endure {
		t.Skip("leases of seconds need a machine of their own: run by make torture LEDGER=postgres")
	}
	var some pgtest.Cluster
	some.Need(t)
	some.Close()
	binary := buildShared(t)
	for _, tt := range []struct {
		name string
		test func(*team)
	}{
		{"stopped for longer than the lease", stoppedInTheMiddle},
		{"stopped between intent and request", stoppedBeforeRequest},
		{"wire cut", wireCut},
		{"wire cut for answers", answersCut},
		{"server killed twice, and away for longer than the lease", serverKilled},
		{"standby promoted, commits lost", standbyPromoted},
		{"older copy put back", copyPutBack},
		{"synchronous standby frozen for a while", standbyFrozen},
		{"synchronous standby frozen for good", standbyFrozenForGood},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.test(newTeam(t, binary))
		})
	}
}

// team is two machines with one ledger.
type team struct {
	*testing.T
	cluster *pgtest.Cluster
	server  *apstest.Server
	a, b    *stage
	wires   [2]*pgtest.Wire // of a and b to the ledger
}

// ordersOfTeam is how many rows their file has: a few seconds' work.
const ordersOfTeam = 240

func newTeam(t *testing.T, binary string) *team {
	t.Helper()
	team := &team{T: t, cluster: &pgtest.Cluster{}}
	team.cluster.Need(t)
	t.Cleanup(team.cluster.Close)
	address := team.cluster.Fresh(t)
	var err error
	if team.server, err = apstest.Start(apstest.Config{Tenants: ordersOfTeam, Latency: 200 * time.Millisecond}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { team.server.Close() })
	for i, s := range []**stage{&team.a, &team.b} {
		*s = &stage{t: t, dir: t.TempDir(), binary: binary, server: team.server}
		(*s).ledger, team.wires[i] = pgtest.NewWire(t, address)
	}
	if out, err := team.a.command("download", "-o", "accounts.csv", "--plan", team.server.Plans()[0].ID).CombinedOutput(); err != nil {
		t.Fatalf("download: %v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(team.a.dir, "accounts.csv"))
	if err == nil {
		err = os.WriteFile(filepath.Join(team.b.dir, "accounts.csv"), text, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return team
}

// onItsWay is an import in the background.
type onItsWay struct {
	s     *stage
	cmd   *exec.Cmd
	said  bytes.Buffer
	ended chan error
}

// starts begins an import. A person's word sends again what is in doubt, after two
// seconds, so that each row comes to have an order.
func (s *stage) starts(flags ...string) *onItsWay {
	s.t.Helper()
	w := &onItsWay{s: s, ended: make(chan error, 1)}
	args := []string{"import", "accounts.csv", "--results", "results.csv", "--yes", "--concurrency", "8", "--settle", "2s", "--resend-doubts", "--wait", "20s", "--patience", "20s"}
	w.cmd = s.command(append(args, flags...)...)
	w.cmd.Stdout, w.cmd.Stderr = &w.said, &w.said
	if err := w.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	go func() { w.ended <- w.cmd.Wait() }()
	s.t.Cleanup(func() { w.cmd.Process.Signal(syscall.SIGKILL) })
	return w
}

func (w *onItsWay) signal(sig syscall.Signal) {
	w.s.t.Helper()
	if err := w.cmd.Process.Signal(sig); err != nil {
		w.s.t.Fatal(err)
	}
}

// within demands that it ends by itself, that what it says is true, and one of these
// exit statuses.
func (w *onItsWay) within(limit time.Duration, codes ...int) (code int, said string) {
	w.s.t.Helper()
	select {
	case err := <-w.ended:
		w.s.truth()
		if code = exitCode(err); !slices.Contains(codes, code) {
			w.s.t.Fatalf("exit %d, want one of %v\n%s", code, codes, w.said.String())
		}
	case <-time.After(limit):
		w.s.t.Fatalf("it goes on after %s\n%s", limit, w.said.String())
	}
	return code, w.said.String()
}

// both demands that both end, whichever does so first: beside that one the other may
// have ordered since.
func (team *team) both(limit time.Duration, a, b *onItsWay, codes ...int) {
	team.Helper()
	select {
	case err := <-a.ended:
		a.ended <- err
	case err := <-b.ended:
		b.ended <- err
		a, b = b, a
	case <-time.After(limit): // which within says
	}
	a.s.beside = true
	a.within(limit, codes...)
	a.s.beside = false
	b.within(limit, codes...)
}

// done demands that the same command, on both machines, leaves each row with its one
// order. A server that is busy with what it missed may let so short a lease pass, and
// then the same command goes on.
func (team *team) done(flags ...string) {
	team.Helper()
	for _, s := range []*stage{team.a, team.b} {
		code, said := s.starts(flags...).within(time.Minute, 0, 1)
		for again := 0; code != 0 && again < 3; again++ {
			code, said = s.starts(flags...).within(time.Minute, 0, 1)
		}
		if n := s.counts(); n["completed"]+n["existing"] != ordersOfTeam {
			team.Errorf("%v\n%s", n, said)
		}
	}
	if n := len(team.server.Orders()); n != ordersOfTeam {
		team.Errorf("%d orders for %d rows", n, ordersOfTeam)
	}
}

func stoppedInTheMiddle(team *team) {
	a := team.a.starts()
	team.a.orders(20)
	b := team.b.starts()
	team.a.orders(60)
	a.signal(syscall.SIGSTOP)
	b.within(time.Minute, 0)
	if n := len(team.server.Orders()); n != ordersOfTeam {
		team.Errorf("%d orders for %d rows, though the rows of a stopped run are another's after its lease", n, ordersOfTeam)
	}
	a.signal(syscall.SIGCONT)
	a.within(time.Minute, 1)
	team.done()
}

func stoppedBeforeRequest(team *team) {
	a := team.a.starts()
	team.a.orders(20)
	team.wires[0].Answers(false) // intents are durable, and the program does not know it
	time.Sleep(500 * time.Millisecond)
	a.signal(syscall.SIGSTOP)
	b := team.b.starts()
	time.Sleep(100 * time.Millisecond)
	team.wires[0].Answers(true)
	_, said := b.within(time.Minute, 5) // it cannot know what a process sends yet that is only not heard of
	ordered, unknown := len(team.server.Orders()), team.b.counts()["unknown"]
	if unknown == 0 || ordered+unknown != ordersOfTeam {
		team.Errorf("%d orders and %d unknown for %d rows\n%s", ordered, unknown, ordersOfTeam, said)
	}
	a.signal(syscall.SIGCONT)
	a.within(time.Minute, 1)
	if now := len(team.server.Orders()); now != ordered {
		team.Errorf("%d orders of a process that went on after its lease", now-ordered)
	}
	team.done()
}

func wireCut(team *team) { wireBroken(team, (*pgtest.Wire).Cut, (*pgtest.Wire).Mend) }

func answersCut(team *team) {
	wireBroken(team, func(w *pgtest.Wire) { w.Answers(false) }, func(w *pgtest.Wire) { w.Answers(true) })
}

// wireBroken breaks a machine's wire for longer than its lease.
func wireBroken(team *team, breaks, mends func(*pgtest.Wire)) {
	a, b := team.a.starts(), team.b.starts()
	team.a.orders(20)
	breaks(team.wires[0])
	time.Sleep(2 * shortLease)
	mends(team.wires[0])
	team.a.beside = true
	a.within(time.Minute, 0, 1)
	team.a.beside = false
	b.within(time.Minute, 0)
	team.done()
}

func serverKilled(team *team) {
	a, b := team.a.starts(), team.b.starts()
	for _, kill := range []struct {
		orders int
		away   time.Duration
	}{{20, time.Second}, {100, 2 * shortLease}} {
		team.a.orders(kill.orders)
		team.must(team.cluster.Stop())
		time.Sleep(kill.away)
		team.must(team.cluster.Start())
	}
	a.within(time.Minute, 0)
	b.within(time.Minute, 0)
	team.done()
}

func (team *team) must(err error) {
	team.Helper()
	if err != nil {
		team.Fatal(err)
	}
}

// asks demands that the next import places nothing, and asks when anybody last
// imported; then that it comes to its end once that was said.
func (team *team) asks() {
	team.Helper()
	before := len(team.server.Orders())
	_, said := team.a.starts().within(time.Minute, 6)
	if !strings.Contains(said, "--last-import-here") || len(team.server.Orders()) != before {
		team.Errorf("%d orders more\n%s", len(team.server.Orders())-before, said)
	}
	team.done("--last-import-here", time.Now().Format(time.RFC3339))
}

func standbyPromoted(team *team) {
	team.a.lost, team.b.lost = true, true
	standby := team.cluster.Standby(team, false)
	a, b := team.a.starts(), team.b.starts()
	team.a.orders(20)
	standby.CaughtUp(team, team.cluster)
	standby.Detach(team)
	team.a.orders(len(team.server.Orders()) + 40)
	team.must(team.cluster.Stop())
	standby.Promote(team)
	for _, w := range team.wires {
		w.To(standby.Address("importer", "postgres"))
	}
	team.both(3*time.Minute, a, b, 1, 6)
	team.asks()
}

func copyPutBack(team *team) {
	team.a.lost, team.b.lost = true, true
	team.cluster.Keep(team)
	a := team.a.starts()
	team.a.orders(1) // it has begun: a machine that never did remembers nothing to be lost
	b := team.b.starts()
	team.a.orders(60)
	team.cluster.PutBack(team)
	team.both(3*time.Minute, a, b, 1, 6)
	team.asks()
}

func standbyFrozen(team *team) {
	standby := team.cluster.Standby(team, true)
	a, b := team.a.starts(), team.b.starts()
	team.a.orders(20)
	standby.Freeze(team, true)
	time.Sleep(3 * shortLease)
	standby.Freeze(team, false)
	team.both(3*time.Minute, a, b, 0, 1)
	team.done()
}

func standbyFrozenForGood(team *team) {
	standby := team.cluster.Standby(team, true)
	a, b := team.a.starts(), team.b.starts()
	team.a.orders(20)
	standby.Freeze(team, true)
	team.both(4*time.Minute, a, b, 1)
	standby.Freeze(team, false)
	team.done()
}
