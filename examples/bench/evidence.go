package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// evidence measures what it costs to look before orders are placed, and while they
// are, on a platform with many older orders of others whose lists are slow. The
// first start of a ledger reads them all, and is not measured.
func (b *bench) evidence(ctx context.Context) error {
	for _, kept := range []bool{true, false} {
		if err := b.evidenceOf(ctx, kept); err != nil {
			return err
		}
	}
	b.note("evidence: half of the rows are imported beforehand, in a run of its own; then lists of orders take a second a page. All GETs of orders are counted, and the time from the start of the process to its first order.")
	return nil
}

func (b *bench) evidenceOf(ctx context.Context, kept bool) error {
	const page = time.Second
	words := "references kept"
	if !kept {
		words = "references not kept"
		defer func(had []string) { b.faults = had }(b.faults)
		b.faults = append(b.faults[:len(b.faults):len(b.faults)], "no-reference=1")
	}
	s, err := b.start(ctx, world{tenants: b.rows(20_000), older: b.rows(200_000), latency: 50 * time.Millisecond})
	if err != nil {
		return err
	}
	defer s.stop()
	ledger := filepath.Join(b.scratch, "ledger.db")
	defer removeLedger(ledger)
	half := filepath.Join(b.scratch, "half.csv")
	if err := firstLines(s.input, half, 1+s.rows/2); err != nil {
		return err
	}
	_, _, err = b.run(ctx, process{name: b.tool, env: s.env(ledger), args: []string{"import", half, "--results", filepath.Join(b.scratch, "half.results.csv"), "--yes", "--concurrency", "64", "--wait", "1m"}})
	if err != nil {
		return err
	}
	if err := s.again(page); err != nil {
		return err
	}
	p, err := b.importInto(ctx, s, ledger, 64, time.Minute, "completed", "existing")
	if err != nil {
		return err
	}
	what := fmt.Sprintf("import %s rows beside %s older orders, %v a page, %s", grouped(s.rows-s.rows/2), grouped(b.rows(200_000)), page, words)
	before := p.First.Sub(p.Began)
	b.add(line{what: what + ": before the first order", measured: fmt.Sprintf("%.1f s", before.Seconds()), bar: "≤ 60 s", reached: b.judge(before <= time.Minute)})
	share := float64(p.StatusQueries) / float64(p.StatusQueries+p.Orders+p.Other)
	b.add(line{what: "its GETs of orders, followed to their end", measured: fmt.Sprintf("%.1f %% of %s requests", 100*share, grouped(p.StatusQueries+p.Orders+p.Other)),
		bar: "≤ 2 %", reached: b.judge(share <= .02)})
	return nil
}

// firstLines copies the first n lines of a file.
func firstLines(from, to string, n int) error {
	text, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return write(to, func(w *bufio.Writer) error {
		for line := range bytes.Lines(text) {
			if n--; n < 0 {
				return nil
			}
			if _, err := w.Write(line); err != nil {
				return err
			}
		}
		return nil
	})
}
