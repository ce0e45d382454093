package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/oidc"
)

// oidcFlags say which OpenID Connect provider knows the people of a team.
type oidcFlags struct {
	issuer, client, claim string
	roles                 []string // VALUE=ROLE
}

// check tests them, and reads the roles.
func (o *oidcFlags) check() (map[string]serve.Role, error) {
	if o.issuer == "" {
		if o.client != "" || len(o.roles) > 0 {
			return nil, wrong("--oidc-issuer is missing", "the address of the provider, as its tokens name it: --oidc-issuer https://id.example.com/realms/staff")
		}
		return nil, nil
	}
	u, err := url.Parse(o.issuer)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !apsclient.Loopback(u.Hostname())) {
		return nil, wrong("--oidc-issuer "+quote(o.issuer)+" is not the https:// address of a provider", "for example --oidc-issuer https://id.example.com/realms/staff")
	}
	if o.client == "" {
		return nil, wrong("--oidc-client-id is missing", "the id that the provider has for bulkimport serve; its redirect address is https://NAME/sign-in/back")
	}
	roles := make(map[string]serve.Role)
	for _, one := range o.roles {
		i := strings.LastIndexByte(one, '=')
		if i <= 0 || !serve.Role(one[i+1:]).Known() {
			return nil, wrong("--oidc-role "+quote(one)+" is not VALUE=ROLE", "for example --oidc-role importers=import, with a role of look, import and administer")
		}
		roles[one[:i]] = serve.Role(one[i+1:])
	}
	return roles, nil
}

// realm tells who comes in as what: servers of one realm believe each other.
func (o *oidcFlags) realm() string {
	roles := slices.Sorted(slices.Values(o.roles))
	return fmt.Sprintf("%q", append([]string{o.issuer, o.client, o.claim}, roles...))
}

// open returns the provider, and tells if it does not answer yet: it may later on.
func (o *oidcFlags) open(ctx context.Context, e *env, places *settings, p profile) (*oidc.Provider, error) {
	roles, err := o.check()
	if err != nil {
		return nil, err
	}
	secret, err := places.secret(e, "BULKIMPORT_OIDC_CLIENT_SECRET", "oidc_client_secret", secretPlace{p.OIDCClientSecretFile, p.OIDCClientSecretCommand}, false)
	if err != nil && !errors.Is(err, errNoSecret) {
		return nil, err
	}
	provider := oidc.New(oidc.Options{Issuer: o.issuer, ClientID: o.client, ClientSecret: secret, Claim: o.claim, Roles: roles})
	if err := provider.Find(ctx); err != nil {
		fmt.Fprintln(e.err, "note: until the provider answers nobody signs in:", e.veil.hide(clean(err.Error())))
	}
	return provider, nil
}

// flowCookie keeps the secret of a sign-in at a provider. It is sent when the provider
// sends the browser back, which a stricter one would not be.
const flowCookie = "__Host-sign-in"

func flowTicket(secret string, life time.Duration) *http.Cookie {
	return &http.Cookie{Name: flowCookie, Value: secret, Path: "/", HttpOnly: true, Secure: true, SameSite: http.SameSiteLaxMode, MaxAge: int(life.Seconds())}
}

// backPath is where the provider sends a person back to.
const backPath = "/sign-in/back"

// goToProvider sends a person to the provider.
func (s *service) goToProvider(w http.ResponseWriter, r *http.Request) {
	try := s.mayGo(w, r)
	if try == nil {
		return
	}
	address, secret, err := s.team.provider.Begin(r.Context(), s.gate.Origin(r)+backPath)
	if err != nil {
		s.turnAway(w, r, serve.Person{}, err)
		return
	}
	try.Right(r.Context(), time.Now())
	http.SetCookie(w, flowTicket(secret, oidc.Lasts))
	http.Redirect(w, r, address, http.StatusSeeOther)
}

// comeBack lets a person in whom the provider sends back.
func (s *service) comeBack(w http.ResponseWriter, r *http.Request) {
	try := s.mayGo(w, r)
	if try == nil {
		return
	}
	var secret string
	if cookie, err := r.Cookie(flowCookie); err == nil {
		secret = cookie.Value
	}
	http.SetCookie(w, flowTicket("", -time.Second))
	who, err := s.team.provider.End(r.Context(), s.gate.Origin(r)+backPath, secret, r.URL.Query())
	if err != nil {
		s.turnAway(w, r, who, err)
		return
	}
	try.Right(r.Context(), time.Now())
	who.Name = clean(who.Name)
	if s.gate.Enter(w, r, who, "") != nil {
		s.showUnreachable(w, "")
		return
	}
	s.showSignIn(w, http.StatusOK, signInView{Onwards: true}) // the browser comes from elsewhere
}

// mayGo is whether somebody may ask the provider, which is asked each time.
func (s *service) mayGo(w http.ResponseWriter, r *http.Request) *serve.Try {
	if r.Method != http.MethodGet {
		w.Header().Set("Allow", http.MethodGet)
		w.WriteHeader(http.StatusMethodNotAllowed)
		return nil
	}
	return s.mayTry(w, r, "at "+serve.Client(r).String(), "Too many sign-ins from your address.")
}

// turnAway tells a person why they do not come in, and the one who runs the server more.
func (s *service) turnAway(w http.ResponseWriter, r *http.Request, who serve.Person, err error) {
	v, status := signInView{Hint: "Sign in once more; if that does not help, ask whoever administers bulkimport serve."}, http.StatusUnauthorized
	switch {
	case errors.Is(err, oidc.ErrFlow):
		v.Trouble, v.Hint = "This sign-in was not begun here, or took too long.", "Begin it again, in this browser."
	case errors.Is(err, oidc.ErrNoRole):
		v.Trouble, status = "You have no role here.", http.StatusForbidden
		v.Hint = "Ask whoever administers bulkimport serve for one."
	case errors.Is(err, oidc.ErrRefused):
		v.Trouble = "The provider has not let you in."
	case errors.Is(err, oidc.ErrStore):
		s.showUnreachable(w, "")
		return
	case errors.Is(err, oidc.ErrToken):
		v.Trouble = "What the provider says of you does not hold."
	default:
		v.Trouble, status = "The provider does not answer.", http.StatusBadGateway
		v.Hint = "Try again in a little while."
	}
	name := ""
	if who.Name != "" {
		name = " " + clean(who.Name)
	}
	s.team.told(fmt.Sprintf("note: nobody was let in%s from %s: %s", name, serve.Client(r), s.say(err.Error())))
	s.showSignIn(w, status, v)
}
