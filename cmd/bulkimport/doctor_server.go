package main

import (
	"context"
	"fmt"
)

// server says what of a database server matters for a ledger: what is committed there
// has to stay, whatever fails.
func (o *doctor) server(ctx context.Context, places *settings) {
	l, err := o.env.openShared(ctx, places)
	if err != nil {
		o.fails("ledger server", err)
		return
	}
	defer l.Close()
	s, err := l.Server(ctx)
	if err != nil {
		o.fails("ledger server", err)
		return
	}
	words := fmt.Sprintf("PostgreSQL %s, synchronous_commit %s", clean(s.Version), clean(s.Synchronous))
	switch {
	case s.Standbys != "" && s.Synchronous != "off" && s.Synchronous != "local":
		o.note("ledger server", healthy, words+", waits for standbys "+clean(s.Standbys), "")
	case s.Replicas > 0:
		o.note("ledger server", warned, fmt.Sprintf("%s, %s not waited for: a commit may be lost on failover", words, count(s.Replicas, "replica")),
			"set synchronous_standby_names on the server, and synchronous_commit to on")
	case s.Synchronous == "off":
		o.note("ledger server", warned, words+": imports set it to on for their own writes", "set synchronous_commit to on for this role")
	default:
		o.note("ledger server", healthy, words+", no standby", "")
	}
}
