package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
)

// hello is what the stand-in's process says first.
type hello struct {
	URL, Key, Secret string
	Place            string // address to which orders are posted
	Control          string // address of what only the measuring asks
}

// seen is what the stand-in saw. Times are of this machine's clock.
type seen struct {
	First, Last   time.Time // first order request, last answer to one
	Second        time.Time // the request after the first
	Orders        int       // requests for an order
	Refused       int       // of them not answered 2xx
	StatusQueries int       // GETs of orders, one or many
	LastQuery     time.Time // when the last of them was answered
	Other         int       // all other requests
	MostInFlight  int
	CPU           time.Duration // of the stand-in's process so far, 0 where it is not known
	Stored        int           // orders held
	Doubles       []string      // subscriptions with several orders
}

// held is one order the stand-in holds; Owner is the account that has to have
// it.
type held struct{ Sub, ID, Account, Owner, Plan, Status string }

// clocked passes requests on and notes when orders were asked for and answered.
type clocked struct {
	platform *apstest.Server
	older    int          // orders that were there before
	page     atomic.Int64 // how long a list of orders takes, at least: a duration

	mu   sync.Mutex
	seen seen
}

func (c *clocked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch path := r.URL.Path; {
	case r.Method == http.MethodPost && strings.HasSuffix(path, "/orders"):
		began := time.Now()
		s := &status{ResponseWriter: w}
		c.platform.ServeHTTP(s, r)
		ended := time.Now()
		c.mu.Lock()
		defer c.mu.Unlock()
		switch c.seen.Orders++; {
		case c.seen.First.IsZero():
			c.seen.First = began
		case began.Before(c.seen.First):
			c.seen.First, c.seen.Second = began, c.seen.First
		case c.seen.Second.IsZero() || began.Before(c.seen.Second):
			c.seen.Second = began
		}
		if ended.After(c.seen.Last) {
			c.seen.Last = ended
		}
		if s.code > 299 {
			c.seen.Refused++
		}
	case r.Method == http.MethodGet && (strings.HasSuffix(path, "/orders") || strings.Contains(path, "/orders/")):
		time.Sleep(time.Duration(c.page.Load()))
		c.platform.ServeHTTP(w, r)
		ended := time.Now()
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen.StatusQueries++
		c.seen.LastQuery = ended
	default:
		c.platform.ServeHTTP(w, r)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen.Other++
	}
}

// status remembers the status of an answer.
type status struct {
	http.ResponseWriter
	code int
}

func (s *status) WriteHeader(code int) {
	s.code = code
	s.ResponseWriter.WriteHeader(code)
}

// Unwrap lets the stand-in reach the connection, for the faults that cut it.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// now is what was seen so far.
func (c *clocked) now() seen {
	c.mu.Lock()
	s := c.seen
	c.mu.Unlock()
	s.MostInFlight, s.Stored, s.Doubles, s.CPU = c.platform.MaxInFlight(), c.platform.OrderCount(), c.platform.Doubles(), ownCPU()
	return s
}

// serve is the stand-in's process: it writes the files that the clients
// import, says hello, and ends when its standard input does.
func serve(args []string, in io.Reader, out io.Writer) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	cfg := apstest.Config{Seed: 7, Log: 0}
	f.IntVar(&cfg.Tenants, "tenants", 25, "")
	f.DurationVar(&cfg.Latency, "latency", 0, "")
	f.DurationVar(&cfg.Provisioning, "provisioning", 0, "")
	faults := f.String("faults", "", "")
	older := f.Int("older", 0, "")
	input := f.String("input", "", "")
	signed := f.String("signed", "", "")
	if err := f.Parse(args); err != nil {
		return err
	}
	cfg.Faults = make(map[string]float64)
	for word := range strings.FieldsSeq(*faults) {
		kind, rate, _ := strings.Cut(word, "=")
		var err error
		if cfg.Faults[kind], err = strconv.ParseFloat(rate, 64); err != nil {
			return err
		}
	}
	platform, err := apstest.Start(cfg)
	if err != nil {
		return err
	}
	defer platform.Close()
	c := &clocked{platform: platform, older: *older}
	if err := addOlder(platform, *older); err != nil {
		return err
	}
	address, err := listen(c)
	if err != nil {
		return err
	}
	control, err := listen(c.controls())
	if err != nil {
		return err
	}
	h := hello{URL: address, Key: platform.Key(), Secret: platform.Secret(), Control: control,
		Place: address + "/aps/2/resources/" + platform.OrderServiceID() + "/orders"}
	if *input != "" {
		err = writeInput(*input, platform)
	}
	if *signed != "" {
		err = errors.Join(err, writeSigned(*signed, platform, h))
	}
	if err != nil {
		return err
	}
	if err := json.NewEncoder(out).Encode(h); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// addOlder adds orders of others, one each ten minutes up to yesterday.
