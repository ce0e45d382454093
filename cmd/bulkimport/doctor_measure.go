package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// stampAges are the ages of the signatures that are tried, the youngest first. The
// first that is refused ends it: whoever watches the platform sees one failed
// sign-in at most.
var stampAges = []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 6 * time.Minute, 11 * time.Minute,
	21 * time.Minute, time.Hour, 6 * time.Hour, 25 * time.Hour}

// signatures measures how old a request may be when it comes.
func (o *doctor) signatures(ctx context.Context, s *work) {
	const name = "signatures"
	if s.settings.consumerKey == "" {
		return // of OAuth 1 alone
	}
	o.stampsEver = true
	taken := time.Duration(0)
	for _, age := range stampAges {
		err := s.client.Stamped(ctx, age)
		if err != nil && apsclient.KindOf(err) != apsclient.Credentials {
			words, hint := o.explain(err)
			o.stampsEver = false
			o.note(name, warned, "how old they may be could not be measured: "+words, hint)
			return
		}
		if err != nil {
			// By which of the platform's clocks it was read nobody knows.
			o.stampsEver, o.measured.Window = false, age+o.measured.Spread.Truncate(time.Minute)
			break
		}
		taken = age
	}
	switch window := o.measured.Window; {
	case window == 0:
		o.note(name, warned, "one that is "+whole(taken)+" old is still taken: a request held up on its way may create its order as late as that",
			"do not import by hand what bulkimport says may exist, and set settle in the profile to "+whole(endlessSettle)+" or more")
	case taken == 0:
		o.note(name, warned, "one that is "+whole(window)+" old is refused already",
			"have this machine's clock set by a time server: it must not be off by more than seconds")
	default:
		o.note(name, healthy, fmt.Sprintf("taken at an age of %s, refused at %s: a request held up on its way is not taken later than that", whole(taken), whole(window)), "")
	}
}

const (
	clocksAsked  = 5
	clocksAlike  = 5 * time.Second
	clocksApart  = time.Minute // what an import allows for
	clocksOneAnd = "the platform's machines do not keep the same time: tell its support"
)

// clocks compares the dates of several answers with each other.
func (o *doctor) clocks(ctx context.Context, client *apsclient.Client) {
	const name = "clocks"
	ahead, err := client.Clocks(ctx, clocksAsked)
	if err != nil {
		words, hint := o.explain(err)
		o.note(name, warned, "those of several answers could not be compared: "+words, hint)
		return
	}
	if len(ahead) < 2 {
		return // a line of its own says that answers carry no date
	}
	spread := slices.Max(ahead) - slices.Min(ahead)
	o.measured.Spread = spread
	words := fmt.Sprintf("%d answers, each over a connection of its own, are dated up to %s apart", len(ahead), span(spread))
	switch {
	case spread > clocksApart:
		o.note(name, warned, words, clocksOneAnd+", and until they do let one person on one machine import at a time")
	case spread > clocksAlike:
		o.note(name, warned, words, clocksOneAnd+"; an import allows for "+span(clocksApart))
	default:
		o.note(name, healthy, fmt.Sprintf("%d answers, each over a connection of its own, are dated alike", len(ahead)), "")
	}
}

// nobodys is a reference that no order has: its id is of no subscription.
var nobodys = csvimport.Reference("00000000-0000-4000-8000-000000000000", 1) + "/doctor"

// searching tries whether the order list finds orders by their references.
func (o *doctor) searching(ctx context.Context, orders *apsclient.Orders, past *traces) {
	const name = "searching"
	whole, beginning, err := orders.Searches(ctx, past.sample, nobodys, csvimport.ReferencePrefix)
	if err != nil {
		o.fails(name, err)
		return
	}
	o.measured.Search = whole == apsclient.SearchFinds
	const slower = "nothing to mend: an import reads further and compares by itself, which takes longer"
	switch whole {
	case apsclient.SearchUntold:
		o.note(name, healthy, "the order list takes a reference as a condition; whether it finds one shows once there is an order of ours", "")
		return
	case apsclient.SearchMisses:
		o.note(name, warned, "the order list does not find an order of ours by its reference",
			"an import finds orders by account, plan and subscription then: keep the ledger, "+o.hint("leave --per-account at 1, ", "")+"and ask the platform's support whether orders can be searched by "+o.referenceField)
		return
	case apsclient.SearchIgnores:
		o.note(name, warned, "the order list ignores a reference as a condition, and tells orders of others too", slower)
		return
	case apsclient.SearchRefuses:
		o.note(name, warned, "the order list cannot be searched by a reference", slower)
		return
	}
	switch beginning {
	case apsclient.SearchFinds:
		o.note(name, healthy, "the order list finds references, whole and by their beginning", "")
	case apsclient.SearchIgnores:
		o.note(name, warned, "the order list finds whole references, and ignores a condition on their beginning", slower)
	default:
		o.note(name, warned, "the order list finds whole references, and none by their beginning: it takes * for a letter", slower)
	}
}

// counting looks whether the order list tells how long it is, and whether that is true.
func (o *doctor) counting(ctx context.Context, orders *apsclient.Orders) {
	const name = "counting"
	n, err := orders.Count(ctx)
	if err != nil {
		o.fails(name, err)
		return
	}
	o.measured.Counts = n.True
	switch {
	case n.Told < 0:
		o.note(name, warned, "the order list does not tell how many there are (Content-Range): an import asks for the oldest order too, to see whether it is cut short",
			"ask the platform's support whether its lists have a greatest length, and keep the ledger: it knows the orders placed from here")
	case !n.True:
		o.note(name, faulty, fmt.Sprintf("the order list tells of %s, and does not end there", count(n.Told, "order")),
			"import nothing: orders that exist may not be listed, and would be placed again. Tell the platform's support")
	default:
		o.note(name, healthy, "the order list tells how many there are, and it is true", "")
	}
}

// showing says how long accepted orders took to be listed, as far as the ledger saw.
func (o *doctor) showing(orders *apsclient.Orders, past *traces) {
	const name = "showing"
	lag, measured := past.seen.Lag(orders.Now())
	switch {
	case !measured:
		o.note(name, healthy, "how long an accepted order takes to be listed is not known yet: the first order of an import measures it", "")
	case 4*lag > longestShow:
		o.note(name, warned, "an accepted order took "+span(lag)+" to be listed, the longest of the last 7 days",
			"ask the platform's support why; an import waits four times as long, "+span(4*lag)+", before it believes that an order is not there")
	default:
		o.note(name, healthy, "accepted orders were listed within "+span(max(lag, time.Second))+", the longest of the last 7 days", "")
	}
}

// longestShow is how long an import waits in any case for what may still show.
const longestShow = 10 * time.Minute

// learned is what goes into the ledger.
func (o *doctor) learned(e *ledger.Evidence) {
	if !o.measured.At.IsZero() {
		e.Measured = o.measured
	}
	e.References = max(e.References, o.kept)
}
