// Package estimate asks the platform what orders would cost, and whether it would
// take them, without creating any.
package estimate

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/outcome"
)

// Orders is what estimates need of the platform's order service.
type Orders interface {
	Estimate(context.Context, apsclient.OrderRequest) (apsclient.Estimate, error)
}

// Answer is a row with what the platform says an order for it would cost.
type Answer struct {
	// Row has the finding E_PLAN_REFUSED if the platform refuses the order.
	// The finding knows its column, and not yet the letter of it.
	Row      csvimport.Row
	Asked    bool // the platform was asked and answered
	Estimate apsclient.Estimate
	// Err is why there is no answer, nil where there is one or none was asked
	// for: rows with errors are not.
	Err error

	denied      bool  // by Billing
	bareRefusal error // a refusal without a reason, to be believed where there are other answers
}

// Plan is the estimate of one row of a service plan, for all of them.
type Plan struct {
	Plan csvimport.Plan
	Rows int // valid rows with this plan
	Answer
}

// Plans gathers the service plans of rows, each with the row to ask the platform's
// estimate for: its first valid one that is not imported yet.
type Plans struct {
	at   map[string]int
	list []Plan
}

// Note takes a row.
func (p *Plans) Note(row *csvimport.Row) {
	if !row.Valid() || row.Plan == nil || row.Account == nil {
		return
	}
	i, seen := p.at[row.PlanID]
	if !seen {
		if p.at == nil {
			p.at = make(map[string]int)
		}
		i = len(p.list)
		p.at[row.PlanID] = i
		p.list = append(p.list, Plan{Plan: *row.Plan, Answer: Answer{Row: *row}})
	}
	p.list[i].Rows++
	if p.list[i].Row.Binding.Imported && !row.Binding.Imported {
		p.list[i].Row = *row
	}
}

// Estimate asks for one estimate for each plan. Where all it gets is the same
// refusal without a reason, the platform has no estimate to give, which says
// nothing of the orders: the refusal is then in Err. The error is one that would
// meet every order: wrong credentials, a missing permission.
func (p *Plans) Estimate(ctx context.Context, orders Orders) ([]Plan, error) {
	plans := slices.Clone(p.list)
	var late error
	for i := range plans {
		if late != nil {
			plans[i].Err = late
			continue
		}
		answer, err := estimate(ctx, orders, plans[i].Row)
		if err != nil {
			return nil, err
		}
		plans[i].Answer = answer
		if errors.Is(answer.Err, context.DeadlineExceeded) {
			late = answer.Err
		}
	}
	useful := useful(plans)
	for i := range plans {
		plans[i].believe(useful)
	}
	sayWhom(plans)
	return plans, nil
}

// sayWhom says whom Billing denies access, which one estimate does not tell.
func sayWhom(plans []Plan) {
	asked, denied := 0, 0
	for i := range plans {
		if plans[i].Asked {
			asked++
		}
		if plans[i].denied {
			denied++
		}
	}
	for i := range plans {
		if p := &plans[i]; p.denied {
			p.Row.Findings[len(p.Row.Findings)-1].Hint = DenialOf(asked, denied).Hint()
		}
	}
}

// OfPlans asks for one estimate for each service plan of the rows: see
// Plans. The error may be that of rows.
func OfPlans(ctx context.Context, rows csvimport.Rows, orders Orders) ([]Plan, error) {
	var plans Plans
	for row, err := range rows(ctx) {
		if err != nil {
			return nil, err
		}
		plans.Note(&row)
	}
	return plans.Estimate(ctx, orders)
}

// useful reports whether the platform gives estimates: whether among its answers
// is one that is not the same bare refusal.
func useful(plans []Plan) bool {
	first := ""
	for i := range plans {
		switch p := &plans[i]; {
		case p.Asked:
			return true
		case p.bareRefusal == nil:
		case first == "":
			first = p.bareRefusal.Error()
		case p.bareRefusal.Error() != first:
			return true
		}
	}
	return false
}

// believe takes a refusal without a reason for the platform's word on this order
// where its other answers are useful, and for no answer where they are not.
func (e *Answer) believe(useful bool) {
	if e.bareRefusal == nil {
		return
	}
	if useful {
		e.refused(e.bareRefusal)
	} else {
		e.Err = e.bareRefusal
	}
	e.bareRefusal = nil
}

// refused adds the platform's refusal to the row.
func (e *Answer) refused(err error) {
	e.Asked = true
	hint := "have a look at the service plan and the account in the panel"
	if e.denied = Denies(err); e.denied {
		hint = DeniedEither.Hint()
	}
	e.Row.Add(csvimport.EPlanRefused, "plan_id", e.Row.PlanID,
		"the platform's estimate refuses this order: "+csvimport.Shorten(refusal(err), 300), hint)
}

