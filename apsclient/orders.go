package apsclient

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient/shape"
	"bulkimport/apsclient/tree"
)

// Orders is the platform's order service. It is safe for concurrent use.
type Orders struct {
	// ID tells one platform from another: the aps.id of the service or, where
	// the platform does not show the service itself, its host and path, for
	// example hub.example.com/aps/2/services/order-manager.
	ID string

	c    *Client
	path string // of the service

	mu      sync.Mutex
	refused map[way]bool // ways to ask that the platform has refused
}

// Orders finds the order service. If the assumptions name its path, it is
// there; else it is looked for by its type, then by its alias, then by whether
// orders can be listed below the alias. If it is nowhere the error is an *Error
// of kind NoService.
func (c *Client) Orders(ctx context.Context) (*Orders, error) {
	if c.wire.OrderService != "auto" {
		return c.ordersAt(ctx, c.wire.OrderService)
	}
	cl := call{op: opService, path: c.wire.ResourcesPath, query: query(implementing(c.wire.OrderServiceType)), missing: service}
	var ids []string
	err := c.get(ctx, cl, func(ans answer) error {
		items, err := decodeList(ans, new(tree.Parser))
		if err != nil {
			return err
		}
		ids = nil
		for _, it := range items {
			if id := textAt(it, "aps.id"); id != "" {
				ids = append(ids, id)
			}
		}
		return nil
	})
	switch kind := KindOf(err); {
	case err != nil && kind != Refused && kind != NoService:
		return nil, err
	case len(ids) == 1:
		return &Orders{ID: ids[0], c: c, path: c.wire.ResourcesPath + "/" + escape(ids[0], "")}, nil
	case len(ids) > 1:
		return nil, &Error{Kind: NoService, Op: cl.op, Err: fmt.Errorf("the platform shows %d order services, where one is expected", len(ids))}
	}
	o, aliasErr := c.ordersAt(ctx, c.wire.OrderServiceAlias)
	if e, ok := errors.AsType[*Error](aliasErr); ok && (e.Kind == Refused || e.Kind == NoService) {
		e.Kind = NoService
		e.Message = "no order service is shown by type or by alias"
	}
	return o, aliasErr
}

