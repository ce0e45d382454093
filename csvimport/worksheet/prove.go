package worksheet

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/rows"
)

// SentAgo is how long ago an order has to have been sent before a person's word
// counts that there is none.
const SentAgo = 30 * time.Minute

// Orders is what the proof asks of the platform.
type Orders interface {
	List(context.Context, apsclient.OrderQuery) iter.Seq2[apsclient.Order, error]
	Get(ctx context.Context, id string) (apsclient.Order, error)
	Now() time.Time
}

// Book is what it reads of the ledger.
type Book interface {
	FindAll(ctx context.Context, subs []string) (map[string][]ledger.Entry, error)
	Entries(ctx context.Context, states ...ledger.State) iter.Seq2[ledger.Entry, error]
}

// Proof compares what people say with the ledger and the platform.
type Proof struct {
	Orders  Orders
	Book    Book
	Here    time.Time     // now, by this machine's clock; zero: only the platform's counts
	SentAgo time.Duration // default SentAgo
	Settle  time.Duration // an order that the platform accepted may take so long to show
	// When says a time to people.
	When func(time.Time) string
}

// Proved is an answer, compared.
type Proved struct {
	Answer
	Before   ledger.Entry        // as the ledger has it
	Findings []csvimport.Finding // why it does not hold; empty where it does
	Already  bool                // the ledger has it so
	Untold   bool                // the platform does not tell for which subscription it is: the account agrees

	order *apsclient.Order // of a Number
}

// Holds reports whether the row may be settled by the answer.
func (p *Proved) Holds() bool { return len(p.Findings) == 0 && !p.Already }

// finds adds why an answer does not hold.
func (p *Proved) finds(code csvimport.Code, value, message, hint string) {
	at := csvimport.Place{Line: p.Line, Row: p.Row, Column: colFound, Letter: p.Letter}
	if p.Row == 0 { // it was said without a sheet
		at, message = csvimport.Place{}, "subscription "+p.Sub+": "+message
	}
	p.Findings = append(p.Findings, csvimport.NewFinding(code, at, value, message, hint))
}

// Prove compares all answers before any is taken. It changes nothing. The error is
// that of the ledger, or of the platform.
func (p *Proof) Prove(ctx context.Context, answers []Answer) ([]Proved, error) {
	subs := make([]string, len(answers))
	for i := range answers {
		subs[i] = answers[i].Sub
	}
	have, err := p.Book.FindAll(ctx, subs)
	if err != nil {
		return nil, err
	}
	orders, bound, err := p.orders(ctx, answers)
	if err != nil {
		return nil, err
	}
	proved := make([]Proved, len(answers))
	for i, a := range answers {
		v := &proved[i]
		v.Answer = a
		all := have[a.Sub]
		if len(all) == 0 {
			v.finds(csvimport.ENotInLedger, "", "this ledger knows of no order for subscription "+a.Sub, "")
			continue
		}
		v.Before = all[len(all)-1]
		if a.Gen != 0 && a.Gen != v.Before.Gen {
			v.finds(csvimport.EReferenceOther, "", fmt.Sprintf("the sheet asks for order %d of this subscription, and the ledger is at order %d", a.Gen, v.Before.Gen), "have the work sheet written again")
			continue
		}
		switch a.Kind {
		case None:
			p.none(v)
		case Corrected:
			corrected(v)
		default:
			p.number(v, orders[strings.ToLower(a.Order)], bound)
		}
	}
	return proved, nil
}

// orders reads the orders that answers name, and which entries are bound to them.
func (p *Proof) orders(ctx context.Context, answers []Answer) (byWord map[string]*apsclient.Order, bound map[string]ledger.Entry, err error) {
	byWord, bound = make(map[string]*apsclient.Order), make(map[string]ledger.Entry)
	var words []string
	for i := range answers {
		if answers[i].Kind == Number {
			words = append(words, answers[i].Order)
		}
	}
	if len(words) == 0 {
		return byWord, bound, nil
	}
	ids := make(map[string]bool)
	for part := range slices.Chunk(words, 50) {
		for _, q := range queries(part) {
			for o, err := range p.Orders.List(ctx, q) {
				if err != nil {
					return nil, nil, err
				}
				for _, w := range part {
					if strings.EqualFold(w, o.Number) || strings.EqualFold(w, o.ID) {
						byWord[strings.ToLower(w)], ids[o.ID] = &o, true
					}
				}
			}
		}
	}
	for e, err := range p.Book.Entries(ctx) {
		if err != nil {
			return nil, nil, err
		}
		if ids[e.OrderID] {
			bound[e.OrderID] = e
		}
	}
	return byWord, bound, p.complete(ctx, byWord)
}

