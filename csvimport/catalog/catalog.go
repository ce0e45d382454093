package catalog

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sync/errgroup"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog/spill"
)

// Platform is what a catalog needs of the platform.
type Platform interface {
	Tenants(context.Context) iter.Seq2[apsclient.Tenant, error]
	Accounts(context.Context) iter.Seq2[apsclient.Account, error]
	Plans(context.Context) iter.Seq2[apsclient.Plan, error]
}

// Loader fetches a catalog.
type Loader struct {
	Platform Platform
	// Limit is how many tenants and subscriptions are kept in memory, default
	// 40,000, and three times as many accounts, which are small and looked for one
	// by one. More are kept in temporary files, with less than a byte in memory for
	// each, and found there as well: the size of a platform does not decide how much
	// memory an import takes.
	Limit int
}

// Catalog is the platform's plans, accounts and tenants, fetched once and
// indexed. It is safe for concurrent use. Close it after use.
type Catalog struct {
	plans    []csvimport.Plan
	planAt   map[string]int
	accounts accountIndex
	tenants  tenantIndex
	unread   error // why the tenant list could not be read

	failed atomic.Pointer[error] // the first failure of what is on disk
	mu     sync.Mutex            // guards what follows
	spent  int                   // names compared for hints
	hints  map[string][]string
}

// Load fetches plans, accounts and tenants. See Loader.
func Load(ctx context.Context, p Platform) (*Catalog, error) {
	return Loader{Platform: p}.Load(ctx)
}

// Load fetches plans, accounts and tenants, at the same time. It is no error if
// the platform does not let the tenants be read: see Catalog.TenantsUnread.
func (l Loader) Load(ctx context.Context) (*Catalog, error) {
	if l.Limit <= 0 {
		l.Limit = 40_000
	}
	c := &Catalog{
		planAt: make(map[string]int), hints: make(map[string][]string),
		accounts: accountIndex{Index: spill.New(3 * l.Limit)},
		tenants:  tenantIndex{Index: spill.New(l.Limit)},
	}
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error { return c.loadPlans(gctx, l.Platform) })
	g.Go(func() error { return c.loadAccounts(gctx, l.Platform) })
	g.Go(func() error { return c.loadTenants(gctx, l.Platform) })
	if err := g.Wait(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *Catalog) loadAccounts(ctx context.Context, p Platform) error {
	for account, err := range p.Accounts(ctx) {
		if err != nil {
			return ReadError("accounts", err)
		}
		if err := c.accounts.add((*csvimport.Account)(&account)); err != nil {
			return unindexed("accounts", err)
		}
	}
	if err := c.accounts.Seal(); err != nil {
		return unindexed("accounts", err)
	}
	return nil
}

func (c *Catalog) loadTenants(ctx context.Context, p Platform) error {
	for t, err := range p.Tenants(ctx) {
		if err != nil {
			if ctx.Err() == nil && unreadable(err) {
				c.unread = err
				err = c.tenants.Close()
				c.tenants = tenantIndex{Index: spill.New(0)}
				return err
			}
			return ReadError("tenants", err)
		}
		if err := c.tenants.add(&t); err != nil {
			return unindexed("tenants", err)
		}
	}
	if err := c.tenants.seal(); err != nil {
		return unindexed("tenants", err)
	}
	return nil
}

func unindexed(what string, err error) error {
	return fmt.Errorf("%s could not be indexed: %w", what, err)
}

// ReadError is err with what could not be read, which errors of the platform's
// client say themselves.
func ReadError(what string, err error) error {
	if _, ok := errors.AsType[*apsclient.Error](err); ok {
		return err
	}
	return fmt.Errorf("%s could not be read: %w", what, err)
}

// unreadable reports whether err says that the platform does not show
// something, rather than that it could not be reached.
func unreadable(err error) bool {
	switch apsclient.KindOf(err) {
	case apsclient.Permission, apsclient.Refused, apsclient.NoService:
		return true
	}
	return false
}

// Close gives up what the catalog holds on disk.
func (c *Catalog) Close() error { return errors.Join(c.accounts.Close(), c.tenants.Close()) }

// TenantsUnread says why the platform did not show its tenants, nil if it did.
// Tenants and subscriptions were then not checked, which is not to say that
// they are not there.
func (c *Catalog) TenantsUnread() error { return c.unread }

// SubscriptionsUnread is the number of tenants whose list of subscriptions the
// platform did not show.
func (c *Catalog) SubscriptionsUnread() int { return c.tenants.unreadableTenants }

// Tenants is the number of tenants and of their subscriptions.
func (c *Catalog) Tenants() (tenants, subscriptions int) {
	return c.tenants.size()
}

// Account returns the account with this aps.id.
func (c *Catalog) Account(apsID string) (csvimport.Account, bool) {
	a, err := c.accounts.byAPSID(apsID)
	c.fail(err)
	if a == nil {
		return csvimport.Account{}, false
	}
	return *a, true
}

// Accounts yields all accounts in the platform's order.
func (c *Catalog) Accounts() iter.Seq2[csvimport.Account, error] {
	return func(yield func(csvimport.Account, error) bool) {
		err := c.accounts.All(func(_ uint32, record []byte) bool {
			a, _ := decodeAccount(record)
			return yield(a, nil)
		})
		if err != nil {
			yield(csvimport.Account{}, unindexed("accounts", err))
		}
	}
}

// AccountAt returns the account at an address that Resolve gave.
func (c *Catalog) AccountAt(at uint32) csvimport.Account {
	a, err := c.accounts.at(at)
	c.fail(err)
	return a
}

// Positions is how many positions Resolve gives to tenants, to subscriptions and
// to accounts: Marks of that size hold them all.
func (c *Catalog) Positions() (tenants, subscriptions, accounts int) {
	return c.tenants.tenants, c.tenants.subs, c.accounts.Len()
}

// PartialTenants names the tenants of which some subscriptions are marked as being here
// and others, not yet imported, are not; where says where that is: "in the file". first
// tells a tenant's first row, 0 for none.
func (c *Catalog) PartialTenants(where string, here Marks, first func(tenant int32) (line, row int)) ([]csvimport.Finding, error) {
	return c.tenants.partial(where, here, first)
}

// Err returns the first failure of what is kept on disk. Since then answers of the
// catalog may be wrong.
func (c *Catalog) Err() error {
	if err := c.failed.Load(); err != nil {
		return fmt.Errorf("the platform's accounts and tenants are lost: %w", *err)
	}
	return nil
}

func (c *Catalog) fail(err error) {
	if err != nil {
		c.failed.CompareAndSwap(nil, &err)
	}
}

// Bindings reads the tenants again and yields what they show of each
// subscription. It is what Job.Imported asks for.
func Bindings(ctx context.Context, p Platform) iter.Seq2[csvimport.Binding, error] {
	return func(yield func(csvimport.Binding, error) bool) {
		for t, err := range p.Tenants(ctx) {
			if err != nil {
				yield(csvimport.Binding{}, err)
				return
			}
			for _, s := range t.Subscriptions {
				b := csvimport.Binding{
					Sub: strings.ToLower(strings.TrimSpace(s.ID)), Known: s.ImportedKnown,
					Imported: s.ImportedKnown && s.Imported, AccountID: s.AccountID,
				}
				if !yield(b, nil) {
					return
				}
			}
		}
	}
}
