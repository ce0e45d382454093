package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// answer is what became of one request for an order.
type answer struct {
	started time.Time
	entry   ledger.Entry // as recorded
	held    bool         // not granted: another run, or an order, was there first
	freed   bool         // the next order may have gone meanwhile
	err     error        // what the platform or the network said, nil if accepted
	broken  error        // what the ledger said: the run can not go on
}

// toPlace is an item as it is to be ordered.
type toPlace struct {
	it    *item
	entry ledger.Entry
}

// send has a goroutine place the order for it: one that has placed another, or
// a new one. The gate bounds how many there are.
func (im *importer) send(it *item) {
	im.working++
	o := toPlace{it, it.entry}
	select {
	case im.orders <- o:
	default:
		go im.sender(o)
	}
}

func (im *importer) sender(o toPlace) {
	for more := true; more; o, more = <-im.orders {
		im.place(o.it, o.entry)
	}
}

// place is the one hard place. The intent is durable before the request is
// written, and the outcome before anyone hears of it; between the two the
// request is sent at most once. What the answer leaves open stays in doubt.
func (im *importer) place(it *item, e ledger.Entry) {
	if im.halt.Load() {
		im.answer(it, answer{entry: e, err: errHalted})
		return
	}
	if e.SubmittedAt.IsZero() || !e.Doubted {
		e.SubmittedAt = im.job.Orders.Now()
	}
	intent, granted, err := im.job.Run.Intend(context.WithoutCancel(im.sendCtx), e)
	switch {
	case err != nil:
		im.answer(it, answer{entry: e, broken: err})
		return
	case !granted:
		im.answer(it, answer{entry: intent, held: true})
		return
	}
	a := im.request(intent)
	a.freed = a.err == nil
	im.job.Run.Recording(a.entry, func(err error) {
		a.broken = err
		im.answer(it, a)
	})
	if a.freed {
		im.free(a.started)
	}
}

// request sends the one request for an order whose intent is durable.
func (im *importer) request(intent ledger.Entry) (a answer) {
	a.entry, a.started = intent, time.Now()
	defer func() {
		if p := recover(); p != nil {
			a.err = fmt.Errorf("placing the order broke off: %v", p)
			a.entry.State, a.entry.Doubted, a.entry.DoubtSince = ledger.Doubt, true, im.job.Orders.Now()
		}
	}()
	if im.halt.Load() {
		a.err = errHalted
	} else {
		var p apsclient.Placed
		p, a.err = im.job.Orders.Place(im.sendCtx, request(&intent))
		a.entry.OrderID, a.entry.HTTPStatus = p.OrderID, p.Status
		if !p.Date.IsZero() {
			a.entry.SubmittedAt = p.Date
		}
	}
	im.conclude(&a, intent)
	return a
}

// free lets the next order go while the outcome of one that was accepted is on
// its way to the disk. The next one's intent is written after that outcome, or
// with it: never are more intents without outcome on the disk than orders in
// flight.
func (im *importer) free(started time.Time) {
	now := time.Now()
	im.post(func() {
		im.pressure.inFlight--
		im.pressure.answered(started, now)
	})
}

// answer hands the answer for it to the loop.
func (im *importer) answer(it *item, a answer) {
	im.post(func() {
		im.working--
		if !a.freed {
			im.pressure.inFlight--
		}
		im.placed(it, a)
	})
}

var errHalted = &apsclient.Error{Kind: apsclient.NotSent, Op: "place order", Message: "the run has been stopped"}

// conclude writes into the entry what the answer means for the order.
func (im *importer) conclude(a *answer, intent ledger.Entry) {
	e := &a.entry
	e.Code, e.Message = "", ""
	if a.err == nil {
		e.State, e.Doubted = ledger.Accepted, false
		return
	}
	e.Code, e.Message, e.HTTPStatus = describe(a.err)
	switch kind := apsclient.KindOf(a.err); {
	case kind == apsclient.InDoubt || needsLook(a.err, intent.Doubted):
		e.State, e.Doubted = ledger.Doubt, true
		e.DoubtSince, e.SubmittedAt = im.job.Orders.Now(), intent.SubmittedAt
	case kind == apsclient.Refused:
		e.State = ledger.Refused
	default: // certain that nothing was created, and not the row's fault
		e.State = ledger.NotSent
		e.SubmittedAt = time.Time{}
	}
}

// needsLook reports whether a clear "no" may be the echo of an earlier send of
// our own, or came wrapped in a failure: it is believed only after a look.
func needsLook(err error, doubted bool) bool {
	e, ok := errors.AsType[*apsclient.Error](err)
	if !ok {
		return true
	}
	return e.Wrapped || doubted && (e.Kind == apsclient.Refused || e.Kind == apsclient.Busy)
}

// describe is an error as the results file tells it.
func describe(err error) (code, message string, status int) {
	if e, ok := errors.AsType[*apsclient.Error](err); ok {
		message = e.Message
		if message == "" {
			message = e.Error()
		}
		if e.Support != "" {
			message += " [" + e.Support + "]"
		}
		code = e.Code
		if code == "" {
			code = kindCode(e)
		}
		return code, message, e.Status
	}
	return "ERROR", err.Error(), 0
}

