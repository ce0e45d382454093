package apstest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
)

func TestRecording(t *testing.T) {
	want := []apstest.Exchange{
		{Method: "GET", Path: "/aps", Status: 200, Header: map[string]string{"Content-Type": "application/json"}, Answer: []byte(`{"a":"<&>"}`)},
		{Method: "POST", Path: "/x", Query: "q=%C3%BC", Age: 4, Asked: []byte(`1`), Status: 0, Ahead: -3},
		{Method: "GET", Path: "/y", Status: 504, Undated: true, Text: "<html>"},
	}
	var text strings.Builder
	if err := apstest.WriteRecording(&text, "several\nlines", want); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text.String(), "read it before you send it: several\nlines\n\n{") {
		t.Errorf("it begins with %.80q", text.String())
	}
	got, err := apstest.ReadRecording(strings.NewReader(text.String()))
	if err == nil {
		got[0].Answer = []byte(strings.Join(strings.Fields(string(got[0].Answer)), "")) // it was indented
		got[0].Answer = []byte(strings.ReplaceAll(string(got[0].Answer), " ", ""))
	}
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
	for _, test := range []struct{ name, text, want string }{
		{"another file", "tenant,plan_id\n\n{}", "it is not a recording"},
		{"empty", "", "it is not a recording"},
		{"cut off", "read it before you send it: x\n", "nothing is recorded in it"},
		{"no JSON", "read it before you send it\n\n{\"method\"", "exchange 1 cannot be read"},
		{"no exchange", "read it before you send it\n\n{\"method\":\"GET\",\"path\":\"/\",\"status\":200}\n{}", "exchange 2 has no method, path or status"},
		{"a status that is none", "read it before you send it\n\n{\"method\":\"GET\",\"path\":\"/\",\"status\":100}", "exchange 1 has no"},
	} {
		if _, err := apstest.ReadRecording(strings.NewReader(test.text)); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", test.name, err, test.want)
		}
	}
}

func TestReplay(t *testing.T) {
	noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	said := func(text string) []byte { return []byte(strconv.Quote(text)) }
	r := httptest.NewServer(apstest.NewReplay([]apstest.Exchange{
		{Method: "GET", Path: "/a", Status: 200, Answer: said("one"), Ahead: 60},
		{Method: "GET", Path: "/a", Status: 200, Answer: said("two")},
		{Method: "GET", Path: "/a", Status: 401, Age: 6, Answer: said("too old")},
		{Method: "GET", Path: "/o", Query: "ge(orderDate,2026-10-28T04%3A28%3A43.747Z)", Status: 200, Answer: said("since")},
		{Method: "POST", Path: "/a", Status: 504, Header: map[string]string{"Content-Type": "text/html"}, Text: "page", Undated: true},
		{Method: "GET", Path: "/broken"},
	}, func() time.Time { return noon }))
	t.Cleanup(r.Close)
	for _, test := range []struct {
		method, target string
		age            time.Duration
		status         int
		body, date     string
	}{
		{"GET", "/a", 0, 200, `"one"`, "Sun, 22 Nov 2026 12:01:00 GMT"},
		{"GET", "/a", 0, 200, `"two"`, "Sun, 22 Nov 2026 12:00:00 GMT"},
		{"GET", "/a", 6 * time.Minute, 401, `"too old"`, "Sun, 22 Nov 2026 12:00:00 GMT"},
		{"GET", "/a", 10 * time.Second, 200, `"one"`, "Sun, 22 Nov 2026 12:01:00 GMT"},
		{"GET", "/o?ge(orderDate,2027-01-01T00%3A00%3A00.000Z)", 0, 200, `"since"`, "Sun, 22 Nov 2026 12:00:00 GMT"},
		{"POST", "/a", 0, 504, "page", ""},
		{"GET", "/a?limit(0,1)", 0, 404, `{"code":"NotRecorded","message":"GET /a with this query is not in the recording"}`, "Sun, 22 Nov 2026 12:00:00 GMT"},
		{"GET", "/broken", 0, 0, "", ""},
	} {
		req, err := http.NewRequestWithContext(t.Context(), test.method, r.URL+test.target, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", `OAuth oauth_timestamp="`+strconv.FormatInt(noon.Add(-test.age).Unix(), 10)+`"`)
		resp, err := r.Client().Do(req)
		if err != nil {
			if test.status != 0 {
				t.Errorf("%s %s: %v", test.method, test.target, err)
			}
			continue
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != test.status || string(body) != test.body || resp.Header.Get("Date") != test.date {
			t.Errorf("%s %s: %d %s of %q, error %v; want %d %s of %q", test.method, test.target, resp.StatusCode, body, resp.Header.Get("Date"), err, test.status, test.body, test.date)
		}
	}
}
