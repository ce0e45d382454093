package engine

import (
	"bulkimport/csvimport"
)

// canary holds a run back to its first rows: the canary, or the first day.
type canary struct {
	size    int // rows that may be sent before it has ended, 0 = no trial
	first   bool
	begun   int
	ended   int
	bad     int
	over    bool
	checked bool
}

func newCanary(o Options) canary {
	t := canary{size: o.Canary}
	if o.FirstOnly {
		t = canary{size: 1, first: true}
	}
	t.over = t.size == 0
	return t
}

// admits reports whether one more row may be sent for the first time.
func (t *canary) admits() bool { return t.over || t.begun < t.size }

func (t *canary) begin(it *item) {
	if !t.over && !it.canary {
		it.canary = true
		t.begun++
	}
}

func (t *canary) end(it *item, s csvimport.Status) {
	if !it.canary || t.over {
		return
	}
	t.ended++
	if s != csvimport.Completed {
		t.bad++
	}
}

// judged reports whether all rows of the trial have ended; last is true when
// no further row can come.
func (t *canary) judged(last bool) bool {
	return !t.over && t.begun > 0 && t.ended == t.begun && (t.begun == t.size || last)
}

// judge decides after a trial: go on, or stop.
func (im *importer) judge() {
	t := &im.canary
	switch {
	case t.bad > 0:
		im.stop(draining, &StopError{Code: StopCanary, Rows: t.begun, Bad: t.bad})
	case im.job.Imported != nil && !t.checked:
		if im.tasks > 0 {
			return
		}
		t.checked = true
		im.background(func() func() {
			missing, err := im.notImported(im.readCtx)
			return func() { im.tried(missing, err) }
		})
	case t.checked && im.tasks > 0:
	default:
		im.passed()
	}
}

func (im *importer) tried(missing int, err error) {
	if err != nil {
		im.log.Warn("tenants not readable after the first rows", "error", err)
	}
	if missing > 0 {
		im.stopNotImported(missing)
	}
}

func (im *importer) passed() {
	if im.canary.first {
		im.stop(draining, &StopError{Code: StopFirst})
		return
	}
	im.canary.over = true
}

func (im *importer) stopNotImported(n int) {
	im.stop(draining, &StopError{Code: StopNotImported, Bad: n})
}
