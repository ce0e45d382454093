package apstest

import (
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// callKind is what a request asks for; the names are those of Server.Count.
type callKind string

const (
	callToken         callKind = "token"
	callAPS           callKind = "aps"
	callService       callKind = "service"
	callResource      callKind = "resource"
	callTenants       callKind = "tenants"
	callSubscriptions callKind = "subscriptions"
	callAccounts      callKind = "accounts"
	callPlans         callKind = "plans"
	callPlace         callKind = "place"
	callEstimate      callKind = "estimate"
	callOrder         callKind = "order"
	callOrders        callKind = "orders"
	callUnknown       callKind = "unknown"
)

var callKinds = [...]callKind{callToken, callAPS, callService, callResource, callTenants, callSubscriptions, callAccounts, callPlans,
	callPlace, callEstimate, callOrder, callOrders, callUnknown}

const (
	maxBody = 1 << 20
	maxURL  = 8 << 10
)

// call is one request on its way.
type call struct {
	s           *Server
	r           *http.Request
	kind        callKind
	id          string // of an order or a resource
	path, query string // raw, as received
	body        []byte
	now         time.Time // the clock of the node, as its answers and its orders are dated
	common      time.Time // the platform's clock, by which orders come to their end
	node        int
	order       *orderBody
	orderErr    error
	faults      []string
	aboutIs     string // what it is about, once that was asked
}

// subID is the subscription that an order is about, as sent.
func (c *call) subID() string {
	if c.order == nil {
		return ""
	}
	return c.order.sub
}

// account is the position of the account that an order names, -1 if there is none.
func (c *call) account() int {
	if c.order != nil {
		if i, ok := c.s.world.accountAt(c.order.account); ok {
			return i
		}
	}
	return -1
}

// aboutSub is the subscription that a call is about: as sent, or that of the order
// it reads.
func (c *call) aboutSub() string {
	if c.kind != callOrder {
		return c.subID()
	}
	o := c.s.store.find(strings.ToLower(c.id))
	if o == nil {
		return ""
	}
	_, sub, _ := productImports(o.products, &c.s.cfg.Names)
	return sub
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.begin() {
		panic(http.ErrAbortHandler)
	}
	defer s.running.Done()
	c := &call{s: s, r: r, node: s.nodeOf(r)}
	c.path, c.query, _ = strings.Cut(r.RequestURI, "?")
	c.route()
	s.tally.add(string(c.kind))
	readErr := c.readBody(w)
	if c.kind == callPlace || c.kind == callEstimate {
		c.order, c.orderErr = s.readOrder(c.body)
	}
	if c.kind == callPlace {
		defer s.tally.enter(c.account())()
	}
	if s.cfg.Delay != nil {
		c.delay()
	}
	c.common = s.now()
	c.now = c.common.Add(time.Duration(c.node) * s.cfg.NodeSkew)
	var a answer
	if readErr != nil {
		a = refuse(http.StatusBadRequest, "BadRequest", readErr.Error())
	} else {
		a = c.serve()
	}
	c.finish(w, a)
}

// delay holds the call up as Config.Delay says. What has come is served even if
// its client has gone by then.
func (c *call) delay() {
	s, sub := c.s, c.aboutSub()
	n := s.times.next("delay " + c.r.Method + " " + c.path + " " + sub)
	s.wait(nil, s.cfg.Delay(c.r.Method, c.path, sub, n))
}

// finish logs the call and sends its answer.
func (c *call) finish(w http.ResponseWriter, a answer) {
	s := c.s
	status := a.status
	if a.ending == hangUp || a.ending == reset {
		status = 0
	}
	s.tally.add("status " + strconv.Itoa(status))
	if s.tally.keep > 0 {
		s.tally.record(Request{Time: c.now, Kind: string(c.kind), Method: c.r.Method, Path: c.path, Query: c.query,
			Header: c.r.Header.Clone(), Body: c.body, SubID: c.subID(), Status: status, Faults: c.faults, Refusal: a.refusal})
	}
	if a.ending == hold {
		s.wait(c.r, s.cfg.Slow)
	}
	if s.cfg.Nodes > 1 {
		http.SetCookie(w, &http.Cookie{Name: nodeCookie, Value: strconv.Itoa(c.node), Path: "/"})
	}
	s.send(w, a, c.now)
}

func (c *call) readBody(w http.ResponseWriter) error {
	if n := c.r.ContentLength; n > 0 && n <= maxBody {
		c.body = make([]byte, n)
		_, err := io.ReadFull(c.r.Body, c.body)
		return err
	}
	var err error
	c.body, err = io.ReadAll(http.MaxBytesReader(w, c.r.Body, maxBody))
	return err
}

// route finds out what is asked for, by method and raw path.
func (c *call) route() {
	c.kind = callUnknown
	get, post := c.r.Method == http.MethodGet, c.r.Method == http.MethodPost
	switch {
	case c.path == tokenPath && post:
		c.kind = callToken
	case c.path == "/aps" && get:
		c.kind = callAPS
	case c.path == "/aps/2/collections/accounts" && get:
		c.kind = callAccounts
	case c.path == "/aps/2/collections/service-plans" && get:
		c.kind = callPlans
	case c.path == "/aps/2/resources" && get:
		// Which resources is a matter of the query.
		c.kind = callService
		if query, err := percentDecode(c.query); err == nil && strings.Contains(query, typeTenant) {
			c.kind = callTenants
		}
	case c.path == "/aps/2/services/order-manager" && get:
		c.kind = callService
	default:
		rest, ok := strings.CutPrefix(c.path, "/aps/2/services/order-manager/")
		if !ok {
			rest, ok = strings.CutPrefix(c.path, "/aps/2/resources/"+c.s.service+"/")
		}
		if ok {
			c.routeOrders(rest, get, post)
		} else if rest, ok := strings.CutPrefix(c.path, "/aps/2/resources/"); ok && get {
			var op string
			if c.id, op, ok = strings.Cut(rest, "/"); !ok {
				c.kind = callResource
			} else if op != "" && op == c.s.cfg.TenantOperation {
				c.kind = callSubscriptions
			}
		}
	}
}

func (c *call) routeOrders(rest string, get, post bool) {
	if c.s.cfg.NoOrderManagement {
		return
	}
	switch {
	case rest == "orders" && post:
		c.kind = callPlace
	case rest == "orders" && get:
		c.kind = callOrders
	case rest == "orders/estimate" && post:
		c.kind = callEstimate
	default:
		if id, ok := strings.CutPrefix(rest, "orders/"); ok && get && id != "" && !strings.Contains(id, "/") {
			c.kind, c.id = callOrder, id
		}
	}
}

// serve is the way of every call: outage, form, credentials, rights, faults,
// and what was asked for.
func (c *call) serve() answer {
	s := c.s
	if s.unavailable.Load() {
		a := page(http.StatusServiceUnavailable, "503 Service Unavailable")
		a.retryAfter = s.cfg.RetryAfter
		return a
	}
	if c.strikes("clock") {
		c.now = c.now.Add(s.cfg.ClockSkew)
	}
	if a, bad := c.malformed(); bad {
		return a
	}
	if c.kind != callToken {
		if err := c.authenticate(); err != nil {
			return unauthenticated(err)
		}
	}
	if c.strikes("clocks-apart") {
		c.now = c.now.Add(c.s.cfg.ClocksApart)
	}
	if c.kind == callUnknown {
		return refuse(http.StatusNotFound, "NotFound", c.r.Method+" "+c.path+" is not known here")
	}
	if op := c.operation(); op != "" && s.denied(op) {
		return deny(http.StatusForbidden, "APS::Util::AccessViolation", "the operation "+string(op)+" is not allowed for this user")
	}
	if c.kind == callPlace {
		if rate := s.limit(); rate > 0 && !s.bucket.take(rate, s.cfg.Clock()) {
			c.struck("rate-limit")
			a := refuse(http.StatusTooManyRequests, "TooManyRequests", "too many orders a second")
			if s.cfg.RateLimitWait {
				a.retryAfter = s.cfg.RetryAfter
			}
			return a
		}
	}
	if a, bad := c.spoil(before, answer{}); bad {
		return a
	}
	if d := s.cfg.Latency; d > 0 && c.kind == callPlace {
		// The order is created even if the client has gone by then.
		s.wait(nil, d)
	}
	good := c.do()
	if good.status < 300 {
		if a, bad := c.spoil(after, good); bad {
			return a
		}
	}
	return good
}

func (c *call) do() answer {
	s := c.s
	switch c.kind {
	case callToken:
		return s.token(c)
	case callAPS:
		if c.query != "" {
			return refuse(http.StatusBadRequest, "ValidationError", "the versions are read without a query")
		}
		return answer{status: http.StatusOK, media: mediaJSON, body: []byte(`{"versions":["2.0","2.1","2.2"]}`)}
	case callResource:
		return s.resource(c)
	case callSubscriptions:
		return s.subscriptions(c)
	case callPlace:
		return s.place(c)
	case callEstimate:
		return s.estimate(c)
	case callOrder:
		return s.getOrder(c)
	case callOrders:
		return s.listOrders(c)
	}
	if c.path == "/aps/2/services/order-manager" {
		if c.query != "" || s.cfg.NoOrderManagement {
			return refuse(http.StatusNotFound, "NotFound", "the service order-manager is not found")
		}
		return jsonAnswer(http.StatusOK, s.serviceObject())
	}
	q, err := s.query(c)
	if err != nil {
		return refuse(http.StatusBadRequest, "ValidationError", err.Error())
	}
	switch {
	case c.kind == callAccounts && q.implementing == "":
		return s.collect(c, s.accounts, q)
	case c.kind == callPlans && q.implementing == "":
		return s.collect(c, s.plans, q)
	case c.kind == callTenants && q.implementing == typeTenant:
		return s.collect(c, s.tenants, q)
	case c.kind == callService && q.implementing == typeOrders:
		if len(q.filter) > 0 {
			return refuse(http.StatusBadRequest, "ValidationError", "RQL: services are found by implementing() alone")
		}
		total := 1
		if s.cfg.NoOrderManagement {
			total = 0
		}
		return s.pageAnswer(c, q, nil, total, func(int) object { return s.serviceObject() })
	}
	return refuse(http.StatusBadRequest, "ValidationError", "RQL: implementing("+q.implementing+") is not known here")
}

func (s *Server) serviceObject() object { return object{aps(s.service, typeOrders)} }

// resource answers one resource by its aps.id.
func (s *Server) resource(c *call) answer {
	now := c.common.UnixMilli()
	if c.id == s.service && !s.cfg.NoOrderManagement {
		return jsonAnswer(http.StatusOK, s.serviceObject())
	}
	for _, col := range []*collection{s.tenants, s.accounts, s.plans} {
		if i, ok := col.find["aps.id"](c.id); ok {
			return jsonAnswer(http.StatusOK, col.object(i, now))
		}
	}
	return refuse(http.StatusNotFound, "NotFound", "resource "+c.id+" is not found")
}

// subscriptions answers those of one tenant.
func (s *Server) subscriptions(c *call) answer {
	i, ok := s.world.tenantAt(c.id)
	if !ok {
		return refuse(http.StatusNotFound, "NotFound", "tenant "+c.id+" is not found")
	}
	if c.query != "" {
		return refuse(http.StatusBadRequest, "ValidationError", "subscriptions are read without a query")
	}
	list, _ := s.subscriptionObjects(i, c.common.UnixMilli())
	return answer{status: http.StatusOK, media: mediaJSON, body: appendValue(nil, list)}
}

// operation returns the Allowed Operation that a call needs, if any.
func (c *call) operation() Operation {
	switch c.kind {
	case callSubscriptions:
		return ReadTenants
	case callTenants:
		// With a custom operation, what is left of the list is a plain read.
		if c.s.cfg.TenantOperation == "" {
			return ReadTenants
		}
	case callPlace, callEstimate:
		return PlaceOrders
	case callOrder, callOrders:
		return ReadOrders
	}
	return ""
}

// authenticate checks the Authorization header, of either kind.
func (c *call) authenticate() error {
	headers := c.r.Header["Authorization"]
	if len(headers) != 1 {
		return errors.New("one Authorization header is needed")
	}
	scheme, rest, _ := strings.Cut(headers[0], " ")
	switch {
	case strings.EqualFold(scheme, "OAuth"):
		transport := "http"
		if c.r.TLS != nil {
			transport = "https"
		}
		return c.s.verifyOAuth1(signed{method: c.r.Method, scheme: transport, host: c.r.Host,
			path: c.path, query: c.query, authorization: rest}, c.now, c.window())
	case strings.EqualFold(scheme, "Bearer"):
		if c.strikes("token-expired") {
			c.s.tokens.revoke(rest)
		}
		if !c.s.tokens.valid(rest, c.now) {
			return errors.New("the token is not valid or has expired")
		}
		return nil
	}
	return errors.New("the Authorization header must begin with OAuth or Bearer")
}

// urlOK are the characters that signature verifiers take in an address.
const urlOK = "-._~=&;:%+,*@!()/?'$"

// malformed looks at the form of a request, in strict mode at every header.
func (c *call) malformed() (answer, bool) {
	if len(c.r.RequestURI) > maxURL {
		return refuse(http.StatusRequestURITooLong, "URITooLong", "the address is longer than 8 KB"), true
	}
	for i := range len(c.r.RequestURI) {
		b := c.r.RequestURI[i]
		if low := b | 0x20; (low < 'a' || low > 'z') && (b < '0' || b > '9') && strings.IndexByte(urlOK, b) < 0 {
			return refuse(http.StatusBadRequest, "BadRequest", "the character "+strconv.QuoteRune(rune(b))+" must be percent-encoded in an address"), true
		}
	}
	if c.kind == callPlace || c.kind == callEstimate {
		if media := c.r.Header.Get("Content-Type"); media != mediaJSON && !strings.EqualFold(strings.ReplaceAll(media, " ", ""), mediaJSON+";charset=utf-8") {
			return refuse(http.StatusUnsupportedMediaType, "UnsupportedMediaType", "orders are sent as application/json, not "+strconv.Quote(media)), true
		}
	}
	if !c.s.cfg.Strict {
		return answer{}, false
	}
	for name, values := range c.r.Header {
		switch name {
		case "Authorization", "User-Agent", "Accept", "Accept-Encoding", "Connection":
		case "Cookie":
			if cookies := c.r.Cookies(); len(cookies) != 1 || cookies[0].Name != nodeCookie {
				return refuse(http.StatusBadRequest, "BadRequest", "a cookie that was not set here"), true
			}
		case "Content-Type", "Content-Length":
			if c.r.Method == http.MethodGet {
				return refuse(http.StatusBadRequest, "BadRequest", name+" of a request without a body"), true
			}
		default:
			return refuse(http.StatusBadRequest, "BadRequest", "the header "+name+" is not known here"), true
		}
		if len(values) != 1 {
			return refuse(http.StatusBadRequest, "BadRequest", "the header "+name+" is given twice"), true
		}
	}
	if accept := c.r.Header.Get("Accept"); accept != "" && !slices.ContainsFunc(strings.Split(accept, ","), func(v string) bool {
		v, _, _ = strings.Cut(strings.TrimSpace(v), ";")
		return v == mediaJSON || v == "*/*" || v == "application/*"
	}) {
		return refuse(http.StatusNotAcceptable, "NotAcceptable", "only application/json can be answered"), true
	}
	if c.r.Method == http.MethodGet && len(c.body) > 0 {
		return refuse(http.StatusBadRequest, "BadRequest", "GET with a body"), true
	}
	return answer{}, false
}