// queries ask for the orders that people name: by number, also as it is written
// there, and by id.
func queries(words []string) (all []apsclient.OrderQuery) {
	var numbers, ids []string
	for _, w := range words {
		if id, _, ok := rows.ParseID(w); ok {
			ids = append(ids, id)
			continue
		}
		numbers = append(numbers, w)
		if upper := strings.ToUpper(w); upper != w {
			numbers = append(numbers, upper)
		}
	}
	if len(numbers) > 0 {
		all = append(all, apsclient.OrderQuery{Numbers: numbers})
	}
	if len(ids) > 0 {
		all = append(all, apsclient.OrderQuery{IDs: ids})
	}
	return all
}

// complete reads the orders one by one of which the list does not tell enough.
func (p *Proof) complete(ctx context.Context, orders map[string]*apsclient.Order) error {
	for word, o := range orders {
		if _, _, ours := csvimport.ParseReference(o.Reference); ours || o.Subscription != "" {
			continue
		}
		whole, err := p.Orders.Get(ctx, o.ID)
		switch kind := apsclient.KindOf(err); {
		case err == nil && whole.ID == o.ID:
			orders[word] = &whole
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && (kind == apsclient.Credentials || kind == apsclient.Permission):
			return err
		}
	}
	return nil
}

// open reports whether an entry is one of which nothing could tell yet whether it
// has an order.
func open(e *ledger.Entry) bool { return e.State.InDoubt() || unshown(e) }

// unshown reports whether an order was accepted, and nothing has shown it.
func unshown(e *ledger.Entry) bool {
	return e.State == ledger.Accepted && e.Code == csvimport.CodeNotShown && e.ShownAt.IsZero()
}

// none judges the word that there is no order.
func (p *Proof) none(v *Proved) {
	e, wait := &v.Before, p.SentAgo
	if wait == 0 {
		wait = SentAgo
	}
	switch {
	case e.State.MaySend():
		v.Already = true
		return
	case !open(e):
		v.finds(csvimport.EOrderStands, "", "there is an order for this row: "+named(e)+", as the platform shows", "cancel it in Billing if it must not be; nothing is to be said here")
		return
	case unshown(e):
		wait = max(wait, p.Settle)
	}
	sent, ago := p.sent(e)
	if ago < wait {
		why := "the order was sent " + p.When(sent) + ", and may still turn up"
		if unshown(e) {
			why = "the platform accepted this order as " + named(e) + " " + p.When(sent) + ", and it may still turn up"
		}
		v.finds(csvimport.ETooEarly, "none", why, "look again, and say none, from "+p.When(p.Orders.Now().Add(wait-ago+time.Minute-1))+" on")
	}
}

// foundLater is how long after its send a doubt has begun that was not noted by the
// run that sent it.
const foundLater = 10 * time.Minute

// sent is when an order was sent last, by the platform's clock, and how long ago that
// is by that clock and by this machine's, the shorter one.
func (p *Proof) sent(e *ledger.Entry) (at time.Time, ago time.Duration) {
	at, here := e.SubmittedAt, e.DoubtHere // of the first send, where there were several
	switch {
	case at.IsZero() || e.Sends > 1 && e.DoubtSince.After(at):
		at = e.DoubtSince
	case e.DoubtSince.Sub(at) > foundLater:
		here = time.Time{} // the send itself was noted by one clock alone
	}
	ago = p.Orders.Now().Sub(at)
	if !here.IsZero() && !p.Here.IsZero() {
		ago = min(ago, p.Here.Sub(here))
	}
	return at, ago
}

// corrected judges the word that a difference has been put right.
func corrected(v *Proved) {
	e := &v.Before
	switch {
	case e.Code == outcome.Corrected(v.Known):
		v.Already = true
	case e.State != ledger.Completed:
		v.finds(csvimport.ENothingDiffers, "corrected", "this row has no order at its good end that could differ from it", csvimport.ENothingDiffers.Meaning().Mend)
	case v.Known == "" && e.Code != csvimport.CodeNotImported:
		v.finds(csvimport.ENothingDiffers, "corrected", "the column known does not say what differed", "have the work sheet written again, from the results file")
	}
}

