package apsclient

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Kind sorts failures by what the caller can do about them.
type Kind uint8

const (
	InDoubt     Kind = iota // no clear answer: the request may have had its effect
	NotSent                 // the request was never written: safe to send again
	Refused                 // the platform said no, and nothing was created
	Credentials             // key, secret or clock are wrong: stop
	Permission              // an Allowed Operation is missing: stop
	NoService               // order management is not where it was looked for: stop
	SlowDown                // 429, or 503 with Retry-After: nothing was created, wait
	Busy                    // the account has an order being provisioned: wait for its end
)

// String returns the kind in a word or two.
func (k Kind) String() string {
	switch k {
	case NotSent:
		return "not sent"
	case Refused:
		return "refused"
	case Credentials:
		return "credentials"
	case Permission:
		return "permission"
	case NoService:
		return "no service"
	case SlowDown:
		return "slow down"
	case Busy:
		return "busy"
	default:
		return "in doubt"
	}
}

// Error is a call that failed. Its text is cleaned of control characters and
// HTML and never holds a secret.
type Error struct {
	Kind       Kind
	Op         string // what was asked for, for example "place order"
	Status     int    // HTTP status, 0 if there was no answer
	Code       string // the platform's error code or class
	Message    string // the platform's words
	RetryAfter time.Duration
	Wrapped    bool          // a refusal that came inside a 500: to be believed only after a look
	Date       time.Time     // the platform's Date header, zero if absent
	Skew       time.Duration // the platform's clock less ours when it answered, as far as known
	Support    string        // packageId, http_request, correlation id: what support asks for
	Err        error         // the cause below, if any
}

// KindOf returns the kind of err, InDoubt if err is not an *Error: what is not
// known to be harmless is not repeated.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return InDoubt
}

// Error says what did not work, what came of it, and the platform's own words.
func (e *Error) Error() string {
	what, _ := e.failed()
	if what == "" {
		return e.Answer()
	}
	return what + ": " + e.Answer()
}

// Answer says what came of it, and the platform's own words: Error without its
// beginning.
func (e *Error) Answer() string {
	_, who := e.failed()
	var parts []string
	switch {
	case e.Status != 0 && e.Err != nil:
		parts = append(parts, fmt.Sprintf("%s answered %s, but %s", who, statusWords(e.Status), e.Err))
	case e.Status != 0:
		parts = append(parts, who+" answered "+statusWords(e.Status))
	case e.Err != nil:
		parts = append(parts, e.Err.Error())
	case e.Message == "":
		parts = append(parts, e.Kind.String())
	}
	if e.Message != "" {
		parts = append(parts, e.Message)
	}
	var b strings.Builder
	b.WriteString(strings.Join(parts, ": "))
	if e.Code != "" && !strings.Contains(e.Message, e.Code) {
		b.WriteString(" (" + e.Code + ")")
	}
	if e.Support != "" {
		b.WriteString(" [" + e.Support + "]")
	}
	return b.String()
}

// Bare reports whether the platform gave no reason: its words repeat the status
// or the code, or there are none.
func (e *Error) Bare() bool {
	words := strings.ToLower(e.Message)
	for _, empty := range []string{e.Code, http.StatusText(e.Status), "bad request", "not found", "validation error"} {
		if empty != "" {
			words = strings.ReplaceAll(words, strings.ToLower(empty), "")
		}
	}
	return !strings.ContainsFunc(words, unicode.IsLetter)
}

// Unwrap returns the cause below.
func (e *Error) Unwrap() error { return e.Err }

// UnknownAuthority reports whether this machine does not know who signed the
// platform's certificate.
func (e *Error) UnknownAuthority() bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](e.Err)
	return unknown
}

// Hint says in a sentence what a person can do about it, or nothing.
func (e *Error) Hint() string {
	switch e.Kind {
	case Credentials:
		if skew := e.Skew.Abs(); skew > time.Minute {
			return fmt.Sprintf("this machine's clock and the platform's differ by %s, and signatures expire: set the clock, then try again", skew.Round(time.Second))
		}
		if errors.Is(e.Err, errFreshToken) {
			return "are the token endpoint and the platform of one realm, and may this client use the APS bus?"
		}
		if e.Op == opToken {
			return "check the token address, the client id and secret, and the user name and password"
		}
		return "check key and secret on the staff member's APS Bus Access tab, and that this machine's clock is right"
	case Permission:
		return "add the Allowed Operations on the staff member's APS Bus Access tab: http://www.odin.com/app/azure-csp/tenant GET, http://www.odin.com/billing/order-management POST, http://www.odin.com/billing/order-management GET"
	case NoService:
		return "check the address, and that Order Management is deployed on this platform; another path can be set among the assumptions"
	case SlowDown:
		return "the platform asks to slow down: wait, or use fewer requests at a time"
	case Busy:
		return "the account has an order being provisioned: it has to end first"
	}
	if hint := certificateHint(e.Err); hint != "" {
		return hint
	}
	if e.Kind == NotSent && e.Status == 0 && !errors.Is(e.Err, context.Canceled) {
		return "check the address and the network; nothing was sent"
	}
	if e.Status >= 300 && e.Status < 400 {
		return "redirects are not followed: use the address the platform itself answers at"
	}
	return ""
}
