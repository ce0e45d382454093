package apsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
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
	kind := NotSent
	if try.mayHaveArrived(err) {
		kind = InDoubt
	}
	return &Error{Kind: kind, Op: cl.op, Err: plain(caller, ctx, c.base.Hostname(), c.clean, err)}
}

// isNetwork reports whether err came from the round trip, not from reading
// what it brought.
func isNetwork(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// plain puts a network error into words for a person.
func plain(caller, ctx context.Context, host string, clean cleaner, err error) error {
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
		words = networkWords(host, err)
	}
	return &plainError{words: clean.text(words), cause: err}
}

func networkWords(host string, err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsTimeout {
			return "the name server gave no answer for " + dns.Name
		}
		return "no address is known for the name " + dns.Name
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" && op.Addr != nil {
		host = op.Addr.String()
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "proxyconnect" {
		return "the proxy of the environment (HTTPS_PROXY) cannot be used: " + networkWords(host, op.Err)
	}
	switch {
	case errors.Is(err, errNothingWritten):
		return "the connection had been closed by the platform"
	case errors.Is(err, errTooLarge):
		return err.Error()
	case untrusted(err):
		return "the certificate of " + host + " is not trusted: " + err.Error()
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing answers at " + host + " (connection refused)"
	case errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EHOSTUNREACH):
		return host + " cannot be reached from here"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return "the connection broke before the whole answer had come"
	case os.IsTimeout(err), errors.Is(err, os.ErrDeadlineExceeded):
		return "no connection to " + host + " in time"
	}
	if tlsErr, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "TLS with " + host + " failed: " + tlsErr.Msg
	}
	return strings.TrimPrefix(err.Error(), "net/http: ")
}

// untrusted reports whether the platform's certificate was not accepted.
func untrusted(err error) bool {
	if err == nil {
		return false
	}
	_, verify := errors.AsType[*tls.CertificateVerificationError](err)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return verify || unknown || host || invalid
}
