package apsclient_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"bulkimport/apsclient"
)

// BenchmarkPlace places orders 64 at a time, signed, against a server that
// answers at once; BenchmarkBare is the same with net/http alone.
func BenchmarkPlace(b *testing.B) {
	server := httptest.NewServer(say(201, nil, `{"orderId":"f0817852-282c-4047-a4d3-f6501939d5a6"}`))
	defer server.Close()
	c := newClient(b, apsclient.Config{URL: server.URL, Connections: 64})
	defer c.Close()
	o := c.NewOrders(testService)
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := o.Place(b.Context(), someOrder()); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkBare(b *testing.B) {
	server := httptest.NewServer(say(201, nil, `{"orderId":"f0817852-282c-4047-a4d3-f6501939d5a6"}`))
	defer server.Close()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport}
	body := bytes.Repeat([]byte("x"), 435)
	b.SetParallelism(32)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			resp, err := client.Post(server.URL, "application/json", bytes.NewReader(body))
			if err != nil {
				b.Error(err)
				continue
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
}
