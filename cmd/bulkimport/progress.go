package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"bulkimport/csvimport"
)

const (
	barEvery   = 150 * time.Millisecond
	lineEvery  = 10 * time.Second
	eventEvery = time.Second

	longWait  = 10 * time.Second // after which a wait is told
	waitEvery = time.Minute      // and told again
)

// gauge shows where a run stands, from one goroutine: a bar on a terminal, a
// line now and then elsewhere, events on stdout where they are asked for, and
// a line whenever somebody asks by signal.
type gauge struct {
	env      *env
	progress *csvimport.Meter
	events   *events // nil without --json
	bar      *bar    // nil elsewhere than on a terminal
	words    chan string
	stopped  sync.WaitGroup
	end      context.CancelFunc
	ended    <-chan struct{}

	done  int       // rows ended when last looked
	moved time.Time // when that number last changed
	told  time.Time // when a wait was last told
}

// newGauge begins to show progress; stop ends it.
func newGauge(e *env, progress *csvimport.Meter, out *events) *gauge {
	ctx, cancel := context.WithCancel(context.Background())
	g := &gauge{env: e, progress: progress, events: out, words: make(chan string), end: cancel, ended: ctx.Done(), moved: time.Now()}
	if isTerminal(e.err) {
		e.pen(e.err) // a Windows console learns to obey
		g.bar = &bar{w: fileOf(e.err), width: width(e.err)}
	}
	g.stopped.Go(func() { g.show(ctx) })
	return g
}

// say writes words for a person without spoiling the bar.
func (g *gauge) say(words string) {
	select {
	case g.words <- words:
	case <-g.ended:
		g.stopped.Wait()
		fmt.Fprintln(g.env.err, g.env.veil.hide(clean(words)))
	}
}

// stop ends the showing and leaves the screen clean.
func (g *gauge) stop() {
	g.end()
	g.stopped.Wait()
}

func (g *gauge) show(ctx context.Context) {
	lines := time.NewTicker(lineEvery)
	defer lines.Stop()
	bars := time.NewTicker(barEvery)
	defer bars.Stop()
	if g.bar == nil {
		bars.Stop()
	}
	events := time.NewTicker(eventEvery)
	defer events.Stop()
	if g.events == nil {
		events.Stop()
	}
	asked := statusRequests(ctx)
	for {
		select {
		case <-ctx.Done():
			g.line(func() {})
			return
		case <-bars.C:
			g.draw()
		case <-lines.C:
			if g.bar == nil {
				g.log()
			}
		case <-asked:
			g.line(g.log)
		case <-events.C:
			g.events.progress(g.snapshot())
		case words := <-g.words:
			g.line(func() { fmt.Fprintln(g.env.err, g.env.veil.hide(clean(words))) })
		}
	}
}

// snapshot is where the run stands.
func (g *gauge) snapshot() csvimport.Progress {
	s := g.progress.Snapshot()
	g.settle(&s)
	return s
}

// stamp is a time in a log, with day and zone.
func stamp(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05 MST") }

// logs writes a line of a log, where stderr is one: at a terminal nobody looks for it.
func (e *env) logs(words string) {
	if !isTerminal(e.err) {
		fmt.Fprintf(e.err, "%s  %s\n", stamp(time.Now()), e.veil.hide(clean(words)))
	}
}

// settle takes the estimate of the end away while there is nothing to estimate
// it by: no row has ended for a while.
func (g *gauge) settle(s *csvimport.Progress) {
	if s.Done != g.done {
		g.done, g.moved, g.told = s.Done, time.Now(), time.Time{}
	}
	quiet := time.Since(g.moved)
	if waitsFor(*s) != "" && quiet > 2*time.Second || quiet > 5*time.Second && quiet.Seconds()*s.PerSecond > 3 {
		s.ETA = 0
	}
}

// draw draws the bar, and tells a long wait on a line of its own.
func (g *gauge) draw() {
	s := g.snapshot()
	if waiting := waitsFor(s); waiting != "" && time.Since(g.moved) >= longWait && time.Since(g.told) >= waitEvery {
		g.told = time.Now()
		g.line(func() {
			fmt.Fprintf(g.env.err, "%s  waiting for %s, for %s so far\n", stamp(g.told), g.env.veil.hide(clean(waiting)), span(time.Since(g.moved)))
		})
	}
	g.bar.resize(width(g.env.err))
	g.bar.draw(s, g.quiet())
}

// quiet is for how long no row has ended, 0 while it is not long.
func (g *gauge) quiet() time.Duration {
	if quiet := time.Since(g.moved); quiet >= longWait {
		return quiet
	}
	return 0
}

// line makes room for words where the bar is.
func (g *gauge) line(write func()) {
	if g.bar != nil {
		g.bar.clear()
	}
	write()
}

func (g *gauge) log() {
	s := g.snapshot()
	fmt.Fprintf(g.env.err, "%s  %s\n", stamp(time.Now()), standing(s, g.quiet()))
}
