package apsclient

import (
	"net/http"
	"time"
)

// Now is the platform's clock: this machine's, corrected by the newest Date
// header. As long as no answer has come it is this machine's.
func (c *Client) Now() time.Time {
	return c.clock().Add(time.Duration(c.skew.Load()))
}

// Skew is how far the platform's clock is ahead of this machine's, to about a
// second, and whether that is known yet.
func (c *Client) Skew() (time.Duration, bool) {
	return time.Duration(c.skew.Load()), c.skewKnown.Load()
}

// Date is the latest Date header of any answer so far, in whole seconds, and
// whether one has come. An answer delayed on its way does not turn it back.
func (o *Orders) Date() (latest time.Time, ok bool) {
	seconds := o.c.heard.Load()
	if seconds == 0 {
		return time.Time{}, false
	}
	return time.Unix(seconds, 0).UTC(), true
}

// learnTime reads the Date header, which tells whole seconds, against the
// middle of the request's time.
func (c *Client) learnTime(ans *answer, begun time.Time) {
	date, err := http.ParseTime(ans.header.Get("Date"))
	if err != nil {
		return
	}
	ans.date = date.UTC()
	for {
		known := c.heard.Load()
		if known >= date.Unix() || c.heard.CompareAndSwap(known, date.Unix()) {
			break
		}
	}
	middle := begun.Add(c.clock().Sub(begun) / 2)
	offset := date.Add(500 * time.Millisecond).Sub(middle)
	ans.ahead = offset
	if offset.Abs() <= time.Second {
		offset = 0 // within what the header can tell
	}
	c.skew.Store(int64(offset))
	c.skewKnown.Store(true)
}
