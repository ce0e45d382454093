package apsclient

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"bulkimport/apsclient/tree"
)

// answer is a response, read to its end and closed.
type answer struct {
	status int
	header http.Header
	body   []byte
	date   time.Time     // zero if the answer has none
	ahead  time.Duration // how far the date was ahead of this machine's clock, to about a second
}

var errTooLarge = errors.New("the answer is larger than 16 MiB")

// readBody reads at most maxBody bytes and closes. A body read to its end
// leaves the connection usable; a larger one costs the connection.
func readBody(resp *http.Response) ([]byte, error) {
	defer resp.Body.Close()
	var body bytes.Buffer
	body.Grow(bytes.MinRead + int(min(max(0, resp.ContentLength), 1<<20))) // what is announced may never come
	_, err := body.ReadFrom(io.LimitReader(resp.Body, maxBody+1))
	data := body.Bytes()
	if len(data) > maxBody {
		return data[:maxBody], errTooLarge
	}
	return data, err
}

// refusal sorts an answer whose status is not 2xx.
func (c *Client) refusal(cl call, ans answer) *Error {
	said := c.readComplaint(ans)
	e := &Error{
		Op: cl.op, Status: ans.status, Date: ans.date,
		Code: said.code, Message: said.message, Support: said.support,
		RetryAfter: retryAfter(ans, c.Now()), Written: true,
	}
	if cl.op == opPlace {
		e.name(said)
	}
	e.Skew, _ = c.Skew()
	e.Kind, e.Wrapped = classify(ans, said, cl)
	if e.Kind == Credentials {
		e.Message = discreet(e.Message)
	}
	if e.Status >= 300 && e.Status < 400 && e.Message == "" {
		if location := ans.header.Get("Location"); location != "" {
			e.Message = "redirected to " + c.clean.text(location)
		}
	}
	return e
}

var (
	// "there is already an open Change Order #SO0001. This order prohibits
	// placing an order of the same order type"
	busyProse = regexp.MustCompile(`(?i)\balready an? ([\w-]+ ){0,3}order\b|prohibits placing an order`)
	// "404 Not Found …" at the beginning of what a 500 wraps
	innerRefusal = regexp.MustCompile(`^\s*4(\d\d)\b`)
	// "BillingAPIFault: Access Denied": the staff member, or the plan, may not
	billingDenied = regexp.MustCompile(`(?i)BillingAPIFault.*Access\s+Denied`)
)

// classify sorts the answer to cl by what the caller can do about it. wrapped is
// set for a refusal that came inside a 500.
func classify(ans answer, said complaint, cl call) (kind Kind, wrapped bool) {
	failed := strings.Contains(said.code, "AuthenticationFailed")
	switch ans.status {
	case http.StatusUnauthorized:
		return Credentials, false
	case http.StatusForbidden:
		if failed {
			return Credentials, false
		}
	case http.StatusTooManyRequests:
		return SlowDown, false
	case http.StatusServiceUnavailable:
		if ans.header.Get("Retry-After") != "" {
			return SlowDown, false
		}
		return InDoubt, false
	}
	if ans.status >= 400 && ans.status <= 500 && busyProse.MatchString(said.message) {
		return Busy, false
	}
	switch ans.status {
	case http.StatusForbidden:
		return Permission, false
	case http.StatusNotFound:
		// The platform names what it did not find; a web server in front of it,
		// or a path that leads nowhere, does not.
		if cl.missing == thing || cl.missing == either && said.structured {
			return Refused, false
		}
		return NoService, false
	case http.StatusMethodNotAllowed, http.StatusGone:
		return NoService, false
	case http.StatusNotImplemented:
		// Of an order that was written a 5xx says nothing for certain.
		if cl.op != opPlace {
			return NoService, false
		}
	case http.StatusBadRequest, http.StatusConflict, http.StatusUnprocessableEntity,
		// The HTTP layer would not even read it.
		http.StatusNotAcceptable, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusUnsupportedMediaType, http.StatusRequestHeaderFieldsTooLarge:
		return Refused, false
	case http.StatusInternalServerError:
		if billingDenied.MatchString(said.message) {
			return Permission, true
		}
		if m := innerRefusal.FindStringSubmatch(said.message); m != nil && said.structured && m[1] != "08" && m[1] != "29" {
			return Refused, true
		}
	}
	return InDoubt, false
}

