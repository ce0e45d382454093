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
)

// gauge shows where a run stands, from one goroutine: a bar on a terminal, a
// line now and then elsewhere, events on stdout where they are asked for, and
// a line whenever somebody asks by signal.
type gauge struct {
	env      *env
	progress *csvimport.Progress
	events   *events // nil without --json
	bar      *bar    // nil elsewhere than on a terminal
	words    chan string
	stopped  sync.WaitGroup
	end      context.CancelFunc
	ended    <-chan struct{}
}

// newGauge begins to show progress; stop ends it.
func newGauge(e *env, progress *csvimport.Progress, out *events) *gauge {
	ctx, cancel := context.WithCancel(context.Background())
	g := &gauge{env: e, progress: progress, events: out, words: make(chan string), end: cancel, ended: ctx.Done()}
	if isTerminal(e.err) {
		e.pen(e.err) // a Windows console learns to obey
		g.bar = &bar{w: e.err, width: width(e.err)}
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
			g.bar.draw(g.progress.Snapshot())
		case <-lines.C:
			if g.bar == nil {
				g.log()
			}
		case <-asked:
			g.line(g.log)
		case <-events.C:
			g.events.progress(g.progress.Snapshot())
		case words := <-g.words:
			g.line(func() { fmt.Fprintln(g.env.err, g.env.veil.hide(clean(words))) })
		}
	}
}

// line makes room for words where the bar is.
func (g *gauge) line(write func()) {
	if g.bar != nil {
		g.bar.clear()
	}
	write()
}

func (g *gauge) log() {
	fmt.Fprintf(g.env.err, "%s  %s\n", time.Now().Format(time.TimeOnly), standing(g.progress.Snapshot()))
}
