package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
	"bulkimport/csvimport/worksheet"
)

// word is what people say they have found, and what became of that.
type word struct {
	*reconcile
	work     *work
	filled   *worksheet.Filled
	answers  []worksheet.Answer
	findings []csvimport.Finding // why rows of the sheet were not taken
	settled  [][]string          // rows that were, for people
	doubles  []string            // pairs that are known from now on, in words
}

// read reads the work sheet. Without one it is empty.
func (o *reconcile) read() (*worksheet.Filled, error) {
	if o.sheet == "" {
		return new(worksheet.Filled), nil
	}
	from := o.env.in
	if o.sheet != standardInput {
		f, err := openFile(o.sheet)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		from = io.Reader(f)
	}
	filled, err := worksheet.Read(from)
	if err != nil || !filled.Unusable {
		return filled, err
	}
	list := new(findingList)
	list.add(filled.Findings...)
	if o.json {
		out := newEvents(o.env.out)
		for _, f := range filled.Findings {
			out.finding(f)
		}
	} else {
		list.write(o.env.out, o.env.pen(o.env.out), o.sheet)
	}
	return nil, &ending{status: statusRefused, err: fmt.Errorf("%s is no work sheet that can be read", o.sheet), hint: "nothing was settled; bulkimport report --only unknown -o look.csv writes a new one"}
}

// inDoubt demands that the subscriptions are in doubt of which a flag says that they
// have no order, before anything is asked.
func (d *word) inDoubt(ctx context.Context) error {
	d.answers, d.findings = slices.Clone(d.filled.Answers), d.filled.Findings
	entries, err := d.work.book.Find(ctx, d.assumeAbsent)
	if err != nil {
		return err
	}
	for _, sub := range d.assumeAbsent {
		e, ok := entries[sub]
		if !ok || !e.State.InDoubt() && entryStatus(&e) != csvimport.Unknown {
			return &engine.AbsentError{Sub: sub}
		}
		d.answers = append(d.answers, worksheet.Answer{Sub: sub, Kind: worksheet.None})
	}
	return nil
}

// summary is what the ledger keeps of a person's word with the run.
func (d *word) summary() string {
	switch {
	case d.sheet != "":
		return fmt.Sprintf("%s: %s of %s", d.env.who(), count(len(d.answers), "answer"), d.sheet)
	case len(d.answers) > 0:
		return fmt.Sprintf("%s: no order for %s", d.env.who(), count(len(d.answers), "subscription"))
	}
	return ""
}

// take proves what people say, all of it, and then settles the rows of which it
// holds, after the platform has been looked through once more.
func (d *word) take(ctx context.Context, run ledger.Begun, done *engine.Reconciled) error {
	if len(d.answers) > 0 {
		proof := worksheet.Proof{Orders: d.work.orders, Book: d.work.book, Here: time.Now(), SentAgo: min(worksheet.SentAgo, d.settle), Settle: d.settle, When: moment}
		proved, err := proof.Prove(ctx, d.answers)
		if err != nil {
			return fmt.Errorf("nothing that was found was settled: %w", err)
		}
		for i := range proved {
			d.findings = append(d.findings, proved[i].Findings...)
		}
		for i := range proved {
			if err := d.takeOne(ctx, run, &proved[i], done); err != nil {
				return err
			}
		}
		slices.SortStableFunc(d.findings, func(a, b csvimport.Finding) int { return a.Line - b.Line })
	}
	for _, sub := range d.knownDouble {
		if err := d.acknowledge(ctx, run, sub); err != nil {
			return err
		}
	}
	return nil
}

func (d *word) takeOne(ctx context.Context, run ledger.Begun, v *worksheet.Proved, done *engine.Reconciled) error {
	place := []string{"", v.Sub}
	if v.Row > 0 {
		place[0] = fmt.Sprintf("row %d", v.Row)
	}
	if v.Already {
		d.settled = append(d.settled, append(place, "settled already: "+d.how(&v.Before)))
		return nil
	}
	if !v.Holds() {
		return nil
	}
	now := d.work.orders.Now()
	e, err := v.Take(ctx, run, d.env.who(), now)
	if err != nil {
		return err
	}
	if !v.Holds() { // another run was quicker
		d.findings = append(d.findings, v.Findings...)
		return nil
	}
	words := d.how(&e)
	switch {
	case v.Kind == worksheet.None:
		words = "no order: the next import may send it again"
	case v.Kind == worksheet.Corrected:
		words = "put right: " + words
	case v.Untold:
		words += "; the platform does not tell its subscription: taken on your word"
	}
	d.settled = append(d.settled, append(place, words))
	at := csvimport.Result{Line: v.Line, Row: v.Row, SubID: e.Sub, Status: entryStatus(&e)}
	put(done, outcome.OfEntry(at, &e, "", nil))
	return nil
}

// how says in words how an entry stands.
func (d *word) how(e *ledger.Entry) string {
	words := string(entryStatus(e))
	if e.OrderID != "" {
		words = "order " + orderName(e) + ", " + words
	}
	return words
}

// acknowledge keeps that a person knows of a subscription's second order.
func (d *word) acknowledge(ctx context.Context, run ledger.Begun, sub string) error {
	doubles, err := outcome.Doubles(ctx, d.work.book, sub)
	if err != nil {
		return err
	}
	if len(doubles) == 0 {
		return fault("subscription "+sub+" has no second order that stands and is not known", "bulkimport status lists second orders as they were last seen")
	}
	known := &doubles[0]
	if known.Ours.OrderID != "" {
		err = run.Record(context.WithoutCancel(ctx), "the "+doubleWords(known)+" is known, on the word of "+d.env.who(), known.Ours)
	}
	if _, conflict := errors.AsType[*ledger.Conflict](err); err != nil && !conflict {
		return err
	}
	d.doubles = append(d.doubles, fmt.Sprintf("subscription %s: %s: known from now on; a third order is told anew", sub, doubleWords(known)))
	return d.work.book.Acknowledge(ctx, sub)
}

// tell tells what was not taken, and then what was.
func (d *word) tell() error {
	w, p := d.env.out, d.env.pen(d.env.out)
	if len(d.findings) > 0 {
		list := new(findingList)
		list.add(d.findings...)
		list.write(w, p, cmp.Or(d.sheet, "--assume-absent"))
		fmt.Fprintln(w)
	}
	if d.sheet != "" {
		open := d.filled.Rows - len(d.settled) - len(d.findings)
		fmt.Fprintf(w, "%s: %s, %s settled, %s not taken, %s left open\n", clean(d.sheet), count(d.filled.Rows, "row"),
			number(len(d.settled)), number(len(d.findings)), number(max(open, 0)))
	}
	if err := table(w, "  ", d.settled); err != nil {
		return err
	}
	for _, words := range d.doubles {
		fmt.Fprintln(w, clean(words))
	}
	if d.sheet != "" || len(d.settled)+len(d.doubles) > 0 {
		fmt.Fprintln(w)
	}
	return nil
}
