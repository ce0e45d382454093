package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"

	"github.com/spf13/pflag"

	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/oidc"
	"bulkimport/csvimport/serve/people"
)

// teamFlags say how the people of a team come in.
type teamFlags struct {
	cert, key, proxies string
	users              string
	metrics            string // a file
	oidc               oidcFlags
}

func (t *teamFlags) flags(f *pflag.FlagSet) {
	f.StringVar(&t.cert, "tls-cert", "", "for a team: certificate and its chain, PEM, in this `file`; read anew when it changes")
	f.StringVar(&t.key, "tls-key", "", "its key, PEM, in this `file`")
	f.StringVar(&t.proxies, "behind-proxy", "", "believe the proxies of these addresses, `CIDR[,CIDR]`, for whom they ask")
	f.StringVar(&t.users, "users", "", "the people who may come in: a `file` that bulkimport serve user writes")
	f.StringVar(&t.metrics, "metrics-token", "", "who sends the token in this `file` may ask for /metrics; without it who is signed in, and this machine")
	f.StringVar(&t.oidc.issuer, "oidc-issuer", "", "or people whom an OpenID Connect provider knows, by the `URL` of its issuer")
	f.StringVar(&t.oidc.client, "oidc-client-id", "", "the `id` that it has for bulkimport serve")
	f.StringVar(&t.oidc.claim, "oidc-claim", "roles", "the `claim` of its ID token that has a person's roles")
	f.StringArrayVar(&t.oidc.roles, "oidc-role", nil, "what stands in the claim, and the role it gives, `VALUE=ROLE`; repeat it; without it: look, import, administer")
}

func (t *teamFlags) people() bool { return t.users != "" || t.oidc.issuer != "" }

func (t *teamFlags) safe() bool { return t.cert != "" || t.proxies != "" }

// check tests that people come in safely, and that what is safe is for people.
func (t *teamFlags) check() error {
	if _, err := t.oidc.check(); err != nil {
		return err
	}
	switch {
	case t.users != "" && t.oidc.issuer != "":
		return wrong("--users and --oidc-issuer are two ways to come in", "keep one of them")
	case (t.cert == "") != (t.key == ""):
		return wrong("--tls-cert and --tls-key go together", "name the certificate's file and its key's")
	case t.people() && !t.safe():
		return wrong("a team needs TLS: nobody is to read along", "--tls-cert FILE --tls-key FILE, or --behind-proxy with the address of a proxy that speaks TLS")
	case t.metrics != "" && !t.people():
		return wrong("--metrics-token is for a team", "alone, /metrics answers this machine")
	case t.safe() && !t.people():
		return wrong("nobody is named who may come in", "--users FILE, which bulkimport serve user NAME --role import --users FILE makes, or --oidc-issuer URL")
	}
	return nil
}

// team is how the people of a team come in; nil if one person at this machine does.
type team struct {
	users       *people.File       // nil if a provider knows them
	provider    *oidc.Provider     // nil if a file has them
	told        func(words string) // to who runs the server
	certificate *serve.Certificate
	proxies     serve.Proxies
	tries       *serve.Tries
	realm       string // tells it from teams of others, or with other roles
	metrics     string // what lets a program ask for numbers; empty if nothing does
}

// openTeam reads what the flags name. Later troubles with it are told on stderr.
func (t *teamFlags) openTeam(ctx context.Context, e *env, places *settings, p profile) (*team, error) {
	if !t.people() {
		return nil, nil
	}
	all := &team{told: func(words string) { fmt.Fprintln(e.err, words) }}
	var err error
	if t.proxies != "" {
		if all.proxies, err = serve.ParseProxies(t.proxies); err != nil {
			return nil, wrong("--behind-proxy "+quote(t.proxies)+" is no list of addresses", "for example --behind-proxy 127.0.0.1,10.0.0.0/8")
		}
	}
	if t.cert != "" {
		if all.certificate, err = t.openCertificate(e); err != nil {
			return nil, err
		}
	}
	if t.metrics != "" {
		if all.metrics, err = t.readToken(e); err != nil {
			return nil, err
		}
	}
	if t.users != "" {
		all.realm = "people"
		all.users, err = t.openUsers(e)
	} else {
		all.realm = t.oidc.realm()
		all.provider, err = t.oidc.open(ctx, e, places, p)
	}
	return all, err
}

