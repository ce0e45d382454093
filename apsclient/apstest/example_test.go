package apstest_test

import (
	"fmt"
	"time"

	"bulkimport/apsclient/apstest"
)

// A stand-in of three tenants that keeps orders in provisioning for a second
// and loses every tenth answer.
func ExampleStart() {
	srv, err := apstest.Start(apstest.Config{
		Tenants:      3,
		Provisioning: time.Second,
		Faults:       map[string]float64{"lost": 0.1},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	// A client is given srv.URL(), srv.Key() and srv.Secret().
	for t := range srv.Tenants() {
		fmt.Println(t.Domain, t.AccountNumber, t.Company)
	}
	fmt.Println(srv.OrderCount(), "orders")
	// Output:
	// contoso1.onmicrosoft.com 1000001 Contoso
	// contoso2.onmicrosoft.com 1000002 Contoso
	// fabrikam3.onmicrosoft.com 1000003 Fabrikam, Inc.
	// 0 orders
}