// OfRows asks for an estimate for each valid row, width at a time, and
// yields all rows in their order. Where the platform gives no estimates at all,
// by the measure of OfPlans, it stops asking. The error is as for
// OfPlans; it ends the sequence.
func OfRows(ctx context.Context, rows csvimport.Rows, orders Orders, width int) iter.Seq2[Answer, error] {
	width = max(1, width)
	return func(yield func(Answer, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var asking sync.WaitGroup
		defer asking.Wait()
		defer cancel()

		type answer struct {
			Answer
			err error
		}
		// The answers under way, in the order of their rows.
		queue := make(chan chan answer, width)
		var asks errgroup.Group
		asks.SetLimit(width)
		asking.Go(func() {
			defer asks.Wait() // they return no error
			defer close(queue)
			none := new(absence)
			givesAny := sync.OnceValues(func() (gives bool, err error) {
				plans, err := OfPlans(ctx, rows, orders)
				return slices.ContainsFunc(plans, func(p Plan) bool { return p.Asked }), err
			})
			for row, err := range rows(ctx) {
				slot := make(chan answer, 1)
				select {
				case queue <- slot:
				case <-ctx.Done():
					return
				}
				switch {
				case err != nil:
					slot <- answer{err: err}
					return
				case !row.Valid() || row.Plan == nil || row.Account == nil || row.Binding.Imported:
					slot <- answer{Answer: Answer{Row: row}}
				case none.get() != nil:
					slot <- answer{Answer: Answer{Row: row, Err: none.get()}}
				default:
					asks.Go(func() error {
						e, err := estimate(ctx, orders, row)
						gives := true
						if err == nil && (e.bareRefusal != nil || apsclient.KindOf(e.Err) == apsclient.NoService) {
							gives, err = givesAny()
							e.believe(gives)
						}
						none.note(&e, !gives)
						slot <- answer{e, err}
						return nil
					})
				}
			}
		})
		for slot := range queue {
			a := <-slot
			if !yield(a.Answer, a.err) || a.err != nil {
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(Answer{}, err)
		}
	}
}

// absence is the platform's word, or its silence, that it gives no estimates.
type absence struct {
	mu     sync.Mutex
	err    error
	given  bool
	failed int
}

// silence is how many rows without an answer, before the first with one, are
// enough.
const silence = 3

// note takes an answer; final says that by it no estimates are given at all.
func (a *absence) note(e *Answer, final bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if e.Asked {
		a.given = true
		return
	}
	if e.Err != nil && !a.given {
		a.failed++
		final = final || a.failed >= silence
	}
	if final && a.err == nil {
		a.err = e.Err
	}
}

func (a *absence) get() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

const (
	// estimateTries is how often one estimate is asked for: it creates nothing
	// and is safe to repeat.
	estimateTries = 3
	// estimatePatience is for one try. What it is too short for is not tried
	// again.
	estimatePatience = 30 * time.Second
)

// estimate asks for one row's estimate. The error ends the whole; what is the
// row's alone is in Row.
func estimate(ctx context.Context, orders Orders, row csvimport.Row) (Answer, error) {
	e := Answer{Row: row}
	want := outcome.Request(&row)
	for try := 1; ; try++ {
		answer, err := estimateOnce(ctx, orders, want)
		if err == nil {
			e.Asked, e.Estimate = true, answer
			return e, nil
		}
		if ctx.Err() != nil {
			return e, ctx.Err()
		}
		var wait time.Duration
		switch apsclient.KindOf(err) {
		case apsclient.Credentials, apsclient.Permission:
			if Denies(err) {
				e.refused(err)
				return e, nil
			}
			return e, fmt.Errorf("estimate: %w", err)
		case apsclient.Refused:
			if said, ok := errors.AsType[*apsclient.Error](err); ok && said.Bare() {
				e.bareRefusal = err
			} else {
				e.refused(err)
			}
			return e, nil
		case apsclient.NoService, apsclient.Busy: // an order under way for the account says nothing of this one
			e.Err = err
			return e, nil
		case apsclient.SlowDown:
			if said, ok := errors.AsType[*apsclient.Error](err); ok {
				wait = said.RetryAfter
			}
		}
		if try == estimateTries || errors.Is(err, context.DeadlineExceeded) {
			e.Err = err
			return e, nil
		}
		wait = min(max(wait, time.Duration(try)*500*time.Millisecond), time.Minute)
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return e, ctx.Err()
		}
	}
}

func estimateOnce(ctx context.Context, orders Orders, want apsclient.OrderRequest) (apsclient.Estimate, error) {
	ctx, cancel := context.WithTimeout(ctx, estimatePatience)
	defer cancel()
	return orders.Estimate(ctx, want)
}

// refusal is the platform's words of a refusal.
func refusal(err error) string {
	if e, ok := errors.AsType[*apsclient.Error](err); ok && e.Message != "" {
		return e.Message
	}
	return err.Error()
}
