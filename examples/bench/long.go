package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// memory measures imports of growing size, and, with the second largest, what
// the ledger holds and how fast a file is that is all done.
func (b *bench) memory(ctx context.Context) error {
	var least int64
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000} {
		rss, err := b.memoryOf(ctx, n, least)
		if err != nil {
			return err
		}
		if least == 0 {
			least = rss
		}
	}
	b.note("memory: 0 ms, 64 in flight, --wait 0. The duplicate check's own size is taken as its 16 bytes of key a row, without the table around them. CPU is user and system of the importing process.")
	return nil
}

// memoryOf imports n rows; least is the memory of the smallest import.
func (b *bench) memoryOf(ctx context.Context, n int, least int64) (rss int64, err error) {
	s, err := b.start(ctx, world{tenants: b.rows(n)})
	if err != nil {
		return 0, err
	}
	defer s.stop()
	ledger := filepath.Join(b.scratch, "ledger.db")
	defer removeLedger(ledger)
	p, err := b.importInto(ctx, s, ledger, 64, 0, "submitted")
	if err != nil {
		return 0, err
	}
	what := fmt.Sprintf("import %s rows", grouped(s.rows))
	l := line{what: what + ": memory at the peak", measured: megabytes(p.RSS)}
	if least > 0 {
		allowed := 64<<20 + int64(n)*16
		l.beside, l.ratio = megabytes(least)+" at "+grouped(b.rows(1000))+" rows", "+"+megabytes(p.RSS-least)
		l.bar, l.reached = fmt.Sprintf("≤ +%s", megabytes(allowed)), b.judge(p.RSS-least <= allowed)
	}
	b.add(l)
	cpu := milliseconds(p.usage.CPU) / float64(s.rows)
	l = line{what: what + ": CPU, whole process", measured: fmt.Sprintf("%.3f ms a row", cpu), bar: "≤ 0.3 ms", reached: b.judge(cpu <= 0.3)}
	if n == 1000 {
		l.bar, l.reached = "", "" // mostly the start of the process
	}
	b.add(l)
	b.add(line{what: what + ": speed", measured: fmt.Sprintf("%s orders/s; whole process %.1f s", grouped(p.perSecond()), p.wall().Seconds())})
	if n == 100_000 {
		err = b.resume(ctx, s, ledger)
	}
	return p.RSS, err
}

// resume measures a file that is all done: the orders have been placed, one
// more run follows them to their end, and then nothing is left to do.
func (b *bench) resume(ctx context.Context, s *standin, ledger string) error {
	if _, err := b.importInto(ctx, s, ledger, 64, time.Minute, "completed", "existing"); err != nil {
		return err
	}
	size, err := sizeOf(ledger)
	if err != nil {
		return err
	}
	perRow := float64(size) / float64(s.rows)
	b.add(line{what: fmt.Sprintf("ledger after %s rows, all completed", grouped(s.rows)), measured: fmt.Sprintf("%.0f bytes a row", perRow), bar: "< 400", reached: b.judge(perRow < 400)})
	var walls []time.Duration
	var rss []int64
	for range b.rounds {
		before, err := s.seen()
		if err != nil {
			return err
		}
		p, err := b.importInto(ctx, s, ledger, 64, time.Minute, "completed", "existing")
		if err != nil {
			return err
		}
		if p.Orders != before.Orders {
			return wrongIf("resume", fmt.Errorf("%d orders were placed again", p.Orders-before.Orders))
		}
		walls, rss = append(walls, p.wall()), append(rss, p.RSS)
		b.note("resume: %d requests of the platform, the greeting, and %d for orders; the results file is written and checked.",
			p.Other-before.Other, p.StatusQueries-before.StatusQueries)
	}
	b.add(line{what: fmt.Sprintf("resume of %s rows, all done, whole process", grouped(s.rows)), measured: fmt.Sprintf("%.2f s, %s", median(walls).Seconds(), megabytes(median(rss))), bar: "< 2 s", reached: b.judge(median(walls) < 2*time.Second)})
	return nil
}

// sizeOf is the size of a ledger with whatever lies beside it.
func sizeOf(ledger string) (size int64, err error) {
	files, err := filepath.Glob(ledger + "*")
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil {
			return 0, err
		}
		if !info.IsDir() {
			size += info.Size()
		}
	}
	return size, err
}

// following measures orders that take their time.
func (b *bench) following(ctx context.Context) error {
	provisioning := 30 * time.Second
	if b.shrink > 1 {
		provisioning = 2 * time.Second
	}
	p, err := b.toolOnce(ctx, world{tenants: b.rows(10_000), provisioning: provisioning}, 64, 10*time.Minute)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("following %s orders of %v", grouped(p.rows), provisioning)
	each := float64(p.StatusQueries) / float64(p.rows)
	b.add(line{what: what + ": status requests", measured: fmt.Sprintf("%.3f an order", each), bar: "< 0.3", reached: b.judge(each < 0.3)})
	added := p.Ended.Sub(p.Last.Add(provisioning))
	b.add(line{what: what + ": time added at the end", measured: fmt.Sprintf("%.1f s", added.Seconds()), bar: "≤ 30 s", reached: b.judge(added <= 30*time.Second)})
	b.note("following: all GETs of orders are counted, listings too; the time added is from the end of the last order to the end of the process, results written.")
	return nil
}
