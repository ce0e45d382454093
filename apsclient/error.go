package apsclient

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
	"unicode"
)

// Kind sorts failures by what the caller can do about them. After NotSent alone
// it is certain that the request had no effect: any other answer to an order may
// be the echo of a first delivery, see [Error.Written].
type Kind uint8

const (
	InDoubt     Kind = iota // no clear answer: the request may have had its effect
	NotSent                 // the request was not written: it may be sent again
	Refused                 // the platform said no
	Credentials             // key, secret or clock are wrong: stop
	Permission              // an Allowed Operation is missing, or Billing denies access: stop
	NoService               // what was asked for is not at this address: stop
	SlowDown                // 429, or 503 with Retry-After: wait
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
	Op         string        // what was asked for, for example "place order"
	Status     int           // HTTP status, 0 if there was no answer
	Code       string        // the platform's error code or class
	Message    string        // the platform's words
	RetryAfter time.Duration // how long the platform asks to wait, 24 h at most; 0 if it does not
	Wrapped    bool          // a Refused or a Permission that came inside a 500
	// Written says that the request, or a part of it, may have reached the
	// platform before this outcome. A token that could not be had, and a
	// request that was not sent, leave it false.
	Written bool
	// Renewed says that the platform refused an access token that it had taken
	// before. It was thrown away: the next request fetches another, and may fare
	// better. A token refused at its first use leaves it false.
	Renewed bool
	// OrderNumber and OrderID are of the order that the platform's words name
	// as being there already, for example SO000123; each empty if not told. It
	// may be the caller's own. Placing an order alone tells them, and Exists.
	OrderNumber, OrderID string
	// Exists says that by the platform's words an order or a subscription is
	// there already, named or not.
	Exists  bool
	Date    time.Time     // the platform's Date header, zero if absent
	Skew    time.Duration // how far the platform's clock was ahead of this machine's, 0 if unknown
	Support string        // ids that the platform's support asks for
	Err     error         // the cause below, if any
}

// KindOf returns the kind of err. An error that is not an *Error is InDoubt:
// nothing is known of what came of it.
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

// Answer says what came of it, and the platform's own words: it is the text of
// Error without what did not work.
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

// Bare reports whether the platform gave no reason: it said nothing, or only
// the status or the code once more.
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
