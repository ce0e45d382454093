package apsclient

import (
	"context"
	"iter"
	"strings"
	"sync"

	"bulkimport/apsclient/tree"
)

// Tenant is an Azure CSP customer with the subscriptions it holds.
type Tenant struct {
	APSID         string // aps.id
	Domain        string // full domain name
	Company       string
	Email         string
	AccountID     string // number of the bound account, if the platform tells it
	Subscriptions []TenantSubscription
	// SubscriptionsReadable is false where the platform left the list out,
	// which does not mean that there are none.
	SubscriptionsReadable bool
}

// TenantSubscription is one Azure subscription of a tenant.
type TenantSubscription struct {
	ID       string // lower-case GUID
	Name     string
	Status   string
	Imported bool
	// ImportedKnown is false where the platform did not say.
	ImportedKnown bool
	// AccountID is the number of the account it was imported under, if told.
	AccountID string
}

// Account is a customer account of the platform.
type Account struct {
	APSID   string // aps.id, which an order names
	ID      string // the number people use, for example 1000009
	Type    string
	Company string
	Email   string // administrator's contact
}

// Plan is a service plan.
type Plan struct {
	APSID string // aps.id, which an order names
	ID    string // the number people use
	Name  string
}

func (c *Client) listing(op, path string, where ...expr) listing {
	return listing{op: op, path: path, where: where, sort: sortDown(c.wire.SortKey), size: c.wire.pageSize(), key: "aps.id"}
}

// Accounts lists the customer accounts. An error ends the sequence.
func (c *Client) Accounts(ctx context.Context) iter.Seq2[Account, error] {
	return decoded(c.each(ctx, c.listing(opAccounts, c.wire.AccountsPath)), func(v tree.Node) Account {
		return Account{
			APSID:   lowerGUID(idAt(v, "aps.id")),
			ID:      idAt(v, c.wire.AccountNumber),
			Type:    textAt(v, "type"),
			Company: textAt(v, c.wire.AccountCompany),
			Email:   textAt(v, c.wire.AccountEmail),
		}
	})
}

// Paging is how the platform answers a request for one page.
type Paging struct {
	Asked, Got int // elements of the page
	Total      int // of the whole list, -1 if the answer has no Content-Range
}

// Paging reads one page of at most two accounts, to see how the platform pages.
func (c *Client) Paging(ctx context.Context) (Paging, error) {
	l := c.listing(opAccounts, c.wire.AccountsPath)
	if _, refused := c.unsorted.Load(l.op); refused {
		l.sort = ""
	}
	l.size = 2
	items, total, err := c.page(ctx, l, 0)
	return Paging{Asked: l.size, Got: len(items), Total: total}, err
}

// Plans lists the service plans. An error ends the sequence.
func (c *Client) Plans(ctx context.Context) iter.Seq2[Plan, error] {
	return decoded(c.each(ctx, c.listing(opPlans, c.wire.PlansPath)), func(v tree.Node) Plan {
		name, _ := lookup(v, c.wire.PlanName)
		return Plan{APSID: lowerGUID(idAt(v, "aps.id")), ID: textAt(v, c.wire.PlanNumber), Name: words(name)}
	})
}

// Tenants lists the Azure tenants with their subscriptions. Where a tenant's
// subscriptions cannot be read, its SubscriptionsReadable is false. An error
// ends the sequence.
func (c *Client) Tenants(ctx context.Context) iter.Seq2[Tenant, error] {
	l := c.listing(opTenants, c.wire.ResourcesPath, implementing(c.wire.TenantType))
	tenants := decoded(c.each(ctx, l), c.wire.tenant)
	if c.wire.TenantOperation == none {
		return tenants
	}
	return c.withSubscriptions(ctx, tenants)
}

// decoded turns elements into values.
func decoded[T any](items iter.Seq2[tree.Node, error], decode func(tree.Node) T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for it, err := range items {
			var v T
			if err == nil {
				v = decode(it)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// withSubscriptions asks each tenant for its subscriptions, as many tenants at
// once as there are connections, and yields them in order.
func (c *Client) withSubscriptions(ctx context.Context, tenants iter.Seq2[Tenant, error]) iter.Seq2[Tenant, error] {
	return func(yield func(Tenant, error) bool) {
		batch := make([]Tenant, 0, c.width)
		failed := make([]error, c.width)
		flush := func() bool {
			var asking sync.WaitGroup
			for i := range batch {
				asking.Go(func() { failed[i] = c.readSubscriptions(ctx, &batch[i]) })
			}
			asking.Wait()
			for i := range batch {
				if !yield(batch[i], failed[i]) || failed[i] != nil {
					return false
				}
			}
			batch = batch[:0]
			return true
		}
		for t, err := range tenants {
			if err != nil {
				if flush() {
					yield(t, err)
				}
				return
			}
			if batch = append(batch, t); len(batch) == c.width && !flush() {
				return
			}
		}
		flush()
	}
}

// readSubscriptions asks the tenant's own operation. What the platform does
// not let us read stays not readable.
func (c *Client) readSubscriptions(ctx context.Context, t *Tenant) error {
	if t.APSID == "" {
		return nil
	}
	path := c.wire.ResourcesPath + "/" + escape(t.APSID, "") + "/" + escape(strings.Trim(c.wire.TenantOperation, "/"), "/")
	err := c.get(ctx, call{op: opSubscriptions, path: path, missing: thing}, func(ans answer) error {
		v, err := decodeJSON(ans.body)
		if err != nil {
			return err
		}
		list, ok := v.List()
		if !ok {
			list, ok = c.wire.subscriptionsOf(v)
		}
		if ok {
			c.wire.readSubscriptions(t, list)
		}
		return nil
	})
	switch {
	case err == nil:
		return nil
	case KindOf(err) == Refused || KindOf(err) == NoService:
		return nil
	default:
		return err
	}
}

func (w *Wire) tenant(v tree.Node) Tenant {
	t := Tenant{
		APSID:     idAt(v, "aps.id"),
		Domain:    textAt(v, w.TenantDomain),
		Company:   textAt(v, w.TenantCompany),
		Email:     textAt(v, w.TenantEmail),
		AccountID: idAt(v, w.TenantAccount),
	}
	if list, ok := w.subscriptionsOf(v); ok {
		w.readSubscriptions(&t, list)
	}
	return t
}

func (w *Wire) subscriptionsOf(tenant tree.Node) (list []tree.Node, ok bool) {
	found, _ := lookup(tenant, w.TenantSubscriptions)
	return found.List()
}

func (w *Wire) readSubscriptions(t *Tenant, list []tree.Node) {
	t.SubscriptionsReadable = true
	t.Subscriptions = make([]TenantSubscription, 0, len(list))
	for _, element := range list {
		s := TenantSubscription{
			ID:        strings.ToLower(strings.TrimSpace(idAt(element, w.SubscriptionID))),
			Name:      textAt(element, w.SubscriptionName),
			Status:    textAt(element, w.SubscriptionStatus),
			AccountID: idAt(element, w.SubscriptionAccount),
		}
		imported, _ := lookup(element, w.SubscriptionImported)
		s.Imported, s.ImportedKnown = truth(imported)
		t.Subscriptions = append(t.Subscriptions, s)
	}
}
