package apsclient

import (
	"net/http"
	"time"
)

// Exchange is one request to the platform and what came of it: see [Config].Record.
// The credentials are not in it; what it holds beside is as it was on the wire.
type Exchange struct {
	Method      string
	Path, Query string // raw, the path below the platform's address
	Body        []byte
	Age         time.Duration // of the signature, by this machine's clock; 0 but for Client.Stamped
	Status      int           // 0 if no answer came
	Header      http.Header   // of the answer
	Answer      []byte        // as far as it came
	Ahead       time.Duration // how far the answer's date was ahead of this machine's clock
}

// tell tells whoever records what came of cl.
func (c *Client) tell(cl call, ans answer) {
	if c.record != nil {
		c.record(Exchange{Method: cl.method, Path: cl.path, Query: cl.query, Body: cl.body, Age: cl.age,
			Status: ans.status, Header: ans.header, Answer: ans.body, Ahead: ans.ahead})
	}
}
