package apsclient_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient"
)

// FuzzContentRange: a total is untold or what stands behind the slash.
func FuzzContentRange(f *testing.F) {
	for _, header := range []string{"items 0-99/250", "items */0", "", "items 0-99/*", "bytes 0-1/2", "items 5-1/2", "items 0-0/99999999999999999999", "items  0 - 1 / 2 ", "items 0-1/-1", "items 0-1/2\r\nx: y", "items 0-1/٣"} {
		f.Add(header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		total := apsclient.RangeTotal(header)
		if total < -1 {
			t.Fatalf("%q: %d", header, total)
		}
		_, behind, _ := strings.Cut(header, "/")
		if told, err := strconv.Atoi(strings.TrimSpace(behind)); total >= 0 && (err != nil || told != total) {
			t.Errorf("%q: %d", header, total)
		}
	})
}

// FuzzRetryAfter: whatever a platform asks for, the wait is within bounds.
func FuzzRetryAfter(f *testing.F) {
	for _, header := range []string{"120", "", "0", "-1", "1.5", "1e400", "NaN", "Inf", "0x1p10", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", " 5 ", "5, 6"} {
		f.Add(header, "Sat, 28 Nov 2026 12:00:00 GMT")
		f.Add(header, "")
	}
	c, err := apsclient.New(apsclient.Config{URL: "http://127.0.0.1:1", OAuth1: &apsclient.OAuth1{Key: testKey, Secret: testSecret}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, header, date string) {
		e := c.Complaint("place order", http.StatusServiceUnavailable, http.Header{"Retry-After": {header}, "Date": {date}}, nil)
		if e.RetryAfter < 0 || e.RetryAfter > 24*time.Hour {
			t.Errorf("%q on %q: %v", header, date, e.RetryAfter)
		}
		if n, err := strconv.Atoi(header); err == nil && n > 0 && n <= 24*3600 && e.RetryAfter != time.Duration(n)*time.Second {
			t.Errorf("%q: %v", header, e.RetryAfter)
		}
		checkWords(t, e)
	})
}
