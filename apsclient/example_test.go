package apsclient_test

import (
	"context"
	"fmt"
	"log"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
)

// Places one order and follows what becomes of it.
func Example() {
	platform, err := apstest.Start(apstest.Config{})
	if err != nil {
		log.Fatal(err)
	}
	defer platform.Close()
	ctx := context.Background()

	client, err := apsclient.New(apsclient.Config{
		URL:    platform.URL(),
		OAuth1: &apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	orders, err := client.Orders(ctx)
	if err != nil {
		log.Fatal(err)
	}

	request := apsclient.OrderRequest{PlanID: platform.Plans()[0].ID}
	for account, err := range client.Accounts(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		request.AccountID = account.APSID
	}
	for tenant, err := range client.Tenants(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		request.Tenant, request.Subscription = tenant.Domain, tenant.Subscriptions[0].ID
	}
	request.Reference = "azure-import/" + request.Subscription

	placed, err := orders.Place(ctx, request)
	switch {
	case err == nil:
	case apsclient.KindOf(err) == apsclient.NotSent:
		log.Fatal("may be placed again: ", err)
	case apsclient.KindOf(err) == apsclient.InDoubt:
		log.Fatal("has to be looked up by its reference, not placed again: ", err)
	default:
		log.Fatal(err)
	}
	order, err := orders.Get(ctx, placed.OrderID)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(order.Status, order.Phase(), order.Reference == request.Reference)
	// Output: CP good true
}

// A provider that keeps the client's reference in an order attribute, and asks
// for another attribute with every order.
func ExampleWire_Set() {
	var wire apsclient.Wire
	for name, value := range map[string]string{
		"order.reference":             "attributes.ClientReference",
		"order.attribute.Cost centre": "4711",
	} {
		if err := wire.Set(name, value); err != nil {
			log.Fatal(err)
		}
	}
	for _, a := range wire.Assumptions() {
		if a.Value != a.Default {
			fmt.Println(a.Name, a.Value, a.Mark)
		}
	}
	// Output:
	// order.reference attributes.ClientReference inferred
	// order.attribute.Cost centre 4711 inferred
}
