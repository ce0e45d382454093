package apstest_test

import (
	"strconv"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
)

func TestImport(t *testing.T) {
	srv := apstest.NewServer(t, apstest.WithTenants(3, 2), apstest.WithProvisioning(150*time.Millisecond), apstest.WithStrict())
	w := newWire(t, srv)
	if r := w.get("/aps").want(t, 200); r.Header.Get("X-APSBooster-Response") != "true" {
		t.Error("no booster header")
	}
	var services []struct{ APS struct{ ID string } }
	w.get("/aps/2/resources?implementing(http://www.odin.com/billing/order-management)").want(t, 200).json(t, &services)
	if len(services) != 1 || services[0].APS.ID != srv.OrderServiceID() {
		t.Fatalf("services %v, want the one of id %s", services, srv.OrderServiceID())
	}
	tn := tenantsOf(srv)[1]
	id := w.placed(tn)
	o := w.order(id)
	if o.Status != "LO" || *o.PoNumber != "azure-import/"+tn.Subscriptions[0] || o.AccountID != tn.AccountID || o.OrderNumber != "SO000001" {
		t.Errorf("order %+v", o)
	}
	if imported(w, 1, 0) {
		t.Error("imported while the order is being provisioned")
	}
	time.Sleep(200 * time.Millisecond)
	if o := w.order(id); o.Status != "CP" || o.ProvisioningStatus != "COMPLETED" {
		t.Errorf("order %+v, want it completed", o)
	}
	if !imported(w, 1, 0) || imported(w, 1, 1) {
		t.Error("want the first subscription imported and the second not")
	}
	// The stand-in never deduplicates: a double has to show.
	w.placed(tn)
	if diff := cmp.Diff([]string{tn.Subscriptions[0]}, srv.Doubles()); diff != "" {
		t.Errorf("doubles (-want +got):\n%s", diff)
	}
	if got := srv.Orders(); len(got) != 2 || got[0].SubID != tn.Subscriptions[0] || got[0].Tenant != tn.Domain {
		t.Errorf("orders %+v", got)
	}
}

type tenantJSON struct {
	Domain, CompanyName, Email string
	AccountID                  *int
	Subscriptions              []struct {
		ID        string
		Imported  bool
		AccountID *int
	}
}

func tenantList(w *wire) []tenantJSON {
	w.t.Helper()
	var list []tenantJSON
	w.get("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant),sort(domain),limit(0,1000)").want(w.t, 200)
	w.get("/aps/2/resources?implementing(http://www.odin.com/app/azure-csp/tenant)").want(w.t, 200).json(w.t, &list)
	return list
}

func imported(w *wire, tenant, sub int) bool {
	w.t.Helper()
	s := tenantList(w)[tenant].Subscriptions[sub]
	number := strconv.Itoa(1000001 + tenant)
	if s.Imported && (s.AccountID == nil || strconv.Itoa(*s.AccountID) != number) {
		w.t.Errorf("imported under account %v, want %s", s.AccountID, number)
	}
	return s.Imported
}
