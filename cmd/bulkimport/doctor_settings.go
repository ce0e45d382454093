package main

import (
	"fmt"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/ledger"
)

// setting is one line of a profile: what it should be by what was measured.
type setting struct {
	Type   string `json:"type"`
	Name   string `json:"name"`
	Value  string `json:"value"`
	Change bool   `json:"change"` // it is something else now
	Why    string `json:"why"`
}

// leastMargin is by how many times settle is to be longer than what was measured.
const leastMargin = 4

// endlessSettle is settle where the platform takes a request however late.
const endlessSettle = 48 * time.Hour

// advise says what to set.
func (o *doctor) advise(s *work, past *traces) {
	o.adviseSettle(s, past)
	o.adviseShape(s)
	o.adviseReference()
}

func (o *doctor) set(name, value string, change bool, why string) {
	o.settings = append(o.settings, setting{"setting", name, value, change, o.env.veil.hide(clean(why))})
}

// adviseSettle says how long an unanswered order may still turn up here.
func (o *doctor) adviseSettle(s *work, past *traces) {
	lag, _ := past.seen.Lag(s.orders.Now())
	least, why := leastSettle, "an unanswered order may turn up hours late"
	if o.measured.Window > least {
		least, why = o.measured.Window, "a signature is taken until it is so old"
	}
	if leastMargin*lag > least {
		least, why = leastMargin*lag, "four times as long as an order took to be listed"
	}
	if o.stampsEver {
		least, why = endlessSettle, "signatures are taken however old they are"
	}
	least = (least + time.Hour - 1).Truncate(time.Hour)
	now := s.settings.settle
	if now >= least {
		why = "long enough: " + why
	}
	o.set("settle", whole(max(now, least)), now < least, why)
}

// whole writes a time of whole minutes or hours, as a profile may have it.
func whole(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "m0s")
	if text == d.String() {
		return text // it has seconds
	}
	if hours, ok := strings.CutSuffix(text, "h0"); ok {
		return hours + "h"
	}
	return text + "m"
}

// adviseShape says which shape of the order is in force, and whether it is known to
// import.
func (o *doctor) adviseShape(s *work) {
	wire := s.client.Wire()
	name := wire.OrderShape
	if s.settings.hasTemplate() {
		name = "a template of the profile"
	}
	switch {
	case o.sold:
		o.set("order.shape", name, true, "it sold something new here: take the shape of an order made in the panel, bulkimport doctor --learn ORDER_NUMBER")
	case o.imported:
		o.set("order.shape", name, false, "orders of ours have imported their subscriptions here")
	default:
		o.set("order.shape", name, false, "not proved here yet: bulkimport doctor --compare ORDER_NUMBER shows whether an order made in the panel has it")
	}
}

func (o *doctor) adviseReference() {
	switch o.kept {
	case ledger.KeptYes:
		o.set("order.reference", o.referenceField, false, "orders keep it")
	case ledger.KeptNo:
		o.set("order.reference", o.referenceField, true, "orders do not keep it: name another field, for example attributes.ID (bulkimport doctor --assumptions)")
	default:
		o.set("order.reference", o.referenceField, false, "whether orders keep it shows with the first one")
	}
}

// hasTemplate reports whether the profile has a template of the order.
func (s *settings) hasTemplate() bool {
	var wire apsclient.Wire
	return setWire(&wire, "", s.wire) == nil && strings.TrimSpace(wire.OrderTemplate) != ""
}

// showSettings shows what to set, below the checks.
func (o *doctor) showSettings() error {
	if len(o.settings) == 0 {
		return nil
	}
	w, p := o.env.out, o.env.pen(o.env.out)
	var rows [][]string
	change := false
	for _, s := range o.settings {
		word := "stays"
		if s.Change {
			word, change = p.yellow("set"), true
		}
		rows = append(rows, []string{s.Name, clean(s.Value), word, s.Why})
	}
	words := "nothing to set in the profile:"
	if change {
		words = "to set in the profile (bulkimport help credentials):"
	}
	fmt.Fprintf(w, "\n%s\n", words)
	return table(w, "  ", rows)
}
