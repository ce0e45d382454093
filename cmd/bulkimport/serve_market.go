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
}

// stall is one reading of the platform's lists. Who uses it holds it.
type stall struct {
	work  *work
	ready int // subscriptions ready for import
	read  time.Time
	users sync.WaitGroup
}

// marketLife is how long lists are taken to be as they were.
const marketLife = 10 * time.Minute

// open returns the lists, read anew where they are old. Who has them calls leave.
func (m *market) open(ctx context.Context) (*stall, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now != nil && time.Since(m.now.read) < marketLife {
		m.now.users.Add(1)
		return m.now, nil
	}
	fresh, err := m.load(ctx)
	if err != nil {
		return nil, err
	}
	m.drop()
	m.now = fresh
	fresh.users.Add(1)
	return fresh, nil
}

func (s *stall) leave() { s.users.Done() }

// drop lets the lists go once nobody uses them.
func (m *market) drop() {
	if old := m.now; old != nil {
		m.now = nil
		go func() {
			old.users.Wait()
			old.work.Close()
		}()
	}
}

// forget has the lists read anew the next time.
func (m *market) forget() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.drop()
}

func (m *market) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.now != nil {
		m.now.users.Wait()
		m.now.work.Close()
		m.now = nil
	}
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
	if err := w.load(ctx); err != nil {
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
