package main

import (
	"context"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// stateKey is a state as programs name it.
func stateKey(s ledger.State) string { return strings.ReplaceAll(stateWord(s), " ", "_") }

// entryEvent is what the ledger knows of one subscription.
type entryEvent struct {
	Type        string `json:"type"`
	SubID       string `json:"sub_id"`
	State       string `json:"state"`
	Generation  int    `json:"generation"`
	Run         int64  `json:"run"`
	Tenant      string `json:"tenant"`
	Account     string `json:"account"`
	AccountName string `json:"account_name"`
	PlanID      string `json:"plan_id"`
	PlanName    string `json:"plan_name"`
	CutOff      string `json:"cut_off"`
	Reference   string `json:"reference"`
	OrderID     string `json:"order_id"`
	OrderNumber string `json:"order_number"`
	OrderStatus string `json:"order_status"`
	Adopted     bool   `json:"adopted"`
	HTTPStatus  int    `json:"http_status"`
	ErrorCode   string `json:"error_code"`
	Error       string `json:"error"`
	Attempts    int    `json:"attempts"`
	DoubtSince  string `json:"doubt_since"`
	SubmittedAt string `json:"submitted_at"`
	FinishedAt  string `json:"finished_at"`
}

func entryObject(e *ledger.Entry) entryEvent {
	return entryEvent{
		Type: "row", SubID: e.Sub, State: stateKey(e.State), Generation: e.Gen, Run: e.Run,
		Tenant: e.Tenant, Account: e.AccountNo, AccountName: e.AccountName, PlanID: e.PlanID, PlanName: e.PlanName,
		CutOff: e.CutOff, Reference: csvimport.Reference(e.Sub, e.Gen),
		OrderID: e.OrderID, OrderNumber: e.OrderNumber, OrderStatus: e.OrderStatus, Adopted: e.Foreign(),
		HTTPStatus: e.HTTPStatus, ErrorCode: e.Code, Error: e.Message, Attempts: e.Sends,
		DoubtSince: csvimport.Instant(e.DoubtSince), SubmittedAt: csvimport.Instant(e.SubmittedAt), FinishedAt: csvimport.Instant(e.FinishedAt),
	}
}

// storyEvent is something that happened to a subscription.
type storyEvent struct {
	Type       string `json:"type"`
	Time       string `json:"time"`
	Run        int64  `json:"run"`
	Generation int    `json:"generation"`
	Note       string `json:"note"`
}

func eventObject(h ledger.Event) storyEvent {
	return storyEvent{"event", csvimport.Instant(h.Time), h.Run, h.Gen, h.Note}
}

// runEvent is one run of an import.
type runEvent struct {
	Type     string `json:"type"`
	ID       int64  `json:"id"`
	File     string `json:"file"`
	Rows     int    `json:"rows"`
	Started  string `json:"started"`
	Ended    string `json:"ended"`
	Host     string `json:"host"`
	Version  string `json:"version"`
	Operator string `json:"operator"`
	Running  bool   `json:"running"`
	Outcome  string `json:"outcome"`
	Said     string `json:"said"`
}

// events writes the ledger as JSON: runs, rows not at their end, the totals.
func (o *status) events(ctx context.Context, s *work) error {
	out := newEvents(o.env.out)
	runs, err := s.book.Runs(ctx, o.runs)
	if err != nil {
		return err
	}
	for _, r := range runs {
		out.emit(runEvent{"run", r.ID, r.File, r.Rows, csvimport.Instant(r.Started), csvimport.Instant(r.Ended), r.Host, r.Version, r.Operator,
			r.Ended.IsZero() && r.Outcome == "" && s.book.Alive(r.ID), r.Outcome, r.Said})
	}
	for e, err := range s.book.Entries(ctx) {
		if err != nil {
			return err
		}
		if !atEnd(e.State) {
			out.emit(entryObject(&e))
		}
	}
	if err := out.failed(); err != nil {
		return err
	}
	totals, err := s.book.Totals(ctx)
	if err != nil {
		return err
	}
	return o.summary(totals)
}

func (o *status) summary(totals map[ledger.State]int) error {
	summary := summaryEvent{}
	sum := 0
	for _, state := range ledger.States() {
		summary[stateKey(state)] = totals[state]
		sum += totals[state]
	}
	summary["existing"] = 0 // a state that is no more; programs may read it
	summary["rows"] = sum
	out := newEvents(o.env.out)
	out.emit(summary)
	return out.failed()
}
