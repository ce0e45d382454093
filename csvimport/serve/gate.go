package serve

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Idle is how long a session lasts without a request.
const Idle = 12 * time.Hour

// Policy is the Content-Security-Policy of every answer: nothing runs or loads but
// this server's own files.
const Policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// Refusal is why a request is turned away, for the caller to put into words.
type Refusal uint8

const (
	NoSession   Refusal = iota + 1 // no cookie, or one whose session is over
	WrongCode                      // a code that was used, is too old, or never was
	TooManyTry                     // wrong codes, too many in a row
	OtherHost                      // the request names another host
	OtherOrigin                    // another page makes the request
	Unreachable                    // what servers share cannot be asked who it is
	Insecure                       // it came neither by TLS nor through a proxy that says it did
)

// Status is the HTTP status of a refusal.
func (r Refusal) Status() int {
	switch r {
	case NoSession, WrongCode:
		return http.StatusUnauthorized
	case TooManyTry:
		return http.StatusTooManyRequests
	case OtherHost:
		return http.StatusMisdirectedRequest
	case Unreachable:
		return http.StatusServiceUnavailable
	}
	return http.StatusForbidden
}

// Gate decides who gets in. It is safe for concurrent use.
type Gate struct {
	hosts    []string
	cookie   string
	refuse   func(http.ResponseWriter, *http.Request, Refusal)
	entered  func(p Person, from string)
	now      func() time.Time
	patience time.Duration
	others   *http.CrossOriginProtection
	team     *Team // nil: one person at this machine

	codes    codes
	sessions sessions
}

// Options say for whom a gate is.
type Options struct {
	// Team is how people come in over a network; nil if one person at this machine does,
	// by a code.
	Team *Team
	// Address is where the server listens: without a team, a loopback address with its port.
	Address *net.TCPAddr
	// Refuse answers a request that is turned away.
	Refuse func(http.ResponseWriter, *http.Request, Refusal)
	// Entered hears of a person who came in, and from which address; may be nil.
	Entered func(p Person, from string)
	// Now is the time; the wall clock if nil.
	Now func() time.Time
	// Store keeps sessions; in memory if nil.
	Store Store
	// Still reports whether a person who came in by a proof, as [Gate.Enter] was told, may
	// be here still; nil if they may until their session ends.
	Still func(p Person, proof string) bool
	// Patience is how long a body may take beyond what its size allows; half a minute if 0.
	Patience time.Duration
}

// NewGate returns a gate through which nobody has come yet.
func NewGate(o Options) *Gate {
	g := &Gate{
		cookie: fmt.Sprintf("bulkimport_%d", o.Address.Port), // cookies do not tell ports apart
		refuse: o.Refuse, entered: o.Entered, now: o.Now, patience: cmp.Or(o.Patience, bodyPatience), others: http.NewCrossOriginProtection(),
		sessions: sessions{idle: Idle, store: o.Store, still: o.Still},
	}
	if o.Store == nil {
		g.sessions.store = new(Memory)
	}
	for _, host := range []string{"127.0.0.1", "localhost", "::1"} {
		g.hosts = append(g.hosts, net.JoinHostPort(host, fmt.Sprint(o.Address.Port)))
	}
	if g.team = o.Team; g.team != nil {
		g.cookie = "__Host-session" // which only this host can set, and only by TLS
	}
	if g.now == nil {
		g.now = time.Now
	}
	return g
}

// Code makes a one-time code for a person. It lasts a quarter of an hour.
func (g *Gate) Code(p Person) string { return g.codes.give(p, g.now()) }

// Handler lets requests with a session through to inside, and all requests to open,
// which tells strangers nothing. GET /start?code=… exchanges a code for a session.
func (g *Gate) Handler(open map[string]http.Handler, inside http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if g.team != nil {
			r = g.team.request(r)
		}
		g.headers(w, r)
		g.hurry(w, time.Now().Add(g.patience)) // whoever it is
		if r.ContentLength != 0 {              // whoever asks, and whether or not it is read
			g.cut(w, 0)
		}
		if g.team != nil {
			if h, ok := g.team.Health[r.URL.Path]; ok {
				h.ServeHTTP(w, r)
				return
			}
		}
		if why := g.stranger(r); why != 0 {
			g.refuse(w, r, why)
			return
		}
		if r.URL.Path == "/start" && g.team == nil {
			g.start(w, r)
			return
		}
		if h, ok := open[r.URL.Path]; ok {
			h.ServeHTTP(w, r)
			return
		}
		person, why := g.Person(r)
		if why != 0 {
			g.refuse(w, r, why)
			return
		}
		g.hurry(w, time.Time{})
		inside.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), personKey{}, person)))
	})
}

