package apsclient

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"time"
)

// What can be asked for, as logs and Error.Op have it.
const (
	opGreet         = "greet the platform"
	opToken         = "fetch token"
	opService       = "find the order service"
	opPlace         = "place order"
	opEstimate      = "estimate order"
	opOrder         = "read order"
	opOrders        = "list orders"
	opAccounts      = "list accounts"
	opPlans         = "list service plans"
	opTenants       = "list tenants"
	opSubscriptions = "read a tenant's subscriptions"
)

// failed says what did not work and who, if anybody, answered.
func (e *Error) failed() (what, who string) {
	who = "the platform"
	if e.Op == opToken {
		return "no access token could be had", "the token endpoint"
	}
	if e.Kind == Credentials {
		return "the platform does not accept the credentials", "it"
	}
	switch e.Op {
	case opGreet:
		if e.Status == 0 {
			what = "the platform could not be reached"
		}
	case opPlace:
		what = e.unplaced()
	case opEstimate:
		what = "no estimate was given"
	case opService:
		what = "the order service could not be found"
	case opOrder:
		what = "the order could not be read"
	case opOrders:
		what = "the orders could not be read"
	case opAccounts:
		what = "the accounts could not be read"
	case opPlans:
		what = "the service plans could not be read"
	case opTenants:
		what = "the tenants could not be read"
	case opSubscriptions:
		what = "a tenant's subscriptions could not be read"
	default:
		what = e.Op
	}
	return what, who
}

// unplaced says what became of an order that was not clearly taken.
func (e *Error) unplaced() string {
	switch e.Kind {
	case NotSent:
		return "the order was not sent"
	case Refused:
		return "the order was refused"
	case InDoubt:
		return "the order was sent, and no clear answer came"
	default:
		return "the order was not taken"
	}
}

func statusWords(status int) string {
	if text := http.StatusText(status); text != "" {
		return fmt.Sprintf("%d %s", status, text)
	}
	return fmt.Sprintf("%d", status)
}

// networkWords says what kept an answer from coming.
func networkWords(host string, err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsTimeout {
			return "the name server gave no answer for " + dns.Name
		}
		return "no address is known for the name " + dns.Name
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		switch {
		case op.Op == "dial" && op.Addr != nil:
			host = op.Addr.String()
		case op.Op == "proxyconnect":
			return "the proxy of the environment (HTTPS_PROXY) cannot be used: " + networkWords(host, op.Err)
		case op.Op == "remote error":
			if strings.Contains(op.Err.Error(), "protocol version") {
				return "TLS with " + host + " failed: it offers no TLS 1.2 or newer"
			}
			return "TLS with " + host + " failed: the other end broke it off"
		}
	}
	switch {
	case errors.Is(err, errNothingWritten):
		return "the connection had been closed by the platform"
	case errors.Is(err, errTooLarge):
		return err.Error()
	case untrusted(err):
		return "the certificate of " + host + " is not trusted: " + certificateWords(err)
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
	if header, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if string(header.RecordHeader[:]) == "HTTP/" {
			return host + " answers plain http, not https"
		}
		return "TLS with " + host + " failed: what answers there does not speak TLS"
	}
	return libraryWords(host, err)
}

// libraryWords translates what the libraries below have no types for.
func libraryWords(host string, err error) string {
	text := err.Error()
	_, fault, isTLS := strings.Cut(text, "tls: ")
	switch {
	case isTLS && strings.Contains(fault, "protocol version"):
		return "TLS with " + host + " failed: it offers no TLS 1.2 or newer"
	case isTLS:
		return "TLS with " + host + " failed: " + fault
	case strings.Contains(text, "malformed HTTP"):
		return "what answers there does not speak HTTP"
	case strings.Contains(text, "response headers exceeded"), strings.Contains(text, "server response headers"):
		return "the answer's header is larger than 1 MiB"
	}
	return strings.TrimPrefix(strings.TrimPrefix(text, "net/http: "), "http: ")
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

// certificateWords says what is wrong with a certificate.
func certificateWords(err error) string {
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		names := host.Certificate.DNSNames
		for _, ip := range host.Certificate.IPAddresses {
			names = append(names[:len(names):len(names)], ip.String())
		}
		if len(names) == 0 {
			return "it is not made out to this address"
		}
		return "it is made out to " + strings.Join(names[:min(3, len(names))], ", ") + ", not to this address"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch invalid.Reason {
		case x509.Expired:
			if time.Now().Before(invalid.Cert.NotBefore) { // the clock of crypto/tls
				return "it is valid only from " + invalid.Cert.NotBefore.UTC().Format(time.RFC1123)
			}
			return "it was valid until " + invalid.Cert.NotAfter.UTC().Format(time.RFC1123)
		case x509.IncompatibleUsage:
			return "it is not meant for a server"
		default:
			return "one of its chain is not valid"
		}
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "this machine does not know the authority that signed it"
	}
	return "it could not be checked"
}

// certificateHint says what can be done about a certificate that was not
// accepted; nothing if err is about something else.
func certificateHint(err error) string {
	if !untrusted(err) {
		return ""
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "use the address that the certificate names"
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		if invalid.Reason == x509.Expired {
			return "is this machine's clock right? Else the certificate has to be renewed on the platform"
		}
		return "the platform's certificate has to be mended by those who run it"
	}
	return "give the authority's certificate in a CA file, in PEM form"
}