// still tells whether a person may be here still; nil if they may until their session ends.
func (s *service) still() func(serve.Person, string) bool {
	if s.team == nil || s.team.users == nil {
		return nil
	}
	return s.team.users.Still
}

// leastToken is how long a token has to be that nobody guesses, in bytes.
const leastToken = 20

func (t *teamFlags) readToken(e *env) (string, error) {
	token, err := e.secretFile(t.metrics, "--metrics-token")
	if err == nil && len(token) < leastToken {
		err = wrong(fmt.Sprintf("the token in %s has %d bytes, and needs %d", t.metrics, len(token), leastToken), "openssl rand -hex 32 makes a good one")
	}
	e.veil.cover(token)
	return token, err
}

func (t *teamFlags) openCertificate(e *env) (*serve.Certificate, error) {
	c, err := serve.OpenCertificate(t.cert, t.key, func(err error) {
		e.leave(t.badCertificate(e, err))
		fmt.Fprintln(e.err, "note: the certificate of before is used further")
	})
	if err != nil {
		return nil, t.badCertificate(e, err)
	}
	return c, nil
}

// badCertificate says that a certificate cannot be used.
func (t *teamFlags) badCertificate(e *env, err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		words, hint := e.explain(err)
		return fault("no certificate: "+words, hint)
	}
	return fault(fmt.Sprintf("%s and %s are not a certificate and its key", t.cert, t.key), "both are PEM, the certificate first and then its chain; take those that belong together")
}

func (t *teamFlags) openUsers(e *env) (*people.File, error) {
	f, err := people.Open(t.users, believable, func(err error) {
		e.leave(badUsers(e, t.users, err))
		fmt.Fprintln(e.err, "note: until it can be read nobody signs in")
	})
	if err != nil {
		return nil, badUsers(e, t.users, err)
	}
	return f, nil
}

// badUsers says why a file of people cannot be used.
func badUsers(e *env, path string, err error) error {
	if line, ok := errors.AsType[*people.LineError](err); ok {
		return wrong(fmt.Sprintf("%s, %s", path, line), "bulkimport serve user writes such lines: NAME:ROLE:HASH, with the roles look, import and administer")
	}
	if errors.Is(err, fs.ErrNotExist) {
		return wrong("there is no file "+path, "bulkimport serve user NAME --role administer --users "+shellFile(path)+" makes it")
	}
	if errors.Is(err, people.ErrLarge) {
		return wrong(path+" is no file of people: it is too large", "name the file that bulkimport serve user writes")
	}
	return err
}

// believable says why a file that says who may come in is not to be believed.
func believable(path string) error {
	who := mayChange(path)
	if who == "" {
		return nil
	}
	return wrong(fmt.Sprintf("%s can be changed by %s, who could let anybody in", path, who), "look through it, then: chmod 600 "+shellFile(path)+", and make it yours")
}

// listen listens where a team is expected.
func (t *team) listen(address string) (net.Listener, error) {
	l, err := serve.ListenAt(address)
	if err != nil {
		return nil, fault(address+" is taken, or may not be used", "--listen with another HOST:PORT of this machine; ports below 1024 need a right of their own")
	}
	if t.certificate != nil {
		l = t.certificate.Secure(l)
	}
	return l, nil
}

// teamGate is what is different at the gate for a team.
func (s *service) teamGate() *serve.Team {
	if s.team == nil {
		return nil
	}
	t := &serve.Team{Proxies: s.team.proxies, Health: map[string]http.Handler{
		"/healthz": http.HandlerFunc(sayHealthy),
		"/metrics": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !s.mayMeasure(r) {
				writeError(w, http.StatusForbidden, "these numbers are for this machine, who is signed in, and who has the token", "ask from the machine on which bulkimport serve runs, or with the token of --metrics-token: Authorization: Bearer …")
				return
			}
			s.metrics(w, r)
		}),
	}}
	if s.team.certificate != nil && len(s.team.proxies) == 0 {
		t.Names = s.team.certificate.Names
	}
	return t
}

// mayMeasure reports whether a team's numbers are for who asks.
func (s *service) mayMeasure(r *http.Request) bool {
	if serve.OfThisMachine(r) {
		return true
	}
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if ok && s.team.metrics != "" && subtle.ConstantTimeCompare([]byte(token), []byte(s.team.metrics)) == 1 {
		return true
	}
	_, why := s.gate.Person(r)
	return why == 0
}

func sayHealthy(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }
