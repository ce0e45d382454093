package apsclient

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// plainError puts a cause into words while errors.Is and errors.As still see
// it.
type plainError struct {
	words string
	cause error
}

func (e *plainError) Error() string { return e.words }
func (e *plainError) Unwrap() error { return e.cause }

// patienceError is the end of our own patience with one request.
type patienceError struct{ after time.Duration }

func (e *patienceError) Error() string { return fmt.Sprintf("no answer within %s", e.after) }
func (e *patienceError) Unwrap() error { return context.DeadlineExceeded }

// failure is a round trip without an answer: NotSent if it certainly was not
// written, else InDoubt.
func (c *Client) failure(cl call, try *attempt, caller, ctx context.Context, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e // a token that could not be had: already sorted, and never sent
	}
	if no := try.last.no(); no != nil {
		return &Error{Kind: NotSent, Op: cl.op, Err: no}
	}
	kind := NotSent
	if try.mayHaveArrived(err) {
		kind = InDoubt
	}
	return &Error{Kind: kind, Op: cl.op, Written: kind == InDoubt, Err: plain(caller, ctx, explainer{c.base.Hostname(), c.clock()}, c.clean, err)}
}

// isNetwork reports whether err came from the round trip, not from reading
// what it brought.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// plain puts a network error into words for a person.
func plain(caller, ctx context.Context, x explainer, clean cleaner, err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	words := ""
	switch cause := context.Cause(ctx); {
	case caller.Err() != nil:
		words, err = "interrupted", caller.Err()
		if errors.Is(err, context.DeadlineExceeded) {
			words = "the time allowed for it was over"
		}
	case cause != nil:
		return cause
	default:
		words = x.network(err)
	}
	return &plainError{words: clean.text(words), cause: err}
}
