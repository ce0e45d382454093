package apsclient

import (
	"context"
	"strings"
	"time"

	"bulkimport/apsclient/tree"
)

// Stamped greets the platform with a signature stamped so long ago by the
// platform's clock, which has no other effect. The error is of kind Credentials if
// the platform takes no signature of that age. With OAuth 2 there are no stamps:
// it is an ordinary greeting.
func (c *Client) Stamped(ctx context.Context, age time.Duration) error {
	skew, _ := c.Skew()
	stamp := func() time.Time { return c.clock().Add(skew - age) }
	_, err := c.greet(ctx, &line{signer: c.newSigner(c.transport, stamp)}, age-skew)
	return err
}

// Clocks greets the platform so many times, each over a connection of its own, as
// each may be answered by another machine, and tells how far the date of each answer
// was ahead of this machine's clock, to about a second. Answers without a date are
// left out.
func (c *Client) Clocks(ctx context.Context, times int) ([]time.Duration, error) {
	var ahead []time.Duration
	for range times {
		transport := c.freshTransport()
		ans, err := c.greet(ctx, &line{transport: transport, signer: c.newSigner(transport, c.clock)}, 0)
		transport.CloseIdleConnections()
		if err != nil {
			return ahead, err
		}
		if !ans.date.IsZero() {
			ahead = append(ahead, ans.ahead)
		}
	}
	return ahead, nil
}

// greet asks for the versions document over a line, and does not read it.
func (c *Client) greet(ctx context.Context, over *line, age time.Duration) (ans answer, err error) {
	cl := call{op: opGreet, path: c.wire.VersionsPath, missing: service, line: over, age: age}
	err = c.get(ctx, cl, func(a answer) error {
		ans = a
		return nil
	})
	return ans, err
}

// Search is how the list of orders takes a condition.
type Search uint8

const (
	SearchUntold  Search = iota // it tells nothing that does not meet it, and there is nothing to find
	SearchFinds                 // it finds what meets it, and tells nothing else
	SearchMisses                // it does not find an order that meets it
	SearchIgnores               // it tells orders that do not meet it
	SearchRefuses               // the condition is refused, or the shape of orders has no name for it
)

// searched is how many orders are asked for to see how a condition is taken.
const searched = 5

// Searches tries how the list of orders takes conditions on references: the whole
// one, and its beginning. The reference is that of an order that the platform
// shows, or empty; nobody's is one that no order has, and prefix is what
// references that are looked for begin with.
func (o *Orders) Searches(ctx context.Context, reference, nobodys, prefix string) (whole, beginning Search, err error) {
	property := o.property(partReference)
	if property == "" {
		return SearchRefuses, SearchRefuses, nil
	}
	meets := func(told, wanted string) bool { return folded(told) == folded(wanted) }
	whole, err = o.search(ctx, reference, nobodys, func(v string) expr { return eq(property, v) }, meets)
	if err != nil {
		return whole, SearchUntold, err
	}
	if reference != "" {
		reference = prefix
	}
	begins := func(told, wanted string) bool { return strings.HasPrefix(folded(told), folded(wanted)) }
	beginning, err = o.search(ctx, reference, nobodys, func(v string) expr { return startsWith(property, v) }, begins)
	return whole, beginning, err
}

// search asks for what nobody has, and for what somebody has, if there is such.
func (o *Orders) search(ctx context.Context, there, nobodys string, where func(string) expr, meets func(told, wanted string) bool) (Search, error) {
	outcome := SearchUntold
	for _, value := range []string{nobodys, there} {
		if value == "" {
			continue
		}
		items, _, err := o.page(ctx, 0, searched, where(value))
		if refusesFilter(err) {
			return SearchRefuses, nil
		}
		if err != nil {
			return SearchUntold, err
		}
		for _, it := range items {
			if order := o.decode(it); order.HasReference && !meets(order.Reference, value) || value == nobodys {
				return SearchIgnores, nil
			}
		}
		switch {
		case value == nobodys:
		case len(items) == 0:
			outcome = SearchMisses
		default:
			outcome = SearchFinds
		}
	}
	return outcome, nil
}

// Count is what the list of orders tells of its own length.
type Count struct {
	Told int  // -1 if nothing
	True bool // the last order is where it says, and none after it
}

// Count asks how many orders there are, and looks at the end of the list whether it
// is true.
func (o *Orders) Count(ctx context.Context) (Count, error) {
	for again := false; ; again = true {
		_, told, err := o.page(ctx, 0, 2)
		if err != nil || told <= 0 {
			return Count{Told: told, True: told == 0}, err
		}
		last, _, err := o.page(ctx, told-1, 2)
		if err != nil || len(last) == 1 || again {
			return Count{Told: told, True: err == nil && len(last) == 1}, err
		}
		// Orders may have been placed meanwhile.
	}
}

// page reads one page of the list of orders, the newest first where the platform
// sorts.
func (o *Orders) page(ctx context.Context, start, size int, where ...expr) (items []tree.Node, told int, err error) {
	l := listing{op: opOrders, path: o.path + o.c.wire.OrdersPath, where: where, sort: sortDown(o.c.wire.OrderDateField), size: size}
	items, told, err = o.c.page(ctx, l, start)
	if refusesOrder(err) {
		l.sort = ""
		if plain, n, again := o.c.page(ctx, l, start); again == nil {
			return plain, n, nil
		}
	}
	return items, told, err
}