// ordersAt takes the service at path, whose own aps.id tells what platform it
// is. Where the platform shows its orders there and not the service, host and
// path tell.
func (c *Client) ordersAt(ctx context.Context, path string) (*Orders, error) {
	o := &Orders{c: c, path: path}
	cl := call{op: opService, path: path, missing: service}
	err := c.get(ctx, cl, func(ans answer) error {
		v, err := decodeJSON(ans.body)
		if err != nil {
			return err
		}
		if o.ID = textAt(only(v), "aps.id"); o.ID == "" {
			return errors.New("its answer does not tell the aps.id of the order service")
		}
		return nil
	})
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		if err = c.showsOrders(ctx, path, err); err == nil {
			o.ID = strings.ToLower(c.base.Host) + c.base.EscapedPath() + path
		}
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// showsOrders reports with nil that there are orders to be listed below path,
// else with absent, or with what keeps us from reading them.
func (c *Client) showsOrders(ctx context.Context, path string, absent error) error {
	cl := call{op: opOrders, path: path + c.wire.OrdersPath, query: query(limit(0, 1)), missing: service}
	err := c.get(ctx, cl, func(ans answer) error {
		_, err := decodeList(ans, new(tree.Parser))
		return err
	})
	if err == nil || KindOf(err) == Permission || KindOf(err) == Credentials {
		return err
	}
	return absent
}

// Now is the platform's clock: see [Client.Now].
func (o *Orders) Now() time.Time { return o.c.Now() }

// Stamp is what a request signed now is dated with, this machine's clock: the platform
// takes it for a while only. It is zero with OAuth 2, whose requests have no date.
func (o *Orders) Stamp() time.Time {
	if o.c.tokens != nil {
		return time.Time{}
	}
	return o.c.clock()
}

// Place places an order by one POST, which is never repeated. A 401 with OAuth 2
// throws the token away, see [Error.Renewed], and is left to the caller: it may be
// the echo of a delivery that created the order.
//
// The error is an *Error, and its kind says what may be done: after NotSent the
// order may be sent again, after InDoubt it has to be looked up.
func (o *Orders) Place(ctx context.Context, r OrderRequest) (Placed, error) {
	body, err := o.Body(r)
	if err != nil {
		return Placed{}, &Error{Kind: NotSent, Op: opPlace, Err: err}
	}
	cl := call{op: opPlace, method: http.MethodPost, path: o.path + o.c.wire.OrdersPath, body: body, check: r.Check}
	if !r.Stamp.IsZero() {
		cl.line = &line{signer: o.c.newSigner(o.c.transport, func() time.Time { return r.Stamp })}
	}
	ans, err := o.c.do(ctx, cl)
	if err != nil {
		return Placed{}, err
	}
	v, err := decodeJSON(ans.body)
	if err != nil {
		return Placed{}, o.c.unreadable(cl, ans, err)
	}
	id := lowerGUID(idAt(v, o.c.wire.OrderIDField))
	if id == "" {
		return Placed{}, o.c.unreadable(cl, ans, errors.New("its answer does not tell an order id"))
	}
	return Placed{OrderID: id, Status: ans.status, Date: ans.date}, nil
}

// Estimate has the platform calculate an order without creating it. Where it
// is refused, the order would be refused too. The error is an *Error; its kind
// is NoService if the platform gives no estimates, which is how a 404 is read
// that names neither the plan nor the account.
func (o *Orders) Estimate(ctx context.Context, r OrderRequest) (Estimate, error) {
	body, err := o.Body(r)
	if err != nil {
		return Estimate{}, &Error{Kind: NotSent, Op: opEstimate, Err: err}
	}
	cl := call{op: opEstimate, method: http.MethodPost, path: o.path + o.c.wire.EstimatePath, body: body, missing: service}
	if q := o.c.wire.EstimateQuery; q != none {
		cl.query = q
	}
	ans, err := o.c.do(ctx, cl)
	if e, ok := errors.AsType[*Error](err); ok && e.Status == http.StatusNotFound {
		if said := folded(e.Message); strings.Contains(said, folded(r.PlanID)) || strings.Contains(said, folded(r.AccountID)) {
			e.Kind = Refused
		}
	}
	if err != nil {
		return Estimate{}, err
	}
	v, err := decodeJSON(ans.body)
	if err != nil {
		return Estimate{}, o.c.unreadable(cl, ans, err)
	}
	if list, _ := v.List(); len(list) > 0 {
		v = list[0]
	}
	total, currency := amount(v, "total", "totalAmount", "grandTotal", "amount")
	return Estimate{Total: total, Currency: currency}, nil
}

// Get reads one order. If the platform does not know it, the error is an *Error
// of kind Refused and status 404; soon after the order was placed that may mean
// "not yet".
func (o *Orders) Get(ctx context.Context, id string) (Order, error) { return o.get(ctx, id, nil) }

func (o *Orders) get(ctx context.Context, id string, over *line) (Order, error) {
	cl := call{op: opOrder, path: o.path + o.c.wire.OrdersPath + "/" + escape(id, ""), missing: thing, line: over}
	var order Order
	err := o.c.get(ctx, cl, func(ans answer) error {
		v, err := decodeJSON(ans.body)
		if err != nil {
			return err
		}
		one := only(v)
		if !one.IsObject() {
			return errors.New("its answer is not an order")
		}
		order = o.decode(one)
		if order.Raw = ans.body; one != v {
			order.Raw = []byte(one.String())
		}
		if order.ID == "" {
			return errors.New("its answer does not tell an order id")
		}
		over.hear(ans.date)
		return nil
	})
	return order, err
}

// Body is the JSON of an order as Place would send it. It fails if r lacks
// anything that the shape of orders has a place for, but a cut-off date.
func (o *Orders) Body(r OrderRequest) ([]byte, error) {
	return o.c.shape.Fill(&shape.Values{
		shape.Account: r.AccountID, shape.AccountNumber: r.AccountNumber, shape.Plan: r.PlanID, shape.Reference: r.Reference,
		shape.Tenant: r.Tenant, shape.Subscription: r.Subscription, shape.CutOff: r.CutOff,
	})
}
