package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// placed is one run that placed orders.
type placed struct {
	usage
	seen
	rows int
}

// perSecond is orders a second from the first order request to the last
// answer, as the stand-in saw them.
func (p *placed) perSecond() float64 { return float64(p.rows) / p.Last.Sub(p.First).Seconds() }

// afterFirst is perSecond without the first order, which goes alone.
func (p *placed) afterFirst() float64 { return float64(p.rows-1) / p.Last.Sub(p.Second).Seconds() }

// cpu is what the whole process took, in microseconds an order.
func (p *placed) cpu() float64 { return float64(p.usage.CPU.Microseconds()) / float64(p.rows) }

// toolOnce imports w's rows into a fresh stand-in with a fresh ledger.
func (b *bench) toolOnce(ctx context.Context, w world, concurrency int, wait time.Duration) (placed, error) {
	s, err := b.start(ctx, w)
	if err != nil {
		return placed{}, err
	}
	defer s.stop()
	ledger := filepath.Join(b.scratch, "ledger.db")
	defer removeLedger(ledger)
	return b.importInto(ctx, s, ledger, concurrency, wait, wantStatus(wait))
}

func wantStatus(wait time.Duration) string {
	if wait == 0 {
		return "submitted"
	}
	return "completed"
}

// importInto imports the stand-in's rows and checks orders and results.
func (b *bench) importInto(ctx context.Context, s *standin, ledger string, concurrency int, wait time.Duration, statuses ...string) (placed, error) {
	results := filepath.Join(b.scratch, "results.csv")
	u, _, err := b.run(ctx, process{name: b.tool, env: s.env(ledger), args: []string{"import", s.input, "--force",
		"--results", results, "--yes", "--concurrency", strconv.Itoa(concurrency), "--wait", wait.String()}})
	if err != nil {
		return placed{}, err
	}
	p := placed{usage: u, rows: s.rows}
	if p.seen, err = s.seen(); err != nil {
		return placed{}, err
	}
	err = resultsRight(s, results, statuses...)
	if err == nil && p.MostInFlight > concurrency {
		err = fmt.Errorf("%d orders were in flight", p.MostInFlight)
	}
	return p, wrongIf(fmt.Sprintf("import of %d rows, %d in flight", s.rows, concurrency), err)
}

func removeLedger(path string) {
	files, _ := filepath.Glob(path + "*")
	for _, f := range files {
		os.RemoveAll(f)
	}
}

// clientOnce has some other client place the first n orders of w in a fresh
// stand-in.
func (b *bench) clientOnce(ctx context.Context, w world, what string, client func(*standin) process) (placed, error) {
	w.signed = true
	s, err := b.start(ctx, w)
	if err != nil {
		return placed{}, err
	}
	defer s.stop()
	u, _, err := b.run(ctx, client(s))
	if err != nil {
		return placed{}, err
	}
	p := placed{usage: u, rows: s.rows}
	if p.seen, err = s.seen(); err != nil {
		return placed{}, err
	}
	_, err = ordersRight(s)
	return p, wrongIf(what, err)
}

func (b *bench) bareOnce(ctx context.Context, w world, concurrency int) (placed, error) {
	return b.clientOnce(ctx, w, "bare loop", func(s *standin) process {
		return process{name: b.self, env: s.env(""), args: []string{"bare", "-url", s.Place, "-signed", s.signed, "-c", strconv.Itoa(concurrency)}}
	})
}

// pair is rounds of two clients by turns.
type pair struct {
	tool, beside, ratio []float64 // orders a second
	toolCPU, besideCPU  []float64 // microseconds an order, whole process
}

// beside measures bulkimport and the bare loop by turns; every second round
// the other one goes first.
func (b *bench) beside(ctx context.Context, w world, rounds, concurrency int, wait time.Duration) (p pair, err error) {
	for round := range rounds {
		var tool, bare placed
		both := []func() error{
			func() (err error) { bare, err = b.bareOnce(ctx, w, concurrency); return err },
			func() (err error) { tool, err = b.toolOnce(ctx, w, concurrency, wait); return err },
		}
		for i := range both {
			if err := both[(i+round)%2](); err != nil {
				return p, err
			}
		}
		p.tool = append(p.tool, tool.afterFirst())
		p.beside = append(p.beside, bare.perSecond())
		p.ratio = append(p.ratio, tool.afterFirst()/bare.perSecond())
		p.toolCPU, p.besideCPU = append(p.toolCPU, tool.cpu()), append(p.besideCPU, bare.cpu())
	}
	return p, nil
}

func (b *bench) compare(ctx context.Context, what string, w world, rounds, concurrency int, wait time.Duration, bar float64) error {
	p, err := b.beside(ctx, w, rounds, concurrency, wait)
	if err != nil {
		return err
	}
	l := line{what: what, measured: grouped(median(p.tool)) + " orders/s", beside: "bare loop " + grouped(median(p.beside)) + "/s",
		ratio: fmt.Sprintf("%.3f", median(p.ratio)) + spread(p.ratio)}
	if bar > 0 {
		l.bar, l.reached = fmt.Sprintf("≥ %.2f", bar), b.judge(median(p.ratio) >= bar)
	}
	b.add(l)
	b.add(line{what: "its CPU, whole process", measured: fmt.Sprintf("%.0f µs an order", median(p.toolCPU)), beside: fmt.Sprintf("bare loop %.0f µs", median(p.besideCPU)),
		ratio: fmt.Sprintf("%.1f times", median(p.toolCPU)/median(p.besideCPU))})
	b.note("import: orders a second from the order after the first one, which goes alone, to the last answer as the stand-in saw them, ledger, signing and looks on; the bare loop, from its first, " +
		"(errgroup, net/http, a pool as wide) sends the same orders, resolved and written before its clock starts, signs each as it goes, and keeps nothing. The ratio is the median of the rounds' ratios.")
	return nil
}

// importing measures placing at a usual latency.
func (b *bench) importing(ctx context.Context) error {
	w := world{tenants: b.rows(2000), latency: 50 * time.Millisecond}
	for _, c := range []struct {
		inFlight int
		bar      float64
	}{{16, 0.96}, {64, 0.93}} {
		what := fmt.Sprintf("import %s rows, 50 ms, %d in flight", grouped(w.tenants), c.inFlight)
		if err := b.compare(ctx, what, w, b.rounds, c.inFlight, 0, c.bar); err != nil {
			return err
		}
	}
	return b.compare(ctx, "the same at 64, orders followed to their end", w, b.rounds, 64, time.Minute, 0)
}

// zeroLatency measures placing where only this machine is in the way, three
// times as often: a second of CPU alone is at the mercy of whatever else runs.
func (b *bench) zeroLatency(ctx context.Context) error {
	w := world{tenants: b.rows(20_000)}
	what := fmt.Sprintf("import %s rows, 0 ms, 64 in flight", grouped(w.tenants))
	return b.compare(ctx, what, w, 3*b.rounds, 64, 0, 0.6)
}