func addOlder(platform *apstest.Server, n int) error {
	var accounts []string
	for t := range platform.Tenants() {
		accounts = append(accounts, t.AccountID)
	}
	plan := platform.Plans()[0].ID
	at := time.Now().Add(-24*time.Hour - time.Duration(n)*10*time.Minute)
	for i := range n {
		_, err := platform.AddOrder(apstest.StoredOrder{AccountID: accounts[i%len(accounts)], PlanID: plan, Placed: at.Add(time.Duration(i) * 10 * time.Minute),
			Products: json.RawMessage(`[{"planId":"` + plan + `"}]`)})
		if err != nil {
			return err
		}
	}
	return nil
}

func listen(h http.Handler) (address string, err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go http.Serve(l, h)
	return "http://" + l.Addr().String(), nil
}

// controls answers what only the measuring asks.
func (c *clocked) controls() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /seen", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(c.now())
	})
	mux.HandleFunc("GET /again", func(_ http.ResponseWriter, r *http.Request) { // counts anew, with slower lists
		page, _ := time.ParseDuration(r.FormValue("page"))
		c.page.Store(int64(page))
		c.mu.Lock()
		defer c.mu.Unlock()
		c.seen = seen{}
	})
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, _ *http.Request) {
		owner := make(map[string]string)
		for t := range c.platform.Tenants() {
			owner[t.Subscriptions[0]] = t.AccountID
		}
		enc := json.NewEncoder(w)
		for _, o := range c.platform.OrdersFrom(c.older) {
			enc.Encode(held{Sub: o.SubID, ID: o.ID, Account: o.AccountID, Owner: owner[o.SubID], Plan: o.PlanID, Status: o.Status})
		}
	})
	return mux
}

// columns of an operator's file.
var columns = []string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id"}

// writeInput writes the file an operator would have filled: one row a tenant,
// every second one with its account's number, the others resolved by name and
// e-mail.
func writeInput(path string, platform *apstest.Server) error {
	plans := platform.Plans()
	return write(path, func(b *bufio.Writer) error {
		w := csv.NewWriter(b)
		w.UseCRLF = true
		if err := w.Write(columns); err != nil {
			return err
		}
		i := 0
		for t := range platform.Tenants() {
			account := ""
			if i%2 == 0 {
				account = t.AccountNumber
			}
			if err := w.Write([]string{t.Domain, plans[i%len(plans)].ID, t.Subscriptions[0], t.Company, t.Email, account}); err != nil {
				return err
			}
			i++
		}
		w.Flush()
		return w.Error()
	})
}

// writeSigned writes, for the clients that only place, a line for each row:
// Authorization header, tab, the very body bulkimport would send.
func writeSigned(path string, platform *apstest.Server, h hello) error {
	client, err := apsclient.New(apsclient.Config{URL: h.URL, OAuth1: &apsclient.OAuth1{Key: h.Key, Secret: h.Secret}})
	if err != nil {
		return err
	}
	defer client.Close()
	orders, err := client.Orders(context.Background())
	if err != nil {
		return err
	}
	plans := platform.Plans()
	return write(path, func(b *bufio.Writer) error {
		i := 0
		for t := range platform.Tenants() {
			body, err := orders.Body(apsclient.OrderRequest{AccountID: t.AccountID, PlanID: plans[i%len(plans)].ID,
				Reference: "azure-import/" + t.Subscriptions[0], Tenant: t.Domain, Subscription: t.Subscriptions[0]})
			if err != nil {
				return err
			}
			if _, err := fmt.Fprintf(b, "%s\t%s\n", authorization(h), body); err != nil {
				return err
			}
			i++
		}
		return nil
	})
}

func write(path string, fill func(*bufio.Writer) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(f, 1<<20)
	return errors.Join(fill(b), b.Flush(), f.Close())
}