// hurry has an answer taken until then.
func (g *Gate) hurry(w http.ResponseWriter, until time.Time) {
	_ = http.NewResponseController(w).SetWriteDeadline(until)
}

// Person is who is behind a request, and that they are there; else why it is nobody:
// [NoSession] or [Unreachable].
func (g *Gate) Person(r *http.Request) (Person, Refusal) {
	cookie, err := r.Cookie(g.cookie)
	if err != nil {
		return Person{}, NoSession
	}
	return g.sessions.person(r.Context(), cookie.Value, g.now())
}

// Enter lets a person in who has proved who they are. The session ends after [Idle]
// without a request, after [Lasts] in any case, or once Options.Still says no to the proof.
// The error is [ErrUnreachable]: nobody came in.
func (g *Gate) Enter(w http.ResponseWriter, r *http.Request, p Person, proof string) error {
	from := ""
	if a := Client(r); a.IsValid() {
		from = a.String()
	}
	secret, err := g.sessions.begin(r.Context(), p, from, proof, g.now())
	if err != nil {
		return err
	}
	http.SetCookie(w, g.ticket(secret))
	if g.entered != nil {
		g.entered(p, from)
	}
	return nil
}

// Session is the id of the session behind a request, empty if it has none.
func (g *Gate) Session(r *http.Request) string {
	cookie, err := r.Cookie(g.cookie)
	if err != nil {
		return ""
	}
	return KeyOf(cookie.Value)
}

// Leave ends the session behind a request. The error is [ErrUnreachable].
func (g *Gate) Leave(w http.ResponseWriter, r *http.Request) error {
	if id := g.Session(r); id != "" {
		if err := g.sessions.end(r.Context(), id); err != nil {
			return err
		}
	}
	gone := g.ticket("")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	return nil
}

// ticket is the cookie of a session.
func (g *Gate) ticket(secret string) *http.Cookie {
	return &http.Cookie{Name: g.cookie, Value: secret, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: g.team != nil}
}

// Present are the sessions that go on, the newest first, at all servers of the store. The
// error is [ErrUnreachable].
func (g *Gate) Present(ctx context.Context) ([]Presence, error) {
	return g.sessions.present(ctx, g.now())
}

// End ends the session of this id, at all servers of the store. The error is
// [ErrUnreachable].
func (g *Gate) End(ctx context.Context, id string) error { return g.sessions.end(ctx, id) }

// Origin is a request's own: scheme and host as the person's browser has them.
func (g *Gate) Origin(r *http.Request) string {
	if g.team != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}

func (g *Gate) headers(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	if g.team != nil && secure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000")
	}
	h.Set("Content-Security-Policy", Policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "same-origin") // without one, a browser sends no Origin with a form
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// stranger says why a request cannot be ours, 0 if it can.
func (g *Gate) stranger(r *http.Request) Refusal {
	if g.team != nil {
		if why := g.team.stranger(r); why != 0 {
			return why
		}
	} else if !slices.Contains(g.hosts, strings.ToLower(r.Host)) {
		return OtherHost
	}
	if origin := r.Header.Get("Origin"); origin != "" && !strings.EqualFold(origin, g.Origin(r)) {
		return OtherOrigin
	}
	if g.others.Check(r) != nil {
		return OtherOrigin
	}
	// A link from elsewhere may open the page; nothing else of ours is for others.
	site := r.Header.Get("Sec-Fetch-Site")
	if (site == "cross-site" || site == "same-site") && r.Header.Get("Sec-Fetch-Mode") != "navigate" {
		return OtherOrigin
	}
	return 0
}

// start exchanges a code for a session.
func (g *Gate) start(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	person, ok, wait := g.codes.take(r.URL.Query().Get("code"), g.now())
	switch {
	case wait > 0:
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
		g.refuse(w, r, TooManyTry)
		return
	case !ok:
		if _, why := g.Person(r); why == 0 { // the same address again, by one who is in
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		g.refuse(w, r, WrongCode)
		return
	}
	if g.Enter(w, r, person, "") != nil {
		g.refuse(w, r, Unreachable)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
