package apstest

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// The state file is a line of JSON for the platform, then one for each order
// and each change made from outside. A last line that was cut off by a crash
// is dropped: its order was never answered nor shown.
type (
	stateLine struct {
		Platform *statePlatform `json:"platform,omitempty"`
		Order    *stateOrder    `json:"order,omitempty"`
		Change   *change        `json:"change,omitempty"`
	}
	statePlatform struct {
		Service string `json:"service"` // aps.id of the order service
		OrderID uint64 `json:"orderKey"`
		Seed    uint64 `json:"seed"`
	}
	stateOrder struct {
		Type       string            `json:"type"`
		Account    int               `json:"account"`
		Plan       int               `json:"plan"`
		Sub        subKey            `json:"sub,omitempty"`
		Reference  *string           `json:"reference,omitempty"`
		Attributes map[string]string `json:"attributes,omitempty"`
		Products   json.RawMessage   `json:"products,omitempty"`
		Sent       json.RawMessage   `json:"sent,omitempty"`
		Placed     int64             `json:"placed"`
		Ends       int64             `json:"ends"`
		Visible    int64             `json:"visible,omitempty"`
		Outcome    string            `json:"outcome"`
		Reason     string            `json:"reason,omitempty"`
		Imports    bool              `json:"imports"`
	}
	change struct {
		Order        string  `json:"order,omitempty"`
		Status       string  `json:"status,omitempty"`
		Reference    *string `json:"reference,omitempty"`
		At           int64   `json:"at,omitempty"`
		Subscription string  `json:"subscription,omitempty"`
		AccountID    string  `json:"accountId,omitempty"`
		Orders       int     `json:"orders,omitempty"` // how many there were at the time
	}
)

// journalLines makes what the two files take for one order.
func (s *Server) journalLines(o *order) line {
	var l line
	if s.store.state != nil {
		l.state = marshalLine(stateLine{Order: encodeOrder(o)})
	}
	if s.store.log != nil {
		_, sub, _ := productImports(o.products, &s.cfg.Names)
		l.log = appendObject(nil, object{{"orderId", s.store.id(o)}, {"sub_id", sub}, {"accountId", s.world.accountID(o.account)},
			{"planId", s.world.plan(o.plan).ID}, {"poNumber", o.reference}}, nil)
	}
	return l
}

func productImports(raw json.RawMessage, n *Names) (tenant, sub, cutOff string) {
	var products []product
	if json.Unmarshal(raw, &products) != nil || len(products) == 0 {
		return "", "", ""
	}
	params, _ := products[0].params(n)
	return imported(params, n)
}

func marshalLine(l stateLine) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(l); err != nil {
		panic(err) // only products are not ours, and they were decoded before
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

func encodeOrder(o *order) *stateOrder {
	so := &stateOrder{Type: o.kind, Account: o.account, Plan: o.plan, Sub: o.sub, Products: o.products, Sent: o.sent,
		Placed: o.placed, Ends: o.ends, Visible: o.visible, Outcome: o.outcome, Reason: o.reason, Imports: o.imports}
	if o.hasRef {
		so.Reference = &o.reference
	}
	if len(o.attributes) > 0 {
		so.Attributes = make(map[string]string, len(o.attributes))
		for _, m := range o.attributes {
			so.Attributes[m.name], _ = m.value.(string)
		}
	}
	return so
}

func (so *stateOrder) decode() *order {
	o := &order{attributes: attributesOf(so.Attributes), kind: so.Type, account: so.Account, plan: so.Plan, sub: so.Sub, products: so.Products, sent: so.Sent,
		placed: so.Placed, ends: so.Ends, visible: so.Visible, outcome: so.Outcome, reason: so.Reason, imports: so.Imports}
	if so.Reference != nil {
		o.reference, o.hasRef = *so.Reference, true
	}
	o.kept.Store(true)
	return o
}

// note keeps a change made from outside.
func (s *Server) note(c change) error {
	if s.store.state == nil {
		return nil
	}
	return s.store.state.flush(s.store.state.add(marshalLine(stateLine{Change: &c})))
}

// openState reads the state file, or begins one.
func (s *Server) openState() error {
	if s.cfg.Orders != "" {
		log, err := openJournal(s.cfg.Orders)
		if err != nil {
			return err
		}
		s.store.log = log
	}
	if s.cfg.State == "" {
		s.store.lines = s.linesIfKept()
		return nil
	}
	j, err := openJournal(s.cfg.State)
	if err != nil {
		return err
	}
	s.store.state = j
	s.store.lines = s.linesIfKept()
	if err := s.load(j.file); err != nil {
		return fmt.Errorf("state file %s: %w", filepath.Base(s.cfg.State), err)
	}
	return nil
}

func (s *Server) linesIfKept() func(*order) line {
	if s.store.log == nil && s.store.state == nil {
		return nil
	}
	return s.journalLines
}

func (s *Server) load(f *os.File) error {
	r := bufio.NewReaderSize(f, 1<<16)
	var whole int64
	for n := 1; ; n++ {
		text, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		var l stateLine
		if err := json.Unmarshal(text, &l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		if err := s.apply(n, l); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		whole += int64(len(text))
	}
	if err := f.Truncate(whole); err != nil {
		return err
	}
	if whole > 0 {
		return nil
	}
	p := statePlatform{Service: s.service, OrderID: uint64(s.store.key), Seed: s.cfg.Seed}
	return s.store.state.flush(s.store.state.add(marshalLine(stateLine{Platform: &p})))
}

func (s *Server) apply(n int, l stateLine) error {
	switch {
	case (l.Platform != nil) != (n == 1):
		return errors.New("this is not a state file of the stand-in")
	case l.Platform != nil:
		if l.Platform.Seed != s.cfg.Seed {
			return fmt.Errorf("it was made with seed %d, not %d: use that seed or another file", l.Platform.Seed, s.cfg.Seed)
		}
		s.service, s.store.key = l.Platform.Service, guidKey(l.Platform.OrderID)
	case l.Order != nil:
		s.store.link(l.Order.decode())
	case l.Change != nil && l.Change.Order != "":
		o := s.store.find(l.Change.Order)
		if o == nil {
			return fmt.Errorf("order %s is not found", l.Change.Order)
		}
		if l.Change.Reference != nil {
			s.store.edit(o, *l.Change.Reference, l.Change.At)
		} else {
			set(&o.override, l.Change.Status, l.Change.At)
		}
	case l.Change != nil:
		return s.bind(*l.Change)
	}
	return nil
}
