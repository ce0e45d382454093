package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"bulkimport/apsclient"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/mark"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/realpath"
)

// work is a command at work with a platform and a ledger, each of which it
// may do without.
type work struct {
	env      *env
	settings *settings
	client   *apsclient.Client
	orders   *apsclient.Orders
	ledger   ledgerStore
	book     ledgerBook
	catalog  *catalog.Catalog
}

// work begins with the platform: it asks for the cheapest answer there
// is, so that wrong credentials are known before anything else.
func (c *connection) work(ctx context.Context, e *env, connections int) (*work, error) {
	s, err := c.required(e)
	if err != nil {
		return nil, err
	}
	client, err := s.client(e, connections, c.verbose)
	if err != nil {
		return nil, err
	}
	if _, err := client.Check(ctx); err != nil {
		client.Close()
		return nil, err
	}
	return &work{env: e, settings: s, client: client}, nil
}

// openBook finds the order service, whose id is the platform's identity, and
// opens the platform's part of the ledger.
func (s *work) openBook(ctx context.Context) error {
	var err error
	if s.orders, err = s.client.Orders(ctx); err != nil {
		return err
	}
	if err := s.openLedger(ctx); err != nil {
		return err
	}
	s.book, err = s.ledger.Platform(ctx, s.orders.ID, s.settings.url)
	return err
}

func (s *work) openLedger(ctx context.Context) (err error) {
	if s.ledger == nil {
		s.ledger, err = s.env.openStore(ctx, s.settings)
	}
	return err
}

// bookAt opens the book of the platform last known at the address, without
// asking the platform and without making a ledger. Where no address is set and
// the ledger knows one platform, that is the one. Nil means there is none.
func (s *work) bookAt(ctx context.Context) error {
	there, err := s.ledgerThere(ctx)
	if err != nil || !there {
		return err
	}
	if s.settings.url != "" {
		s.book, err = s.ledger.BookAt(ctx, s.settings.url)
		return err
	}
	known, err := s.ledger.Platforms(ctx)
	if err != nil || len(known) != 1 {
		return err
	}
	if len(known[0].URLs) > 0 {
		s.settings.url = known[0].URLs[0]
	}
	s.book, err = s.ledger.Book(ctx, known[0].ID)
	return err
}

// ledgerThere opens the ledger where there is one, and makes none.
func (s *work) ledgerThere(ctx context.Context) (bool, error) {
	if s.ledger != nil {
		return true, nil
	}
	if _, err := os.Stat(s.settings.ledger); !postgres.Is(s.settings.ledger) && errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	l, err := s.env.openExisting(ctx, s.settings)
	if errors.Is(err, ledger.ErrAbsent) {
		return false, nil
	}
	s.ledger = l
	return err == nil, err
}

// knownBook is bookAt for who wants nothing but what the ledger knows: one that is gone is
// a fault then.
func (s *work) knownBook(ctx context.Context) error {
	if err := s.bookAt(ctx); err != nil || s.ledger != nil {
		return err
	}
	return s.gone()
}

// gone fails if imports were made on this machine with the ledger that is not there.
func (s *work) gone() error {
	path, err := realpath.Of(s.settings.ledger)
	if err != nil || !mark.Kept(s.env.marksFolder(), machine.Local().ID(), path) {
		return nil
	}
	return fault("the ledger "+s.settings.ledger+", with which imports were made on this machine, is gone",
		"put it back where it was if it can be found; without it, too, bulkimport import finds the orders: it asks when anybody last imported here, and looks for them on the platform")
}

// bookIfThere is what the ledger knows of the platform that answers, nil if that is
// nothing, or if the ledger cannot be read.
func (s *work) bookIfThere(ctx context.Context) ledgerBook {
	if err := s.bookAt(ctx); err != nil || s.book == nil || s.book.ID() != s.orders.ID {
		return nil
	}
	return s.book
}

// load fetches plans, accounts and tenants.
func (s *work) load(ctx context.Context) (err error) {
	s.catalog, err = catalog.Load(ctx, s.client)
	return err
}

// loadAndSay loads, and says what could not be read.
func (s *work) loadAndSay(ctx context.Context) error {
	if err := s.load(ctx); err != nil {
		return err
	}
	s.env.sayUnread(s.catalog)
	return nil
}

// sayUnread says what the platform did not let us look at, which is not to say
// that it is not there.
func (e *env) sayUnread(c *catalog.Catalog) {
	if why := c.TenantsUnread(); why != nil {
		fmt.Fprintln(e.err, "note: tenants and subscriptions were not checked:", clean(why.Error()))
	} else if n := c.SubscriptionsUnread(); n > 0 {
		fmt.Fprintf(e.err, "note: the platform does not show the subscriptions of %s: they were not checked\n", count(n, "tenant"))
	}
}

// Close ends the work.
func (s *work) Close() {
	if s.catalog != nil {
		s.catalog.Close()
	}
	if s.client != nil {
		s.client.Close()
	}
	if s.ledger != nil {
		s.ledger.Close()
	}
}
