package apstest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"bulkimport/apsclient/apstest"
)

// BenchmarkPlace is one order over a connection of its own, signed beforehand,
// so that the time is that of the stand-in alone.
func BenchmarkPlace(b *testing.B) {
	srv := apstest.NewServer(b, func(c *apstest.Config) { c.Tenants, c.Log = 100_000, 0 })
	w := newWire(b, srv)
	target := srv.URL() + w.orders()
	plan := srv.Plans()[0].ID
	requests := make([]string, 0, b.N)
	for t := range srv.Tenants() {
		if len(requests) == b.N {
			break
		}
		body := orderBody(t.AccountID, plan, "azure-import/"+t.Subscriptions[0], t.Domain, t.Subscriptions[0])
		requests = append(requests, fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\nAuthorization: %s\r\n\r\n%s",
			w.orders(), strings.TrimPrefix(srv.URL(), "http://"), len(body), w.sign("POST", target), body))
	}
	conn, err := net.Dial("tcp", strings.TrimPrefix(srv.URL(), "http://"))
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	r := bufio.NewReader(conn)
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		io.WriteString(conn, requests[i%len(requests)])
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			b.Fatal(err)
		}
		io.Copy(io.Discard, res.Body)
		if res.StatusCode != 200 && i < len(requests) {
			b.Fatal(res.Status)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "orders/s")
}

// BenchmarkListOrders pages through 100,000 orders.
func BenchmarkListOrders(b *testing.B) {
	srv := apstest.NewServer(b, func(c *apstest.Config) { c.Log = 0 })
	w := newWire(b, srv)
	tn := tenantsOf(srv)[0]
	for range 100_000 {
		if _, err := srv.AddOrder(apstest.StoredOrder{AccountID: tn.AccountID, PlanID: srv.Plans()[0].ID,
			Reference: "azure-import/" + tn.Subscriptions[0], HasReference: true, SubID: tn.Subscriptions[0], Tenant: tn.Domain}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		for start := 0; start < 100_000; start += 1000 {
			w.get(fmt.Sprintf("%s?like(poNumber,azure-import%%2F*),sort(-orderDate,orderId),limit(%d,1000)", w.orders(), start)).want(b, 200)
		}
	}
}

// BenchmarkTenants pages through a million tenants, made as they are asked for.
func BenchmarkTenants(b *testing.B) {
	srv := apstest.NewServer(b, func(c *apstest.Config) { c.Log, c.Tenants = 0, 1_000_000 })
	w := newWire(b, srv)
	for b.Loop() {
		for start := 0; start < 1_000_000; start += 100_000 {
			w.get(fmt.Sprintf("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant),sort(aps.id),limit(%d,1000)", start)).want(b, 200)
		}
	}
}
