// Package lostanswer_test shows how to test against the stand-in platform what
// cannot be tried on a live one: the answer to an order is lost after the order
// was created. Repeating the order would bill the customer twice.
package lostanswer_test

import (
	"testing"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
)

func TestLostAnswer(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 1), apstest.WithStrict())
	client, err := apsclient.New(apsclient.Config{
		URL:    srv.URL(),
		OAuth1: &apsclient.OAuth1{Key: srv.Key(), Secret: srv.Secret()},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	orders, err := client.Orders(t.Context())
	if err != nil {
		t.Fatal(err)
	}

	for tenant := range srv.Tenants() {
		subscription := tenant.Subscriptions[0]
		srv.FaultRow("lost", subscription, 1)
		request := apsclient.OrderRequest{
			AccountID:    tenant.AccountID,
			PlanID:       srv.Plans()[0].ID,
			Tenant:       tenant.Domain,
			Subscription: subscription,
			Reference:    "azure-import/" + subscription,
		}
		_, err := orders.Place(t.Context(), request)
		if kind := apsclient.KindOf(err); kind != apsclient.InDoubt {
			t.Fatalf("%s: %v is %s, want in doubt", tenant.Domain, err, kind)
		}

		// In doubt means: look, do not send again. The reference finds it.
		found := 0
		for order, err := range orders.List(t.Context(), apsclient.OrderQuery{References: []string{request.Reference}}) {
			if err != nil {
				t.Fatal(err)
			}
			if order.Reference == request.Reference {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: %d orders carry our reference, want 1", tenant.Domain, found)
		}
	}
	if n, doubles := srv.OrderCount(), srv.Doubles(); n != 3 || len(doubles) > 0 {
		t.Errorf("%d orders, doubles %v; want one for each of 3", n, doubles)
	}
}
