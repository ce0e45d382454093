package simulation_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
)

// gateway is what every request passes on its way to the platform, each after a
// time of its own. It knows which process an order was made for.
type gateway struct {
	w *world

	mu     sync.Mutex
	asked  map[string]int    // how often, by who asks and for what
	lists  map[string]int    // of orders, by who asks
	looks  map[string]look   // for orders, by who looks
	placed []placed          // the order at each position of the platform's
	sent   []sent            // requests for orders
	plain  map[string]string // what requests ask for, by their first line: most are made twice and more
}

// sent is a request for an order that has come to the platform.
type sent struct {
	sub    string
	by     *process
	at     time.Time
	status int // of the answer, 0 if there was none
}

// open reports whether the answer says nothing for certain of the order.
func (s *sent) open() bool {
	return s.status == 0 || s.status == http.StatusBadGateway || s.status == http.StatusGatewayTimeout
}

// look is when a process has looked for orders.
type look struct {
	answered time.Time // when it asked last and was answered
	failed   time.Time // when it has asked since and was not, zero if it has not
}

// placed is who an order was made for. Of an order that no import placed the
// process is nil.
type placed struct {
	apstest.StoredOrder
	by     *process
	at     time.Time
	again  bool // the request that made another one was delivered twice
	denied bool // it was answered as if there were none
}

func newGateway(w *world) *gateway {
	return &gateway{w: w, asked: make(map[string]int), lists: make(map[string]int), looks: make(map[string]look), plain: make(map[string]string)}
}

func (g *gateway) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // cut off in the middle of the request
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	who, what := r.UserAgent(), g.plainly(r.Method+" "+r.RequestURI)
	sub := ""
	if r.Method == http.MethodPost {
		sub = subscriptionIn(body)
		what += " " + sub
	}
	g.mu.Lock()
	n := g.asked[who+what]
	g.asked[who+what]++
	lists := r.Method == http.MethodGet && strings.Contains(what, "/orders ")
	if lists {
		g.lists[who]++
	}
	g.mu.Unlock()
	began := time.Now()
	time.Sleep(g.takes(r, who, what, n))
	if r.Method == http.MethodGet && r.Context().Err() != nil {
		return
	}
	answer := &spy{ResponseWriter: rw}
	defer func() {
		by := g.w.process(who)
		made := g.made(by, sub, answer.status)
		if strings.HasSuffix(r.URL.Path, "/orders") && sub != "" {
			g.mu.Lock()
			g.sent = append(g.sent, sent{sub, by, began, answer.status})
			g.mu.Unlock()
		}
		if lists {
			g.looked(who, began, answer.status)
		}
		g.w.story.note("%s: %s → %d%s", who, what, answer.status, made)
	}()
	g.w.platform.ServeHTTP(answer, r)
}

// takes is how long a request is on its way. Placing an order takes longest, now
// and then very long.
func (g *gateway) takes(r *http.Request, who, what string, n int) time.Duration {
	if r.Method == http.MethodGet {
		return g.w.between(20*time.Millisecond, 300*time.Millisecond, "takes", who, what, n)
	}
	if g.w.draw("long", who, what, n) < 0.02 {
		return g.w.between(5*time.Second, 90*time.Second, "takes", who, what, n)
	}
	return g.w.between(200*time.Millisecond, 2*time.Second, "takes", who, what, n)
}

// node is the node that a request comes to: one for all connections that a process
// keeps, and any for one that it opens for a single request. Which connections are
// kept hangs on how goroutines take turns.
func (g *gateway) node(r *http.Request) int {
	what := []any{"node", r.UserAgent()}
	if r.Close {
		what = append(what, g.w.since())
	}
	return int(g.w.draw(what...) * 1000)
}

// made notes which orders the platform has more than before: those for sub were made
// for a process by one request, that was answered with a status, the others by a
// colleague.
func (g *gateway) made(by *process, sub string, status int) (numbers string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, o := range g.w.platform.OrdersFrom(len(g.placed)) {
		if o.SubID != sub {
			g.placed = append(g.placed, placed{StoredOrder: o, at: time.Now()})
			continue
		}
		denied := status >= 400 && status < 600 && status != http.StatusBadGateway && status != http.StatusGatewayTimeout
		g.placed = append(g.placed, placed{StoredOrder: o, by: by, at: time.Now(), again: by != nil && numbers != "", denied: denied})
		numbers += ", made " + o.Number + " for " + o.SubID
	}
	return numbers
}

// listed is how often a process has asked for orders.
func (g *gateway) listed(who string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.lists[who]
}

// looked notes that a process has asked for orders, and the status of the answer.
func (g *gateway) looked(who string, at time.Time, status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.looks[who]
	l.failed = at
	if status == http.StatusOK || status == http.StatusPartialContent {
		l = look{answered: at}
	}
	g.looks[who] = l
}

// lastLook is the last one for orders of a process.
func (g *gateway) lastLook(who string) look {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.looks[who]
}

// orders are all orders, as the platform has them now, the oldest first.
func (g *gateway) orders() []placed {
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, o := range g.w.platform.Orders() {
		if i == len(g.placed) {
			g.placed = append(g.placed, placed{StoredOrder: o, at: time.Now()})
		}
		g.placed[i].StoredOrder = o
	}
	return append([]placed(nil), g.placed...)
}

// spy remembers the status of an answer.
type spy struct {
	http.ResponseWriter
	status int // 0 as long as there is none
}

func (s *spy) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *spy) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// subscriptionIn finds the subscription that an order is for.
func subscriptionIn(body []byte) string {
	const length = 36
	_, rest, ok := bytes.Cut(body, []byte(csvimport.ReferencePrefix))
	if !ok || len(rest) < length {
		return ""
	}
	return string(rest[:length])
}

var (
	resource = regexp.MustCompile(`^(\w+) /aps/2/resources/[0-9a-f-]{36}`)
	several  = regexp.MustCompile(`in\((\w+),\(([^)]*)\)\)`)
	one      = regexp.MustCompile(`eq\((\w+),[^)]*\)`)
)

// plainly is what a request asks for.
func (g *gateway) plainly(request string) string {
	g.mu.Lock()
	defer g.mu.Unlock()
	words, ok := g.plain[request]
	if !ok {
		words = plainly(request)
		g.plain[request] = words
	}
	return words
}

// plainly is what a request asks for, without the ids in it and their order.
func plainly(request string) string {
	path, query, _ := strings.Cut(request, "?")
	query = several.ReplaceAllStringFunc(query, func(in string) string {
		m := several.FindStringSubmatch(in)
		return fmt.Sprintf("%d×%s", 1+strings.Count(m[2], ","), m[1])
	})
	return resource.ReplaceAllString(path, "$1 …") + " " + one.ReplaceAllString(query, "1×$1")
}
