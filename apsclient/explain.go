package apsclient

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
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

// Hint says in a sentence what a person can do about it. It is empty where
// there is nothing to say.
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
		if e.Wrapped {
			return "Billing denies such orders to the staff member or for the service plan, whatever the Allowed Operations are: where an estimate for another plan is given, it is the plan"
		}
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

// explainer puts into words what went wrong with a host at a moment.
type explainer struct {
	host string
	now  time.Time // by this machine's wall clock
}

// network says what kept an answer from coming.
func (x explainer) network(err error) string {
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		if dns.IsTimeout {
			return "the name server gave no answer for " + dns.Name
		}
		return "no address is known for the name " + dns.Name
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		switch {
		case op.Op == "dial" && op.Addr != nil:
			x.host = op.Addr.String()
		case op.Op == "proxyconnect":
			return "the proxy of the environment (HTTPS_PROXY) cannot be used: " + x.network(op.Err)
		case op.Op == "remote error":
			if strings.Contains(op.Err.Error(), "protocol version") {
				return "TLS with " + x.host + " failed: it offers no TLS 1.2 or newer"
			}
			return "TLS with " + x.host + " failed: the other end broke it off"
		}
	}
	switch {
	case errors.Is(err, errNothingWritten):
		return "the connection had been closed by the platform"
	case errors.Is(err, errTooLarge):
		return err.Error()
	case untrusted(err):
		return "the certificate of " + x.host + " is not trusted: " + x.certificate(err)
	case isAny(err, refused):
		return "nothing answers at " + x.host + " (connection refused)"
	case isAny(err, unreachable):
		return x.host + " cannot be reached from here"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.ErrClosedPipe),
		errors.Is(err, net.ErrClosed), isAny(err, broken):
		return "the connection broke before the whole answer had come"
	case os.IsTimeout(err), errors.Is(err, os.ErrDeadlineExceeded), isAny(err, late):
		return "no connection to " + x.host + " in time"
	}
	if header, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		if string(header.RecordHeader[:]) == "HTTP/" {
			return x.host + " answers plain http, not https"
		}
		return "TLS with " + x.host + " failed: what answers there does not speak TLS"
	}
	return x.library(err)
}

func isAny(err error, of []error) bool {
	return slices.ContainsFunc(of, func(e error) bool { return errors.Is(err, e) })
}

// library translates what the libraries below have no types for.
func (x explainer) library(err error) string {
	text := err.Error()
	_, fault, isTLS := strings.Cut(text, "tls: ")
	switch {
	case isTLS && strings.Contains(fault, "protocol version"):
		return "TLS with " + x.host + " failed: it offers no TLS 1.2 or newer"
	case isTLS:
		return "TLS with " + x.host + " failed: " + fault
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

// UnknownAuthority reports whether the certificate of the other end was not
// accepted because its authority is not trusted here. Config.RootCAs can name
// more authorities.
func (e *Error) UnknownAuthority() bool {
	_, host := errors.AsType[x509.HostnameError](e.Err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](e.Err)
	return untrusted(e.Err) && !host && !invalid
}

// certificate says what is wrong with a certificate.
func (x explainer) certificate(err error) string {
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
			if x.now.Before(invalid.Cert.NotBefore) {
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