func kindCode(e *apsclient.Error) string {
	if e.Status != 0 {
		return fmt.Sprintf("HTTP_%d", e.Status)
	}
	if e.Kind == apsclient.NotSent {
		return "NOT_SENT"
	}
	return "NO_ANSWER"
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*apsclient.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

// placed takes the answer on the loop: what it means for the row, its account
// and the platform as a whole.
func (im *importer) placed(it *item, a answer) {
	now := time.Now()
	im.answered = now
	l := im.laneOf(it.entry.AccountID)
	l.inFlight--
	defer func() {
		im.queueLane(l)
		im.dropLane(l)
	}()
	if !a.held {
		it.entry = a.entry
	}
	switch {
	case a.broken != nil:
		im.ledgerFailed(a.broken)
		im.endUnrecorded(it, a)
	case a.held:
		im.found(it, a.entry)
	case a.err == nil:
		im.calm(l)
		it.sends++
		im.accepted(it, now)
	default:
		im.unplaced(it, l, a, now)
	}
}

// calm takes a clean answer: the platform works, the account is not busy.
func (im *importer) calm(l *lane) {
	im.outage.over()
	im.budget = min(im.budget+0.1, 100)
	l.probes, l.busyAt = 0, time.Time{}
	im.openLane(l)
}

// unplaced takes everything but an accepted order.
func (im *importer) unplaced(it *item, l *lane, a answer, now time.Time) {
	kind := apsclient.KindOf(a.err)
	switch {
	case a.err == error(errHalted):
		im.retryOrEnd(it, now)
	case kind == apsclient.InDoubt:
		it.sends++
		im.pressure.overloaded(a.started, now, retryAfter(a.err), false)
		im.outage.failed(now, retryAfter(a.err))
		im.addDoubt(it, now, nil)
	case a.entry.State == ledger.Doubt: // a "no" to be believed after a look
		it.sends++
		im.calm(l)
		im.addDoubt(it, now, a.err)
	case kind == apsclient.Refused:
		it.sends++
		im.calm(l)
		im.pressure.answered(a.started, now)
		im.end(it, csvimport.Refused)
	case kind == apsclient.Busy:
		im.outage.over()
		im.pressure.answered(a.started, now)
		im.park(it, l, now)
	case kind == apsclient.SlowDown && a.entry.HTTPStatus == 429:
		im.outage.slowed(now)
		im.pressure.overloaded(a.started, now, retryAfter(a.err), true)
		im.retryOrEnd(it, now)
	case kind == apsclient.SlowDown:
		im.outage.failed(now, retryAfter(a.err))
		im.pressure.overloaded(a.started, now, retryAfter(a.err), false)
		im.retryOrEnd(it, now)
	case im.fatal(a.err):
		im.end(it, csvimport.Unsent)
	default: // not sent
		im.outage.failed(now, 0)
		im.pressure.overloaded(a.started, now, 0, false)
		im.retryOrEnd(it, now)
	}
}

func (im *importer) retryOrEnd(it *item, now time.Time) {
	if im.phase != placing {
		im.end(it, csvimport.Unsent)
		return
	}
	im.later(it, now)
}

// fatal stops the run if err is one no row can be placed after: credentials,
// permissions, no order service.
func (im *importer) fatal(err error) bool {
	stop := &StopError{Err: err}
	switch apsclient.KindOf(err) {
	case apsclient.Credentials:
		stop.Code = StopCredentials
	case apsclient.Permission:
		stop.Code = StopPermission
	case apsclient.NoService:
		stop.Code = StopNoService
	default:
		return false
	}
	im.stop(ending, stop)
	return true
}

// park closes the account's lane until its open order has ended. The row goes
// first when it opens; a lane that stays busy far longer than orders take ends
// the row with the platform's words.
func (im *importer) park(it *item, l *lane, now time.Time) {
	if !l.busyAt.IsZero() && now.Sub(l.busyAt) > max(im.opt.Wait, 10*time.Minute) {
		im.end(it, csvimport.Refused)
		return
	}
	if im.phase != placing {
		im.end(it, csvimport.Unsent)
		return
	}
	l.closeBusy(now)
	im.busy[l] = struct{}{}
	im.enqueue(it, true)
}

func (im *importer) openLane(l *lane) {
	if l.busy {
		l.busy = false
		delete(im.busy, l)
		im.queueLane(l)
	}
}

// accepted takes an order that exists and has not ended.
func (im *importer) accepted(it *item, now time.Time) {
	if im.control == nil {
		im.control = cmpControl(nil, &it.entry)
	}
	switch {
	case im.opt.Wait >= 0:
		im.follow(it, now, im.opt.Wait)
	case it.canary: // the first rows are followed even where no others are
		im.follow(it, now, 10*time.Minute)
	default:
		im.endOrder(it)
	}
}

func (im *importer) follow(it *item, now time.Time, wait time.Duration) {
	im.laneOf(it.entry.AccountID).open++
	im.open.add(it, now, now.Add(wait))
}

// endUnrecorded ends a row whose outcome could not be written down: what is
// known now is told, and the next run finds the intent in doubt.
func (im *importer) endUnrecorded(it *item, a answer) {
	im.unrecorded[it.index] = a.entry
	switch {
	case a.started.IsZero():
		im.end(it, csvimport.Unsent)
	case a.err == nil:
		im.end(it, csvimport.Submitted)
	default:
		im.end(it, csvimport.Unknown)
	}
}
