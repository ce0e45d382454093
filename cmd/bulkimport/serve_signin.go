package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"net/url"
	"time"

	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/people"
)

// signInPage is read once: it is embedded.
var signInPage = template.Must(template.ParseFS(pageFiles, "page/sign-in.html"))

// signInView is what the page of a sign-in shows.
type signInView struct {
	Name          string
	Trouble, Hint string
	Onwards       bool // nothing but the way to the job
	Provider      bool // people sign in elsewhere
}

// mostSignIn bounds the form of a sign-in, in bytes.
const mostSignIn = 4 << 10

// doors are the addresses that a stranger may ask.
func (s *service) doors() map[string]http.Handler {
	files := http.FileServerFS(pageFiles)
	doors := map[string]http.Handler{
		"/sign-in":       http.HandlerFunc(s.signIn),
		"/page/page.css": files,
		"/page/icon.svg": files,
	}
	if s.team.provider != nil {
		doors["/sign-in/provider"] = http.HandlerFunc(s.goToProvider)
		doors[backPath] = http.HandlerFunc(s.comeBack)
	}
	return doors
}

func (s *service) showSignIn(w http.ResponseWriter, status int, v signInView) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	v.Provider = s.team.provider != nil
	_ = signInPage.Execute(w, v) // a person who has gone
}

// signIn shows the form of a sign-in, and takes it.
func (s *service) signIn(w http.ResponseWriter, r *http.Request) {
	allow := "GET, HEAD"
	if s.team.users != nil {
		allow += ", POST"
	}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		// A browser that comes from elsewhere keeps the cookie back until we ask ourselves.
		if r.Header.Get("Sec-Fetch-Site") == "cross-site" {
			s.showSignIn(w, http.StatusOK, signInView{Onwards: true})
		} else if _, why := s.gate.Person(r); why == 0 {
			http.Redirect(w, r, "/", http.StatusSeeOther)
		} else {
			s.showSignIn(w, http.StatusOK, signInView{})
		}
	case http.MethodPost:
		if s.team.users != nil {
			s.takePassword(w, r)
			return
		}
		fallthrough
	default:
		w.Header().Set("Allow", allow)
		w.WriteHeader(http.StatusMethodNotAllowed)
	}
}

func (s *service) takePassword(w http.ResponseWriter, r *http.Request) {
	name, password, err := s.readSignIn(w, r)
	if err != nil {
		s.fail(w, err)
		return
	}
	try := s.mayTry(w, r, name, "Too many wrong passwords.")
	if try == nil {
		return
	}
	p, proof, ok, err := s.team.users.Check(r.Context(), name, password)
	switch {
	case err != nil: // it was not looked at: who is turned away, or has gone, has guessed nothing
		try.TakeBack(context.WithoutCancel(r.Context()))
		if errors.Is(err, people.ErrBusy) {
			s.showSignIn(w, http.StatusServiceUnavailable, signInView{Name: name, Trouble: "Too many people sign in at once.", Hint: "Try again in a little while."})
		}
	case !ok:
		s.showSignIn(w, http.StatusUnauthorized, signInView{Name: name, Trouble: "Name or password is wrong.", Hint: "Whoever administers bulkimport serve gives you a new password."})
	default:
		try.Right(r.Context(), time.Now())
		if s.gate.Enter(w, r, p, proof) != nil {
			s.showUnreachable(w, name)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

// mayTry counts a try to come in, or turns away who tries too often without coming in.
func (s *service) mayTry(w http.ResponseWriter, r *http.Request, name, tooOften string) *serve.Try {
	try, wait, err := s.team.tries.Try(r.Context(), name, serve.Client(r), time.Now())
	switch {
	case err != nil:
		s.showUnreachable(w, name)
	case wait > 0:
		w.Header().Set("Retry-After", fmt.Sprint(int(wait.Seconds())+1))
		v := signInView{Trouble: tooOften, Hint: "Wait " + span(max(wait, time.Second)) + ", and try again."}
		if s.team.users != nil {
			v.Name = name
		}
		s.showSignIn(w, http.StatusTooManyRequests, v)
	}
	return try
}

// showUnreachable tells a person that what servers share does not answer.
func (s *service) showUnreachable(w http.ResponseWriter, name string) {
	v := signInView{Trouble: "The database of this server does not answer.", Hint: "Try again in a little while."}
	if s.team.users != nil {
		v.Name = name
	}
	s.showSignIn(w, http.StatusServiceUnavailable, v)
}

func (s *service) readSignIn(w http.ResponseWriter, r *http.Request) (name, password string, err error) {
	body, err := s.gate.Body(w, r, mostSignIn)
	if err != nil {
		return "", "", err
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return "", "", err
	}
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return "", "", wrong("the form is not understood", "reload the page")
	}
	return form.Get("name"), form.Get("password"), nil
}

// signOut ends the session of who asks.
func (s *service) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := s.act(r, serve.Act{Act: "sign out"}); err != nil {
		return err
	}
	if err := s.gate.Leave(w, r); err != nil {
		return err
	}
	http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
	return nil
}

// teamRefusals are the words for who is turned away from a team's server.
func teamRefusals(why serve.Refusal) (what, hint string) {
	switch why {
	case serve.OtherHost:
		return "this server has another name", "use the address that its certificate is for"
	case serve.OtherOrigin:
		return "another page asks, which it may not", "open the address of this server itself"
	case serve.Unreachable:
		return "the database of this server does not answer", "try again in a little while; files and imports are kept"
	case serve.Insecure:
		return "this server is spoken to by TLS alone", "use https://; a proxy before it has to send X-Forwarded-Proto, and --behind-proxy has to have its address"
	}
	return "you are not signed in, or not any more", "sign in at /sign-in, in another tab, and go on here: files and imports are kept"
}

// needs is a handler for people of a role at least.
func (s *service) needs(least serve.Role, h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return s.answering(func(w http.ResponseWriter, r *http.Request) error {
		if who := s.personOf(r); !who.Role.Allows(least) {
			writeError(w, http.StatusForbidden, fmt.Sprintf("this needs the role %s, and yours is %s", least, cmp.Or(string(who.Role), "none")),
				"ask a colleague who has it, or whoever administers bulkimport serve")
			return nil
		}
		return h(w, r)
	})
}
