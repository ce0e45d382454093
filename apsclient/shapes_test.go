package apsclient_test

import (
	"errors"
	"testing"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/apsclient/shape"
)

// Each shape is taken by a platform that takes it and by no other, imports the
// subscription, and is read back.
func TestEachShape(t *testing.T) {
	for _, takes := range shape.Shapes() {
		s := apstest.NewServer(t, apstest.WithStrict(), apstest.WithTenants(5, 1), func(c *apstest.Config) {
			if takes.Text != "" {
				c.Shape = takes.Name
			}
		})
		for i, sends := range shape.Shapes() {
			c := newClient(t, apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()}, Wire: apsclient.Wire{OrderShape: sends.Name}})
			r := requestFor(t, s, c, i)
			r.CutOff = "2026-01-01T00:00:00.000Z"
			o, err := c.Orders(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			placed, err := o.Place(t.Context(), r)
			if takes.Name != sends.Name {
				if e, ok := errors.AsType[*apsclient.Error](err); !ok || e.Kind != apsclient.Refused {
					t.Errorf("a platform that takes %s, asked for %s: %v", takes.Name, sends.Name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", sends.Name, err)
				continue
			}
			for _, q := range []apsclient.OrderQuery{{IDs: []string{placed.OrderID}}, {References: []string{r.Reference}}, {AccountIDs: []string{r.AccountID}}, {ReferencePrefix: "azure-import/"}} {
				got, err := collect(o.List(t.Context(), q))
				if err != nil || len(got) != 1 {
					t.Errorf("%s: %d orders listed by %+v, error %v", sends.Name, len(got), q, err)
					continue
				}
				have := got[0]
				if have.ID != placed.OrderID || have.Reference != r.Reference || have.AccountID != r.AccountID || have.PlanID != r.PlanID ||
					have.Tenant != r.Tenant || have.Subscription != r.Subscription || have.CutOffTime.IsZero() || !have.HasItems || !have.HasParams {
					t.Errorf("%s: read back as %+v", sends.Name, have)
				}
			}
			if stored := s.Orders(); len(stored) != 1 || stored[0].SubID != r.Subscription || stored[0].Status != "CP" {
				t.Errorf("%s: the platform has %+v", sends.Name, stored)
			}
		}
	}
}
