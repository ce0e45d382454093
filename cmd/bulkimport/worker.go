package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	"github.com/spf13/cobra"

	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/serve"
)

// helping works at a team's imports, without a page.
type helping struct {
	env        *env
	connection connection
	listen     string
}

func newWork(e *env) *cobra.Command {
	o := &helping{env: e}
	cmd := &cobra.Command{
		Use:   "work",
		Short: "Work at a team's imports on a further machine",
		Long: `work takes imports that people begin in bulkimport serve, on the same database
(--ledger postgres://...) and the same platform. It has no page. Any number of
machines may do so, and each bulkimport serve there works as well. One machine
has an import in hand, from its first row to its last; those that have none of
their own help with it from 100 orders on, once its first order has shown, and
turn to another import as soon as one waits.

A machine that dies is taken over from within about a minute, by any other: the
ledger knows what was sent, and no subscription is ordered twice. While the
database is away all of them wait for it, for up to an hour.

More machines make an import faster as far as the platform takes more orders at
once: each sends as many as one machine does. They let imports of several people
go on beside each other, and go on without the machine that broke.

Ctrl-C ends it: what is begun gets up to 30 seconds to finish, and another
machine goes on.`,
		Args: arguments(),
		Example: `  bulkimport work --ledger postgres://importer@db.example.com/imports
  bulkimport work --profile production --listen 127.0.0.1:8091`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	cmd.Flags().StringVar(&o.listen, "listen", "", "answer /healthz and /metrics at `HOST:PORT` of this machine")
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		1: "the database cannot be reached, or the port is taken", 2: "wrong usage or configuration",
		130: "stopped by Ctrl-C or SIGTERM; another machine goes on, or the next bulkimport work",
	}, connectionVariables...)
	return cmd
}

func (o *helping) run(ctx context.Context) error {
	l, err := o.open()
	if err != nil {
		return err
	}
	if l != nil {
		defer l.Close()
	}
	places, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	if !postgres.Is(places.ledger) {
		return wrong("this ledger is a file of one machine's", "--ledger postgres://..., the database of the team's bulkimport serve")
	}
	if places.url == "" {
		return wrong("no platform is named", "--profile, or --url; bulkimport login sets one up")
	}
	if err := checkURL(places.url, places.origin); err != nil {
		return err
	}
	s := bareService(ctx, o.env, o.connection, places)
	defer s.Close()
	if err := s.share(ctx); err != nil {
		return err
	}
	if err := s.work(ctx, ""); err != nil {
		return err
	}
	fmt.Fprintln(o.env.err, "working at imports for", clean(places.host())+". Ctrl-C ends it")
	healthy := func() error { return nil }
	if l != nil {
		requests, end := context.WithCancel(context.WithoutCancel(ctx))
		ended := make(chan error, 1)
		go func() { ended <- serve.Run(requests, l, s.health(), goodbye) }()
		healthy = func() error { end(); return <-ended }
	}
	<-ctx.Done()
	if err := errors.Join(s.imports.close(o.env.err), healthy()); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// open listens on this machine, if that is asked for.
func (o *helping) open() (net.Listener, error) {
	if o.listen == "" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(o.listen)
	if err != nil {
		return nil, wrong("--listen "+quote(o.listen)+" is not HOST:PORT", "for example --listen 127.0.0.1:8091")
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, wrong("--listen "+quote(o.listen)+" is beyond this machine", "for example --listen 127.0.0.1:8091; what is said there is for this machine alone")
	}
	l, err := serve.ListenAt(o.listen)
	if err != nil {
		return nil, fault(o.listen+" is taken, or may not be used", "--listen with another port")
	}
	return l, nil
}

// health says that the program works, and in numbers what it does.
func (s *service) health() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", sayHealthy)
	mux.HandleFunc("GET /metrics", s.metrics)
	return mux
}
