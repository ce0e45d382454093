package apstest

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Config says what the stand-in holds and how it behaves. The zero value is a
// platform of 25 tenants that answers at once and truthfully.
type Config struct {
	Listen        string // loopback address, default "127.0.0.1:0": a free port
	TLS           bool   // serve https with a certificate of its own (Server.RootCAs) and HTTP/2
	Tenants       int    // default 25
	Subscriptions int    // of each tenant, default 1
	Seed          uint64 // of ids, credentials and faults; the same seed gives the same data

	Latency       time.Duration // added to order POSTs, before the order is created
	Provisioning  time.Duration // from LO to CP; 0 = at once, negative = never
	RateLimit     float64       // 429 above so many order POSTs a second; 0 = none
	RateLimitWait bool          // these 429 tell RetryAfter
	Skew          time.Duration // how far the platform's clock is ahead of Clock
	Window        time.Duration // how far the time of a signature may be from that clock, default 5m

	// Listener opens the address Listen, and opens it again after an outage:
	// net.Listen on TCP. With Network.Listen nothing leaves this process.
	Listener func(addr string) (net.Listener, error)
	// Clock tells the server's time: time.Now. Delays and RateLimit are told by
	// package time. It is called concurrently.
	Clock func() time.Time

	Faults     map[string]float64 // kind, or kind@scope → rate
	Late       time.Duration      // fault late: invisible for so long, default 3s
	Stale      time.Duration      // fault list-stale: how old the lists of orders are, default 2m
	ListCap    int                // fault list-capped: the most elements of a list, default 100
	LocalZone  time.Duration      // fault local-dates: how far the platform's zone is ahead of UTC, default 9h
	Slow       time.Duration      // fault slow: answer held back for so long, default 310s
	RetryAfter time.Duration      // of 429-wait, 503-wait and RateLimitWait, in whole seconds, default 1s
	ClockSkew  time.Duration      // fault clock: how far ahead, default 10m
	// ClocksApart is how far the clock that dates an answer is ahead of the
	// others', in the fault clocks-apart: default 2m.
	ClocksApart time.Duration

	// Lag is how long the order at a position, for this subscription, takes to show
	// to any GET. Nil: no time. It is called once for each order, and must not call
	// the Server.
	Lag func(order int, subID string) time.Duration
	// Delay is added to each request before anything is done about it. It is called
	// once for each, and told how many of the same method, path (raw) and subscription
	// (of an order that is placed, estimated or read) came before. Nil: no time. It
	// is called concurrently.
	Delay func(method, path, subID string, n int) time.Duration
	// Nodes is how many nodes answer, default one. All requests of a connection go
	// to one node, unless Node or a cookie APSNODE tells, which answers set. The node
	// at a position shows each order that often NodeLag later than the first, and its
	// clock, by which answers and orders are dated, is as often NodeSkew ahead.
	Nodes             int
	NodeLag, NodeSkew time.Duration
	Node              func(*http.Request) int
	// ImportShows is how long after an order's good end its subscription shows as
	// imported; negative: never.
	ImportShows time.Duration
	// Draw decides about faults in place of sequences of the seed: a fault strikes
	// if it returns less than the fault's rate. It is told what a request is about:
	// its kind, its subscription (of an order that is placed, estimated or read), and
	// how many there were of these before. With it all ids follow from Seed, those of
	// orders from their position. It is called concurrently.
	Draw func(fault, about string) float64

	State  string // file that keeps everything across restarts; default none
	Orders string // file to which every order created is appended; default none
	Log    int    // so many of the newest requests are kept for Server.Requests; default 0, in NewServer 10000

	Shape             string        // of the orders that are taken, default those that Names has the names of; its fields alone are known
	Strict            bool          // refuse every field, query and header that is not known
	Denied            []Operation   // entries missing from the Allowed Operations
	NoOrderManagement bool          // the order service is not deployed
	Partial           bool          // answer pages of longer lists with 206
	PageSize          int           // the most elements of a page, and the default, default 1000
	TokenLife         time.Duration // of bearer tokens, default 5m
	Names             Names         // those of the wire that are inferred
	Attributes        []string      // ids of the mandatory order attributes
	Parameters        []string      // keys of further import parameters that strict mode lets pass
	TenantOperation   string        // operation of a tenant that lists its subscriptions; empty: the tenant itself does
}

