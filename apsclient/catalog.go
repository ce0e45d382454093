package apsclient

import (
	"context"
	"iter"
	"strings"
)

func (c *Client) listing(op, path string, where ...expr) listing {
	return listing{op: op, path: path, where: append(where, sortDown(c.wire.SortKey)), size: c.wire.pageSize(), key: "aps.id"}
}

// Accounts lists the customer accounts. An error ends the sequence.
func (c *Client) Accounts(ctx context.Context) iter.Seq2[Account, error] {
	return decoded(c.each(ctx, c.listing("list accounts", c.wire.AccountsPath)), func(v any) (Account, error) {
		return Account{
			APSID:   textAt(v, "aps.id"),
			ID:      textAt(v, c.wire.AccountNumber),
			Type:    textAt(v, "type"),
			Company: textAt(v, c.wire.AccountCompany),
			Email:   textAt(v, c.wire.AccountEmail),
		}, nil
	})
}

// Plans lists the service plans. An error ends the sequence.
func (c *Client) Plans(ctx context.Context) iter.Seq2[Plan, error] {
	return decoded(c.each(ctx, c.listing("list service plans", c.wire.PlansPath)), func(v any) (Plan, error) {
		name, _ := lookup(v, c.wire.PlanName)
		return Plan{APSID: textAt(v, "aps.id"), ID: textAt(v, c.wire.PlanNumber), Name: words(name)}, nil
	})
}

// Tenants lists the Azure tenants with their subscriptions, as far as those
// can be read. An error ends the sequence.
func (c *Client) Tenants(ctx context.Context) iter.Seq2[Tenant, error] {
	l := c.listing("list tenants", c.wire.ResourcesPath, implementing(c.wire.TenantType))
	return decoded(c.each(ctx, l), func(v any) (Tenant, error) {
		t := c.wire.tenant(v)
		if c.wire.TenantOperation == none || t.APSID == "" {
			return t, nil
		}
		err := c.readSubscriptions(ctx, &t)
		return t, err
	})
}

// decoded turns elements into values.
func decoded[T any](items iter.Seq2[item, error], decode func(any) (T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for it, err := range items {
			var v T
			if err == nil {
				v, err = decode(it.fields)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}

// readSubscriptions asks the tenant's own operation. What the platform does
// not let us read stays not readable.
func (c *Client) readSubscriptions(ctx context.Context, t *Tenant) error {
	path := c.wire.ResourcesPath + "/" + escape(t.APSID, "") + "/" + escape(strings.Trim(c.wire.TenantOperation, "/"), "/")
	err := c.get(ctx, call{op: "read a tenant's subscriptions", path: path, missing: thing}, func(ans answer) error {
		v, err := decodeJSON(ans.body)
		if err != nil {
			return err
		}
		if list, ok := v.([]any); ok {
			v = map[string]any{c.wire.TenantSubscriptions: list}
		}
		c.wire.readSubscriptions(t, v)
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

func (w *Wire) tenant(v any) Tenant {
	t := Tenant{
		APSID:     textAt(v, "aps.id"),
		Domain:    textAt(v, w.TenantDomain),
		Company:   textAt(v, w.TenantCompany),
		Email:     textAt(v, w.TenantEmail),
		AccountID: textAt(v, w.TenantAccount),
	}
	w.readSubscriptions(&t, v)
	return t
}

func (w *Wire) readSubscriptions(t *Tenant, v any) {
	found, _ := lookup(v, w.TenantSubscriptions)
	list, ok := found.([]any)
	if !ok {
		return
	}
	t.SubscriptionsReadable = true
	t.Subscriptions = make([]TenantSubscription, 0, len(list))
	for _, element := range list {
		s := TenantSubscription{
			ID:        strings.ToLower(strings.TrimSpace(textAt(element, w.SubscriptionID))),
			Name:      textAt(element, w.SubscriptionName),
			Status:    textAt(element, w.SubscriptionStatus),
			AccountID: textAt(element, w.SubscriptionAccount),
		}
		imported, _ := lookup(element, w.SubscriptionImported)
		s.Imported, s.ImportedKnown = truth(imported)
		t.Subscriptions = append(t.Subscriptions, s)
	}
}
