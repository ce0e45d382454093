package apsclient

import (
	"errors"
	"time"
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

// Error is a call that failed. Its text is cleaned of control characters and
// HTML and never holds a secret.
type Error struct {
	Kind       Kind
	Op         string // for example "place order"
	Status     int    // HTTP status, 0 if there was no answer
	Code       string // the platform's error code or class
	Message    string // the platform's words
	RetryAfter time.Duration
	Wrapped    bool      // a refusal that came inside a 500: to be believed only after a look
	Date       time.Time // the platform's Date header, zero if absent
	Support    string    // packageId, http_request, correlation id: what support asks for
	Err        error     // the cause below, if any
}

// KindOf returns the kind of err, InDoubt if err is not an *Error: what is not
// known to be harmless is not repeated.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return InDoubt
}
