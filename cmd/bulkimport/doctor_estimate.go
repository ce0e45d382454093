package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/estimate"
)

const (
	estimatesTried = 3 // for one service plan
	plansTried     = 3
	longestPause   = 5 * time.Second
)

// placing tries the right to place orders, and the way to the order service, by
// estimates, which create nothing.
type placing struct {
	orders   *apsclient.Orders
	patience time.Duration

	asked  int
	failed error    // the last estimate that had no clear answer
	lost   int      // how many had none
	no     error    // a refusal
	bare   error    // one without a reason
	plans  int      // asked for
	denied []string // those that Billing denies
	denial error    // its word
}

// try asks for an estimate of one plan until there is an answer. It reports
// whether it was a sum.
func (p *placing) try(ctx context.Context, order apsclient.OrderRequest) bool {
	p.plans++
	for n := 1; ; n++ {
		p.asked++
		err := p.ask(ctx, order)
		refusal, _ := errors.AsType[*apsclient.Error](err)
		switch {
		case err == nil:
			return true
		case estimate.Denies(err):
			p.denied, p.denial = append(p.denied, order.PlanID), err
			return false
		case refusal == nil, refusal.Kind == apsclient.Credentials, refusal.Kind == apsclient.Permission:
			p.failed, p.lost = err, p.asked
			return false
		case refusal.Kind == apsclient.NoService, refusal.Kind == apsclient.Refused && refusal.Bare():
			p.bare = err
			return false
		case refusal.Kind == apsclient.Refused:
			p.no = err
			return false
		}
		p.failed = err
		p.lost++
		if n == estimatesTried || ctx.Err() != nil || errors.Is(err, context.DeadlineExceeded) {
			return false
		}
		rest(ctx, min(max(refusal.RetryAfter, 200*time.Millisecond), longestPause))
	}
}

func (p *placing) ask(ctx context.Context, order apsclient.OrderRequest) error {
	ctx, cancel := context.WithTimeout(ctx, p.patience)
	defer cancel()
	_, err := p.orders.Estimate(ctx, order)
	return err
}

// rest waits, unless ctx ends first.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// placeRight tries the right to place orders. A refusal of the order itself
// proves it.
func (o *doctor) placeRight(ctx context.Context, orders *apsclient.Orders, sample sample) {
	const name = "placing orders"
	if len(sample.plans) == 0 || sample.order.AccountID == "" {
		o.note(name, warned, "not tried: there is no plan or no account to ask an estimate for", "")
		return
	}
	order := sample.order
	if order.Subscription == "" {
		order.Tenant, order.Subscription = "example.onmicrosoft.com", "00000000-0000-4000-8000-000000000000"
	}
	order.Reference = "azure-import/doctor"
	p := placing{orders: orders, patience: o.timeout}
	allowed := false
	for _, order.PlanID = range sample.plans {
		if allowed = p.try(ctx, order); allowed || p.failed != nil {
			break
		}
	}
	switch {
	case p.failed != nil && !allowed:
		o.unanswerOf(name, &p)
	case p.failed != nil:
		_, words, hint := o.trouble(&p)
		o.note(name, warned, fmt.Sprintf("allowed, but %d of %d estimates went wrong: %s", p.lost, p.asked, words), hint)
	case p.denial != nil:
		o.denied(name, &p, allowed || p.no != nil)
	case allowed && p.no != nil:
		o.note(name, warned, "allowed, but for a service plan "+answerOf(p.no), "nothing was ordered; have a look at the service plan and the account in the panel")
	case allowed:
		o.note(name, healthy, "allowed (an estimate was answered; nothing was ordered)", "")
	case p.no != nil:
		o.refused(name, p.no)
	default:
		o.note(name, warned, "not tried, for this platform gives no estimates ("+answerOf(p.bare)+")",
			"nothing to mend: an import goes on without them, the charge is not readable, and a missing right shows with the first order")
	}
}

// denied tells of service plans that Billing denies.
func (o *doctor) denied(name string, p *placing, allowed bool) {
	hint := estimate.DenialOf(p.plans, len(p.denied)).Hint()
	if allowed {
		o.note(name, warned, "allowed, but Billing denies it for the service plan "+p.denied[0]+": "+answerOf(p.denial), hint)
		return
	}
	o.note(name, faulty, "Billing denies it for "+count(len(p.denied), "service plan")+" of "+number(p.plans)+": "+answerOf(p.denial), hint)
}

// refused tells of an estimate that was refused with a reason.
func (o *doctor) refused(name string, err error) {
	refusal, _ := errors.AsType[*apsclient.Error](err)
	if !refusal.Wrapped {
		o.note(name, warned, "allowed, but the estimate was refused: "+refusal.Message, "nothing was ordered; is the service plan complete, and may this account have it?")
		return
	}
	o.note(name, warned, "allowed, but something behind the order service refused: "+answerOf(err),
		"nothing was ordered; the platform's support finds the cause by these ids. An import believes such a refusal only after a look whether there is an order")
}

// unanswered tells of estimates none of which had a clear answer.
func (o *doctor) unanswerOf(name string, p *placing) {
	refusal, _ := errors.AsType[*apsclient.Error](p.failed)
	switch {
	case refusal == nil || refusal.Kind == apsclient.Credentials:
		o.fails(name, p.failed)
	case refusal.Kind == apsclient.Permission:
		o.note(name, faulty, "orders may not be placed: the Allowed Operation http://www.odin.com/billing/order-management POST is missing", addRight+o.hint(" (bulkimport help credentials)", ""))
	default:
		status, words, hint := o.trouble(p)
		if p.asked > 1 {
			words = fmt.Sprintf("%s (%d estimates of %d)", words, p.lost, p.asked)
		}
		o.note(name, status, words, hint)
	}
}

// What an import does about answers that do not come.
const (
	lookedUp = "orders without an answer are looked up, and sent again only if a person says so a day later"
	between  = "is there a proxy, gateway or firewall in between that cuts requests off? In an import, " + lookedUp
)

// trouble says what the last estimate without a clear answer means for an
// import.
func (o *doctor) trouble(p *placing) (status health, what, hint string) {
	e, _ := errors.AsType[*apsclient.Error](p.failed)
	what = answerOf(p.failed)
	switch {
	case e.Kind == apsclient.SlowDown:
		if e.RetryAfter > 0 {
			what += ", again after " + span(e.RetryAfter)
		}
		return warned, "the platform asks to slow down: " + what, "an import waits as it is told and lowers its pace by itself" + o.hint("; --concurrency 1 or --rate N spares the platform", "")
	case e.Kind == apsclient.Busy:
		return warned, "the account has an order being provisioned: " + what, "an import lets an account's open order end before the next" + o.hint(": keep --per-account at 1", "")
	case errors.Is(e, context.DeadlineExceeded):
		return warned, "slow: no answer to an estimate within " + p.patience.String(), "an import waits up to 5 minutes for each order; " + lookedUp
	case e.Kind == apsclient.NotSent:
		return faulty, what, clientHint(e)
	case e.Status == 0, e.Status >= 200 && e.Status < 300:
		return faulty, "answers are cut off: " + what, between
	case e.Status == 504, e.Status == 502:
		return faulty, "a gateway answers in the platform's place: " + what, between
	}
	return faulty, "the order service is in trouble: " + what, "try again later, or tell the platform's support; an import sits out an outage of up to " + o.hint("--patience 10m", "10m") + ", and " + lookedUp
}

// answerOf is what the platform answered, or what came in its place.
func answerOf(err error) string {
	if e, ok := errors.AsType[*apsclient.Error](err); ok {
		return e.Answer()
	}
	return err.Error()
}
