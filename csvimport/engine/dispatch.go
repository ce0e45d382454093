package engine

import (
	"slices"
	"time"
)

// schedule is items to be put back in their lanes at a time.
type schedule []delay

type delay struct {
	it *item
	at time.Time
}

// releaseDelayed puts back what has waited long enough.
func (im *importer) releaseDelayed(now time.Time, wake *alarm) {
	rest := im.delayed[:0]
	for _, d := range im.delayed {
		if now.Before(d.at) {
			wake.at(d.at)
			rest = append(rest, d)
			continue
		}
		im.waiting--
		im.enqueue(d.it, true)
	}
	clear(im.delayed[len(rest):])
	im.delayed = rest
}

// later puts it back in its lane after a pause of full jitter. Repetitions have
// a budget, a tenth of the clean answers: once it is spent they come slowly.
func (im *importer) later(it *item, now time.Time) {
	it.tries++
	wait := time.Duration(0)
	if im.budget--; im.budget < 0 {
		im.budget = 0
		wait = 2 * time.Second
	}
	im.waiting++
	im.delayed = append(im.delayed, delay{it, now.Add(max(wait, backoff(it.tries, 200*time.Millisecond, 10*time.Second)))})
}

// enqueue gives it to the lane of its account, as the next one if front.
func (im *importer) enqueue(it *item, front bool) {
	l := im.laneOf(it.entry.AccountID)
	if front {
		l.again(it)
	} else {
		l.push(it)
	}
	im.waiting++
	im.queueLane(l)
}

func (im *importer) laneOf(account string) *lane {
	l := im.lanes[account]
	if l == nil {
		l = &lane{account: account}
		im.lanes[account] = l
	}
	return l
}

func (im *importer) queueLane(l *lane) {
	if !l.queued && l.ready(im.opt.PerAccount) {
		l.queued = true
		im.queue = append(im.queue, l)
	}
}

// dropLane forgets a lane nothing waits in: memory does not grow with the
// accounts of the file.
func (im *importer) dropLane(l *lane) {
	if l.waiting() == 0 && l.inFlight == 0 && l.open == 0 && !l.queued {
		delete(im.lanes, l.account)
	}
}

// dispatch sends as many rows as gate, lanes, trial and limits allow.
func (im *importer) dispatch(now time.Time, wake *alarm) {
	if im.canary.judged(im.fed && im.waiting == 0 && im.working == 0) {
		im.judge()
	}
	for len(im.queue) > 0 && im.phase == placing {
		if im.outage.paused && (!im.outage.half || im.working > 0) {
			return
		}
		if im.opt.MaxOpen > 0 && im.open.len()+im.working >= im.opt.MaxOpen {
			return
		}
		ok, at := im.pressure.open(now)
		if !ok {
			wake.at(at)
			return
		}
		l := im.nextLane()
		if l == nil {
			return
		}
		l.queued = false
		if !l.ready(im.opt.PerAccount) {
			continue
		}
		it := l.pop()
		im.waiting--
		im.canary.begin(it)
		l.inFlight++
		im.queueLane(l)
		im.pressure.start(now)
		im.send(it)
	}
}

// nextLane takes the next lane from the queue; while a trial has all the rows
// it may have, only one whose next row is among them.
func (im *importer) nextLane() *lane {
	for i, l := range im.queue {
		if im.canary.admits() || !l.ready(im.opt.PerAccount) || l.rows[l.head].canary {
			if i == 0 {
				im.queue = im.queue[1:]
			} else {
				im.queue = slices.Delete(im.queue, i, i+1)
			}
			return l
		}
	}
	return nil
}

// probeLanes opens busy lanes whose probe is due.
func (im *importer) probeLanes(now time.Time, wake *alarm) {
	for l := range im.busy {
		if now.Before(l.probeAt) {
			wake.at(l.probeAt)
			continue
		}
		im.openLane(l)
	}
}