// complaint is what an error body says, in whatever shape it came.
type complaint struct {
	code, message, support string
	orderID, orderNumber   string // told beside the message
	structured             bool   // it was the platform's own JSON
}

// readComplaint understands {code,type,message}, {error,message},
// {error,packageId,message,http_request}, HTML, plain text and nothing.
func (c *Client) readComplaint(ans answer) complaint {
	var said complaint
	if fields, ok := complaintFields(ans.body); ok {
		said.structured = true
		said.message = firstText(fields, "message", "error_description", "errorMessage", "detail", "details", "description", "title")
		said.code = firstText(fields, "error", "code", "type")
		if inner, _ := fields.Field("error"); inner.IsObject() {
			said.code = firstText(inner, "code", "type", "error")
			if said.message == "" {
				said.message = firstText(inner, "message", "description")
			}
		}
		var ids []string
		for _, name := range []string{"packageId", "http_request", "correlationId", "correlation_id", "requestId", "request_id", "traceId"} {
			if v := firstText(fields, name); v != "" {
				ids = append(ids, name+"="+c.clean.line(v, 200))
			}
		}
		said.support = strings.Join(ids, ", ")
		said.orderID = c.clean.line(textAt(fields, c.wire.OrderIDField), 100)
		said.orderNumber = c.clean.line(textAt(fields, c.wire.OrderNumberField), 100)
	} else {
		said.message = htmlText(ans.body, ans.header.Get("Content-Type"))
	}
	for _, name := range []string{"X-Correlation-Id", "X-Request-Id", "Aps-Transaction-Id"} {
		if v := ans.header.Get(name); v != "" {
			if said.support != "" {
				said.support += ", "
			}
			said.support += name + "=" + c.clean.line(v, 100)
		}
	}
	said.message = c.clean.line(said.message, 1000)
	said.code = c.clean.line(said.code, 100)
	return said
}

// complaintFields decodes an object, or the first object of a list.
func complaintFields(body []byte) (tree.Node, bool) {
	v, err := decodeJSON(body)
	if err != nil {
		return tree.Node{}, false
	}
	if list, _ := v.List(); len(list) > 0 {
		v = list[0]
	}
	return v, v.Size() > 0
}

func firstText(fields tree.Node, names ...string) string {
	for _, name := range names {
		field, _ := fields.Field(name)
		if t := words(field); t != "" {
			return t
		}
	}
	return ""
}

// retryAfter reads seconds or a date; the date is told by the platform's clock,
// which is now's if the answer does not tell.
func retryAfter(ans answer, now time.Time) time.Duration {
	v := strings.TrimSpace(ans.header.Get("Retry-After"))
	if s, err := strconv.ParseFloat(v, 64); err == nil {
		if !(s > 0) {
			return 0
		}
		return time.Duration(min(s, 24*3600) * float64(time.Second))
	}
	if at, err := http.ParseTime(v); err == nil {
		if !ans.date.IsZero() {
			now = ans.date
		}
		return min(max(at.Sub(now), 0), 24*time.Hour)
	}
	return 0
}

// unreadable is a 2xx answer that is not what was asked for.
func (c *Client) unreadable(cl call, ans answer, err error) error {
	if sorted, ok := errors.AsType[*Error](err); ok {
		return sorted
	}
	e := &Error{Kind: InDoubt, Op: cl.op, Status: ans.status, Date: ans.date, Written: true, Err: err}
	if !json.Valid(ans.body) {
		e.Message = c.clean.line(htmlText(ans.body, ans.header.Get("Content-Type")), 200)
	}
	return e
}

// notJSON says how an answer failed to be JSON.
func notJSON(body []byte) error {
	switch trimmed := bytes.TrimSpace(body); {
	case len(trimmed) == 0:
		return fmt.Errorf("its answer is empty")
	case trimmed[0] == '<':
		return fmt.Errorf("its answer is a web page")
	case trimmed[0] == '{' || trimmed[0] == '[':
		return fmt.Errorf("its answer is cut off or damaged")
	default:
		return fmt.Errorf("its answer is not JSON")
	}
}
