package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
)

// cancelling lists what a run created, and what to do in Billing to take it back.
func (o *reporting) cancelling(ctx context.Context) error {
	s, err := o.connection.known(ctx, o.env)
	if err != nil {
		return err
	}
	defer s.Close()
	src, err := o.created(ctx, s)
	if err != nil {
		return err
	}
	if len(src.entries) == 0 {
		words := "no run of this ledger has created an order here"
		if src.info.ID != 0 {
			words = fmt.Sprintf("run %d has created no order", src.info.ID)
		}
		fmt.Fprintln(o.env.err, words)
		return ended(statusIncomplete)
	}
	now := o.askNow(ctx, src.entries)
	as := "the orders stand as the platform shows them now"
	if now == nil {
		as = "the platform was not asked: the orders stand as this ledger last saw them"
	}
	w, p := o.env.out, o.env.pen(o.env.out)
	if o.out != "" {
		w = o.env.err
	}
	fmt.Fprintf(w, "%s, begun %s: %s\n%s\n", p.bold(clean(src.title())), moment(src.info.Started), count(len(src.entries), "order"), as)
	head := []string{"order", "status", "account", "subscription", "tenant", "in Billing"}
	var list [][]string
	for i := range src.entries {
		list = append(list, cancelRow(&src.entries[i], now))
	}
	if o.out == "" {
		fmt.Fprintln(w)
		if err := table(w, "  ", append([][]string{head}, list...)); err != nil {
			return err
		}
		fmt.Fprintln(w, "\ncancelling suspends a subscription in Azure, with the customer's machines, unless the panel is told not to: bulkimport help runbook")
		return nil
	}
	err = replace(o.out, func(w io.Writer) error {
		out := rows.NewWriter(w, o.form)
		for _, cells := range append([][]string{{"order_number", "order_status", "account", "subscription", "tenant", "in_billing"}}, list...) {
			out.Write(cells)
		}
		return out.Close()
	})
	if err == nil {
		fmt.Fprintf(o.env.err, "%s written to %s\n", count(len(list), "order"), o.out)
	}
	return err
}

// created is what a run created: the latest one that created anything if none is
// named.
func (o *reporting) created(ctx context.Context, s *work) (*ledgerSource, error) {
	if o.run != 0 {
		src, err := s.sourceOf(ctx, o.run)
		if err == nil {
			src.created()
		}
		return src, err
	}
	runs, err := s.book.Runs(ctx, 0)
	if err != nil {
		return nil, err
	}
	for _, r := range runs {
		if r.Rows == 0 { // it looked, and placed nothing
			continue
		}
		src, err := s.sourceOf(ctx, r.ID)
		if err != nil {
			return nil, err
		}
		if src.created(); len(src.entries) > 0 {
			return src, nil
		}
	}
	return &ledgerSource{}, nil
}

// created keeps what the run itself sent, and that exists or may exist.
func (s *ledgerSource) created() {
	s.entries = slices.DeleteFunc(s.entries, func(e ledger.Entry) bool {
		return e.SentBy != s.info.ID || e.Foreign() || !e.State.Ordered() && !e.State.InDoubt()
	})
}

// askNow asks the platform how orders stand, by id; nil where it could not be asked.
func (o *reporting) askNow(ctx context.Context, entries []ledger.Entry) map[string]apsclient.Order {
	if s, err := o.connection.settings(o.env); err != nil || !s.configured() {
		return nil
	}
	s, err := o.connection.work(ctx, o.env, 0)
	if err == nil {
		defer s.Close()
		s.orders, err = s.client.Orders(ctx)
	}
	now := make(map[string]apsclient.Order)
	for part := range slices.Chunk(entries, 100) {
		if err != nil {
			break
		}
		var ids []string
		for i := range part {
			if part[i].OrderID != "" {
				ids = append(ids, part[i].OrderID)
			}
		}
		if len(ids) == 0 {
			continue
		}
		for order, e := range s.orders.List(ctx, apsclient.OrderQuery{IDs: ids}) {
			if err = e; err != nil {
				break
			}
			now[order.ID] = order
		}
	}
	if err != nil {
		words, _ := o.env.explain(err)
		fmt.Fprintln(o.env.err, "note:", o.env.veil.hide(clean(words)))
		return nil
	}
	return now
}

// cancelRow is one line of the list.
func cancelRow(e *ledger.Entry, now map[string]apsclient.Order) []string {
	number, status, shown := orderName(e), e.OrderStatus, true
	if now != nil && e.OrderID != "" {
		var o apsclient.Order
		if o, shown = now[e.OrderID]; shown {
			number, status = cmp.Or(o.Number, number), o.Status
		}
	}
	words := status
	if known, ok := csvimport.OrderStatusOf(status); ok {
		words += " (" + known.Words + ")"
	}
	if !shown {
		words += ", not shown now"
	}
	account := e.AccountNo
	if e.AccountName != "" {
		account += " " + e.AccountName
	}
	return []string{number, words, account, e.Sub, e.Tenant, inBilling(e, status)}
}

// inBilling is what is to be done to take an order back.
func inBilling(e *ledger.Entry, status string) string {
	switch {
	case e.OrderID == "":
		return "may exist: search for " + csvimport.Reference(e.Sub, e.Gen)
	case status == csvimport.OrderCancelled:
		return "nothing: it is cancelled"
	case status == csvimport.OrderFailed:
		return "cancel the order: nothing was provisioned"
	case status == csvimport.OrderNoPayment, status == csvimport.OrderUnpaid, status == csvimport.OrderOnHold:
		return "cancel the order: it waits for a person"
	case e.State == ledger.Completed || status == "CP" || status == "WZ":
		what := "the Commerce subscription it made"
		if e.CommerceSub != "" {
			what = "Commerce subscription " + e.CommerceSub
		}
		return "cancel " + what + ", and have Azure left alone: ask the platform's staff first"
	}
	return "wait for its end, then look again: it is being provisioned"
}
