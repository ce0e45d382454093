package main

import (
	"context"
	"sync"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/catalog"
)

// market is the platform as the page shows it: its lists, read once and for a while.
// It is safe for concurrent use.
type market struct {
	service *service
	mu      sync.Mutex
	now     *stall
	reading *reading // nil if nobody reads
	busy    sync.WaitGroup
}

// reading is the platform's lists on their way, for all who wait for them.
type reading struct {
	done chan struct{}
	err  error
}

// stall is one reading of the platform's lists. Who uses it holds it.
type stall struct {
	work  *work
	ready int // subscriptions ready for import
	read  time.Time
	users sync.WaitGroup
}

const (
	// marketLife is how long lists are taken to be as they were.
	marketLife = 10 * time.Minute

	// inMemory is how many tenants and subscriptions are kept in memory, some 200
	// bytes each: a person waits for each check.
	inMemory = 250_000
)

// open returns the lists, read anew where they are old. Who has them calls leave.
func (m *market) open(ctx context.Context) (*stall, error) {
	for {
		m.mu.Lock()
		if s := m.now; s != nil && time.Since(s.read) < marketLife {
			s.users.Add(1)
			m.mu.Unlock()
			return s, nil
		}
		r := m.begin()
		m.mu.Unlock()
		select {
		case <-r.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if r.err != nil {
			return nil, r.err
		}
	}
}

// begin has the lists read, unless somebody does.
func (m *market) begin() *reading {
	if m.reading != nil {
		return m.reading
	}
	r := &reading{done: make(chan struct{})}
	m.reading = r
	m.busy.Go(func() {
		defer close(r.done)
		fresh, err := m.load(m.service.life)
		m.mu.Lock()
		defer m.mu.Unlock()
		m.reading, r.err = nil, err
		if err == nil {
			m.drop()
			m.now = fresh
		}
	})
	return r
}

func (s *stall) leave() { s.users.Done() }

// drop lets the lists go once nobody uses them.
func (m *market) drop() {
	old := m.now
	if old == nil {
		return
	}
	m.now = nil
	m.busy.Go(func() {
		old.users.Wait()
		old.work.Close()
	})
}

// forget has the lists read anew the next time.
func (m *market) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop()
}

// close waits until nobody reads, or uses, lists any more.
func (m *market) close() {
	m.forget()
	m.busy.Wait()
	m.forget() // what came last
	m.busy.Wait()
}

func (m *market) load(ctx context.Context) (*stall, error) {
	w, err := m.service.connection.work(ctx, m.service.env, 0)
	if err != nil {
		return nil, err
	}
	s := &stall{work: w, read: time.Now()}
	if w.orders, err = w.client.Orders(ctx); err != nil && apsclient.KindOf(err) != apsclient.NoService {
		w.Close()
		return nil, err
	}
	if w.catalog, err = (catalog.Loader{Platform: w.client, Limit: inMemory}).Load(ctx); err != nil {
		w.Close()
		return nil, err
	}
	if table, err := w.catalog.Export(catalog.ExportOptions{}); err == nil {
		s.ready = table.Subscriptions
		table.Close()
	}
	return s, nil
}

// openBook opens what the ledger has of the platform, in a work of its own, which is to
// be closed. It is nil where the platform tells nobody which one it is.
func (s *stall) openBook(ctx context.Context) (*work, error) {
	if s.work.orders == nil {
		return nil, nil
	}
	w := &work{env: s.work.env, settings: s.work.settings, orders: s.work.orders}
	if err := w.openLedger(ctx); err != nil {
		return nil, err
	}
	var err error
	if w.book, err = w.ledger.Platform(ctx, w.orders.ID, w.settings.url); err != nil {
		w.Close()
		return nil, err
	}
	return w, nil
}
