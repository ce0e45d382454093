package apstest

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// ending is how an answer goes out.
type ending uint8

const (
	respond  ending = iota
	hangUp          // the connection is closed without an answer
	reset           // the connection is reset
	hold            // the answer waits for Config.Slow
	truncate        // the connection is closed half way through the body
)

// answer is what the stand-in says to one request.
type answer struct {
	status     int
	media      string
	retryAfter time.Duration
	rangeOf    string // Content-Range
	body       []byte
	ending     ending
	refusal    string // why, for the log of requests
}

const (
	mediaJSON = "application/json"
	mediaHTML = "text/html; charset=utf-8"
)

func jsonAnswer(status int, o object) answer {
	return answer{status: status, media: mediaJSON, body: appendObject(nil, o, nil)}
}

// refuse answers as the order service does when it says no.
func refuse(status int, kind, message string) answer {
	a := jsonAnswer(status, object{{"code", status}, {"type", kind}, {"message", message}})
	a.refusal = message
	return a
}

// deny answers as the APS bus does when a request may not pass.
func deny(status int, class, message string) answer {
	a := jsonAnswer(status, object{{"error", class}, {"message", message}})
	a.refusal = message
	return a
}

func unauthenticated(why error) answer {
	return deny(http.StatusUnauthorized, "APS::Util::AuthenticationFailed", "authentication failed: "+why.Error())
}

func page(status int, title string) answer {
	return answer{status: status, media: mediaHTML, refusal: title, body: []byte("<html>\r\n<head><title>" + title +
		"</title></head>\r\n<body>\r\n<center><h1>" + title + "</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n")}
}

// wrongAnswer is what a fault answers; good is what would have been said.
func (c *call) wrongAnswer(kind string, good answer) answer {
	s, a := c.s, good
	kind = strings.TrimSuffix(kind, "-after")
	switch kind {
	case "400", "404", "409":
		status, _ := strconv.Atoi(kind)
		a = refuse(status, strings.ReplaceAll(http.StatusText(status), " ", ""), "the order cannot be accepted as it is")
	case "401":
		a = unauthenticated(errors.New("the signature does not match"))
	case "403":
		a = deny(http.StatusForbidden, "APS::Util::AccessViolation", "access to the operation is not allowed")
	case "413":
		a = page(http.StatusRequestEntityTooLarge, "413 Request Entity Too Large")
	case "denied-access":
		a = refuse(http.StatusInternalServerError, "InternalServerError", "BillingAPIFault: Access Denied")
	case "busy-other":
		a = s.busyWith(c.account())
	case "busy":
		a = busyAnswer("SO000001")
		if o := s.orderIn(good); o != nil {
			a = busyAnswer(o.number())
		}
	case "wrapped":
		a = s.wrapped()
		a.refusal = kind
	case "other-id":
		if other := s.store.otherThan(s.orderIn(good)); other != nil {
			a = jsonAnswer(http.StatusOK, object{{"orderId", s.store.id(other)}})
		}
	case "twice":
		a = c.do()
	case "twice-nonce":
		a = unauthenticated(errors.New("oauth_nonce was used before"))
	case "429":
		a = refuse(http.StatusTooManyRequests, "TooManyRequests", "too many requests")
	case "429-wait":
		a = refuse(http.StatusTooManyRequests, "TooManyRequests", "too many requests")
		a.retryAfter = s.cfg.RetryAfter
	case "503":
		a = page(http.StatusServiceUnavailable, "503 Service Temporarily Unavailable")
	case "503-wait":
		a = page(http.StatusServiceUnavailable, "503 Service Temporarily Unavailable")
		a.retryAfter = s.cfg.RetryAfter
	case "500":
		a = refuse(http.StatusInternalServerError, "InternalServerError", "internal error")
	case "500-wrapped":
		a = s.wrapped()
		a.refusal = kind
	case "empty":
		a = answer{status: http.StatusInternalServerError, refusal: kind}
	case "html":
		a = page(http.StatusBadGateway, "502 Bad Gateway")
	case "refused":
		a = refuse(http.StatusBadRequest, "ValidationError", "the order is not valid: the offer cannot be sold to this account")
	case "forbidden":
		a = deny(http.StatusForbidden, "APS::Util::AccessViolation", "access to the operation is not allowed")
	case "reset":
		a.ending, a.refusal = reset, kind
	case "lost":
		a.ending, a.refusal = hangUp, kind
	case "504":
		a = page(http.StatusGatewayTimeout, "504 Gateway Time-out")
	case "slow":
		a.ending, a.refusal = hold, kind
	case "no-id":
		a = jsonAnswer(http.StatusOK, nil)
	case "truncated":
		a.ending, a.refusal = truncate, kind
	}
	return a
}

// wrapped is an inner refusal, around which the bus puts a failure of its own.
func (s *Server) wrapped() answer {
	return jsonAnswer(http.StatusInternalServerError, object{
		{"error", "APS::Hosting::APSError"},
		{"packageId", s.world.key.guid(guidService, 1, 1)},
		{"message", "404 Not Found Subscription offer is not available for this customer"},
		{"http_request", "POST /order-management/orders HTTP/1.1"}})
}

// orderIn is the order that an answer says was created.
func (s *Server) orderIn(a answer) *order {
	var said struct {
		ID string `json:"orderId"`
	}
	json.Unmarshal(a.body, &said) // a list says nothing
	return s.store.find(said.ID)
}

// send writes the answer, or breaks the connection as it says.
func (s *Server) send(w http.ResponseWriter, a answer, now time.Time) {
	switch a.ending {
	case hangUp, reset:
		s.cut(w, a.ending == reset)
		return
	case truncate:
		w.Header()["Date"] = []string{now.UTC().Format(http.TimeFormat)}
		w.Header().Set("Content-Type", a.media)
		w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
		w.WriteHeader(a.status)
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	h := w.Header()
	h["Date"] = []string{now.UTC().Format(http.TimeFormat)}
	h["X-Apsbooster-Response"] = []string{"true"}
	h["Content-Type"] = []string{a.media}
	if a.media == "" {
		h["Content-Type"] = nil
	}
	h["Content-Length"] = []string{strconv.Itoa(len(a.body))}
	if a.rangeOf != "" {
		h["Content-Range"] = []string{a.rangeOf}
	}
	if a.retryAfter > 0 {
		h["Retry-After"] = []string{strconv.Itoa(int((a.retryAfter + time.Second - 1) / time.Second))}
	}
	w.WriteHeader(a.status)
	w.Write(a.body)
}

// cut ends the connection without an answer: closed, or reset.
func (s *Server) cut(w http.ResponseWriter, abort bool) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		panic(http.ErrAbortHandler) // HTTP/2: the stream is reset
	}
	conn, _, err := hijacker.Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	defer conn.Close()
	if !abort {
		return
	}
	under := conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		under = t.NetConn()
	}
	if tcp, ok := under.(*net.TCPConn); ok {
		tcp.SetLinger(0)
		tcp.Close()
	}
}