// number judges the word that an order is a row's.
func (p *Proof) number(v *Proved, o *apsclient.Order, bound map[string]ledger.Entry) {
	e := &v.Before
	if o == nil {
		v.finds(csvimport.EOrderNotShown, v.Order, "the platform shows no order "+csvimport.Quoted(v.Order), "")
		return
	}
	word := outcome.Named(o.Number, o.ID)
	switch other, ok := bound[o.ID]; {
	case e.OrderID == o.ID && !unshown(e):
		v.Already = true
		return
	case ok && other.Sub != e.Sub:
		v.finds(csvimport.EOrderOther, v.Order, "order "+word+" is that of subscription "+other.Sub, "look again whose order it is")
		return
	case !open(e) && !e.State.MaySend():
		v.finds(csvimport.EOrderStands, v.Order, "this row has another order already: "+named(e), "if both stand, cancel one of them in Billing")
		return
	}
	switch outcome.Agreement(o, e) {
	case outcome.Contradicts:
		v.finds(csvimport.EOrderOther, v.Order, "order "+word+" is another's: "+contradiction(o, e), "look again whose order it is; the reference of this row's is "+csvimport.Reference(e.Sub, e.Gen))
		return
	case outcome.Untellable:
		if !p.fits(v, o, word) {
			return
		}
		v.Untold = true
	}
	v.order = o
}

// fits reports whether an order that does not tell its subscription can be that of
// the row: it tells its account and was not placed before.
func (p *Proof) fits(v *Proved, o *apsclient.Order, word string) bool {
	e := &v.Before
	switch {
	case !o.Date.IsZero() && !e.SubmittedAt.IsZero() && o.Date.Before(e.SubmittedAt.Add(-time.Hour)):
		v.finds(csvimport.EOrderOther, v.Order, "order "+word+" was placed "+p.When(o.Date)+", before this row was sent", "look again whose order it is")
	case o.AccountID == "":
		v.finds(csvimport.EOrderUntold, v.Order, "the platform tells neither for which subscription nor for which account order "+word+" is", "")
	default:
		return true
	}
	return false
}

// contradiction says why an order is not that of an entry.
func contradiction(o *apsclient.Order, e *ledger.Entry) string {
	sub, gen, ours := csvimport.ParseReference(o.Reference)
	switch {
	case ours && sub == e.Sub:
		return fmt.Sprintf("its reference is that of order %d of this subscription, and the row is order %d", gen, e.Gen)
	case ours:
		return "its reference " + o.Reference + " is that of subscription " + sub
	case o.Subscription != "" && o.Subscription != e.Sub:
		return "it is for subscription " + o.Subscription
	case o.PlanID != "" && !strings.EqualFold(o.PlanID, e.PlanID):
		return "it is for service plan " + o.PlanID
	}
	return "it is for account " + o.AccountID + ", the row is for " + outcome.Named(e.AccountNo, e.AccountID)
}

func named(e *ledger.Entry) string {
	words := outcome.Named(e.OrderNumber, e.OrderID)
	if e.OrderStatus != "" {
		words += ", " + e.OrderStatus
	}
	return words
}

// recorder is the run in whose name answers are taken.
type recorder interface {
	Record(ctx context.Context, note string, entries ...ledger.Entry) error
}

// Take settles the row of an answer that holds, whole or not at all, and keeps who
// said it. It returns the entry as it is then. Where another run is at work on it, or
// the ledger has come to know better, that is a finding of the answer's.
func (v *Proved) Take(ctx context.Context, run recorder, who string, now time.Time) (ledger.Entry, error) {
	e, said := v.Before, who
	if v.Note != "" {
		said += ": " + v.Note
	}
	note := ""
	switch v.Kind {
	case None:
		note = "no order, on the word of " + said
		if unshown(&e) {
			e.State, e.OrderID, e.OrderNumber, e.OrderStatus = ledger.Doubt, "", "", ""
			if err := v.record(ctx, run, note, e); err != nil || !v.Holds() {
				return v.Before, err
			}
		}
		e.State, e.FinishedAt = ledger.NotSent, now
		e.Code, e.Message = "SAID_NONE", note+", "+csvimport.Instant(now)
	case Corrected:
		note = "put right, on the word of " + said
		e.Code, e.Message = outcome.Corrected(v.Known), note+", "+csvimport.Instant(now)
		if e.Imported == ledger.ImportNo {
			e.Imported = ledger.ImportUntold
		}
	default:
		note = "order " + outcome.Named(v.order.Number, v.order.ID) + ", on the word of " + said
		outcome.Take(&e, v.order, now)
	}
	if err := v.record(ctx, run, note, e); err != nil || !v.Holds() {
		return v.Before, err
	}
	return e, nil
}

// record writes an entry. That it is not ours to change is no error.
func (v *Proved) record(ctx context.Context, run recorder, note string, e ledger.Entry) error {
	err := run.Record(context.WithoutCancel(ctx), note, e)
	switch {
	case errors.Is(err, ledger.ErrHeld):
		v.finds(csvimport.EAtWork, "", "", "")
	case errors.Is(err, ledger.ErrOrdered):
		v.finds(csvimport.EOrderStands, "", "an order has been found for this row meanwhile", "nothing is to be said any more")
	default:
		return err
	}
	return nil
}