// Operation is one entry of a staff member's Allowed Operations.
type Operation string

const (
	ReadTenants Operation = "GET " + typeTenant
	PlaceOrders Operation = "POST " + typeOrders
	ReadOrders  Operation = "GET " + typeOrders
)

func (c *Config) fill() error {
	c.Listen = cmp.Or(c.Listen, "127.0.0.1:0")
	c.Tenants = cmp.Or(c.Tenants, 25)
	c.Window = cmp.Or(c.Window, window)
	c.Subscriptions = cmp.Or(c.Subscriptions, 1)
	c.Late = cmp.Or(c.Late, 3*time.Second)
	c.Stale = cmp.Or(c.Stale, 2*time.Minute)
	c.ListCap = cmp.Or(c.ListCap, 100)
	c.LocalZone = cmp.Or(c.LocalZone, 9*time.Hour)
	c.Nodes = cmp.Or(c.Nodes, 1)
	c.Slow = cmp.Or(c.Slow, 310*time.Second)
	c.RetryAfter = cmp.Or(c.RetryAfter, time.Second)
	c.ClockSkew = cmp.Or(c.ClockSkew, 10*time.Minute)
	c.ClocksApart = cmp.Or(c.ClocksApart, 2*time.Minute)
	c.PageSize = cmp.Or(c.PageSize, 1000)
	c.TokenLife = cmp.Or(c.TokenLife, 5*time.Minute)
	if c.Listener == nil {
		c.Listener = func(addr string) (net.Listener, error) { return net.Listen("tcp", addr) }
	}
	if c.Clock == nil {
		c.Clock = time.Now
	}
	c.Names.fill()
	if !slices.Contains([]string{"", ShapeParameters, ShapeMigration, ShapeConnect}, c.Shape) {
		return fmt.Errorf("there is no shape %q of orders", c.Shape)
	}
	if c.Tenants < 0 || c.Tenants >= 1<<28 || c.Subscriptions < 0 || c.Subscriptions >= 1<<28 || c.PageSize < 1 {
		return errors.New("tenants, subscriptions and page size must be positive")
	}
	host, _, err := net.SplitHostPort(c.Listen)
	if err != nil {
		return fmt.Errorf("listen address %q: %w", c.Listen, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("listen address %q is not on loopback: the stand-in serves this machine only", c.Listen)
	}
	if outer, _, nested := strings.Cut(c.Names.Reference, "."); nested && outer != "attributes" {
		return fmt.Errorf("reference %q: a path begins with attributes", c.Names.Reference)
	}
	for kind, rate := range c.Faults {
		if err := checkFault(kind, rate); err != nil {
			return err
		}
	}
	for _, op := range c.Denied {
		if !slices.Contains([]Operation{ReadTenants, PlaceOrders, ReadOrders}, op) {
			return fmt.Errorf("the operation %q is not known", op)
		}
	}
	return nil
}

// Option changes the Config of NewServer; any func(*Config) will do.
type Option func(*Config)

// WithTenants sets how many tenants there are, and the subscriptions of each.
func WithTenants(tenants, subscriptions int) Option {
	return func(c *Config) { c.Tenants, c.Subscriptions = tenants, subscriptions }
}

// WithFault switches a fault on from the start.
func WithFault(kind string, rate float64) Option {
	return func(c *Config) {
		if c.Faults == nil {
			c.Faults = make(map[string]float64)
		}
		c.Faults[kind] = rate
	}
}

// WithProvisioning sets how long an order stays LO.
func WithProvisioning(d time.Duration) Option { return func(c *Config) { c.Provisioning = d } }

// WithLatency sets what is added to order POSTs.
func WithLatency(d time.Duration) Option { return func(c *Config) { c.Latency = d } }

// WithSeed sets the seed.
func WithSeed(seed uint64) Option { return func(c *Config) { c.Seed = seed } }

// WithStrict makes the server refuse whatever it does not know.
func WithStrict() Option { return func(c *Config) { c.Strict = true } }
