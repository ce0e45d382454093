package apsclient_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
)

// A date is an instant or it is not told: without a zone it may be half a day off.
func TestDates(t *testing.T) {
	at := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Time{
		"2026-05-01T10:00:00Z": at, "2026-05-01T12:00:00+02:00": at, "2026-05-01T12:00:00.000+0200": at, "2026-05-01 12:00:00+02:00": at,
		"2026-05-01 12:00:00 +0200": at, "2026-05-01T10:00Z": at, "Fri, 01 May 2026 10:00:00 GMT": at, "Fri, 01 May 2026 12:00:00 +0200": at,
		"1777629600": at, "1777629600000": at,
		"2026-05-01T10:00:00": {}, "2026-05-01 10:00:00": {}, "2026-05-01": {}, "20260501": time.Unix(20260501, 0).UTC(), "Fri, 01 May 2026 10:00:00 CST": {},
		"01.05.2026 10:00": {}, "": {}, "soon": {}, "-5": {}, "0": {},
	} {
		if got := apsclient.Moment(text); !got.Equal(want) || got.IsZero() != want.IsZero() {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}

func TestOrderShapes(t *testing.T) {
	c := newClient(t, apsclient.Config{URL: "http://127.0.0.1:1", Wire: apsclient.Wire{ReferenceField: "poNumber"}})
	attributes := newClient(t, apsclient.Config{URL: "http://127.0.0.1:1", Wire: apsclient.Wire{ReferenceField: "attributes.Client.Ref"}})
	at := time.Date(2026, 5, 1, 10, 0, 0, 0, time.UTC)
	for _, test := range []struct {
		name   string
		client *apsclient.Client
		body   string
		want   apsclient.Order
	}{
		{"as documented", c, `{"orderId":"f0817852","orderNumber":"SO000123","type":"SALES","status":"PF","provisioningStatus":"FAILED","paymentStatus":"PAID",
			"orderDate":"2026-05-01T12:00:00.000+02:00","poNumber":"azure-import/x","accountId":"acc","total":{"value":12.50,"code":"USD"},
			"errorDetails":{"de_DE":"nein","en_US":"Provisioning failed. Reason: <b>quota</b>\u0007"},
			"products":[{"planId":"plan","activationParams":[{"key":"csp_subscription_id","value":"ABC"},{"key":"tenant","value":"t.example"},{"key":"cut_off_date","value":"2026-01-01T00:00:00.000Z"}]}]}`,
			apsclient.Order{ID: "f0817852", Number: "SO000123", Type: "SALES", Status: "PF", ProvisioningStatus: "FAILED", Payment: "PAID", Date: at, DateText: "2026-05-01T12:00:00.000+02:00",
				Reason: "Provisioning failed. Reason: quota", Reference: "azure-import/x", HasReference: true, AccountID: "acc", PlanID: "plan",
				Tenant: "t.example", Subscription: "abc", CutOff: "2026-01-01T00:00:00.000Z", CutOffTime: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
				HasItems: true, HasParams: true, HasSubscription: true, Total: "12.50", Currency: "USD"}},
		{"numbers and times of other kinds", c, `{"orderId":17,"orderNumber":18,"status":" cp ","orderDate":1777629600000,"total":"9.90","currency":"EUR","poNumber":5,"accountId":1000009}`,
			apsclient.Order{ID: "17", Number: "18", Status: "CP", Date: at, DateText: "1777629600000", Total: "9.90", Currency: "EUR", Reference: "5", HasReference: true, AccountID: "1000009"}},
		{"no zone", c, `{"orderId":"x","orderDate":"2026-05-01 10:00:00\u0007"}`, apsclient.Order{ID: "x", DateText: "2026-05-01 10:00:00"}},
		{"zone without colon", c, `{"orderId":"x","orderDate":"2026-05-01T12:00:00.000+0200"}`, apsclient.Order{ID: "x", Date: at, DateText: "2026-05-01T12:00:00.000+0200"}},
		{"empty reference is there", c, `{"orderId":"x","poNumber":""}`, apsclient.Order{ID: "x", HasReference: true}},
		{"null reference is not", c, `{"orderId":"x","poNumber":null,"products":null,"errorDetails":null,"total":null}`, apsclient.Order{ID: "x"}},
		{"error in plain text, parameters as an object", c, `{"orderId":"x","errorDetails":"no \u202e way","products":[{"planId":"p","activationParams":{"tenant":"t","csp_subscription_id":"S"}}]}`,
			apsclient.Order{ID: "x", Reason: "no way", PlanID: "p", Tenant: "t", Subscription: "s", HasItems: true, HasParams: true, HasSubscription: true}},
		{"ids in capitals", c, `{"orderId":"F0817852-282C-4047-A4D3-F6501939D5A6","accountId":"6F1B2C3D-0000-4000-8000-00000000000A","products":[{"planId":" 453F357F-5BA1-4A9E-9A35-0F0A1B2C3D4E ","activationParams":[{"key":"csp_subscription_id","value":"A83A31AB-92B2-4A3F-8A49-7B8B5A3E0F01 "}]}]}`,
			apsclient.Order{ID: "f0817852-282c-4047-a4d3-f6501939d5a6", AccountID: "6f1b2c3d-0000-4000-8000-00000000000a", PlanID: "453f357f-5ba1-4a9e-9a35-0f0a1b2c3d4e", Subscription: testSub, HasItems: true, HasParams: true, HasSubscription: true}},
		{"an account by a number with letters", c, `{"orderId":"x","accountId":"AC-1000009"}`, apsclient.Order{ID: "x", AccountID: "AC-1000009"}},
		{"no parameters", c, `{"orderId":"x","products":[{"planId":"p"}]}`, apsclient.Order{ID: "x", PlanID: "p", HasItems: true}},
		{"empty parameters", c, `{"orderId":"x","products":[{"planId":"p","activationParams":[]}]}`, apsclient.Order{ID: "x", PlanID: "p", HasItems: true}},
		{"null parameters", c, `{"orderId":"x","products":[{"planId":"p","activationParams":null}]}`, apsclient.Order{ID: "x", PlanID: "p", HasItems: true}},
		{"other parameters", c, `{"orderId":"x","products":[{"activationParams":[{"key":"seats","value":5}]}]}`, apsclient.Order{ID: "x", HasItems: true, HasParams: true}},
		{"an empty subscription", c, `{"orderId":"x","products":[{"activationParams":[{"key":"csp_subscription_id","value":""}]}]}`, apsclient.Order{ID: "x", HasItems: true, HasParams: true, HasSubscription: true}},
		{"a subscription with a structure", c, `{"orderId":"x","products":[{"activationParams":[{"key":"csp_subscription_id","value":{"id":1}}]}]}`, apsclient.Order{ID: "x", HasItems: true, HasParams: true}},
		{"a subscription without a value", c, `{"orderId":"x","products":[{"activationParams":[{"key":"csp_subscription_id"},{"key":"cut_off_date","value":null}]}]}`, apsclient.Order{ID: "x", HasItems: true, HasParams: true}},
		{"a cut-off date of another form", c, `{"orderId":"x","products":[{"activationParams":[{"key":"cut_off_date","value":"2026-05-01T12:00:00+02:00"}]}]}`,
			apsclient.Order{ID: "x", CutOff: "2026-05-01T10:00:00.000Z", CutOffTime: at, HasItems: true, HasParams: true}},
		{"a cut-off date as a number", c, `{"orderId":"x","products":[{"activationParams":{"cut_off_date":1777629600000}}]}`,
			apsclient.Order{ID: "x", CutOff: "2026-05-01T10:00:00.000Z", CutOffTime: at, HasItems: true, HasParams: true}},
		{"a cut-off date without a zone", c, `{"orderId":"x","products":[{"activationParams":[{"key":"cut_off_date","value":"2026-05-01"}]}]}`,
			apsclient.Order{ID: "x", CutOff: "2026-05-01", HasItems: true, HasParams: true}},
		{"errors as a list", c, `{"orderId":"x","errorDetails":[{"en_US":"one"},{"message":"two"}],"products":[]}`, apsclient.Order{ID: "x", Reason: "one; two"}},
		{"everything of another kind", c, `{"orderId":[1],"orderNumber":{},"status":7,"orderDate":"soon","poNumber":{"a":1},"accountId":[],"total":[],"products":"none","errorDetails":3}`,
			apsclient.Order{Status: "7", DateText: "soon", Reason: "3", HasReference: true}},
		{"reference in an attribute", attributes, `{"orderId":"x","poNumber":"no","attributes":{"Client.Ref":"yes"}}`, apsclient.Order{ID: "x", Reference: "yes", HasReference: true}},
		{"reference in a list of attributes", attributes, `{"orderId":"x","attributes":[{"id":"Other","value":"no"},{"id":"Client.Ref","value":"yes"}]}`, apsclient.Order{ID: "x", Reference: "yes", HasReference: true}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := test.client.NewOrders("x").Decode([]byte(test.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("order (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPhase(t *testing.T) {
	for _, test := range []struct {
		status, provisioning string
		want                 apsclient.Phase
	}{
		{"CP", "", apsclient.Good}, {"WZ", "", apsclient.Good}, {"LO", "COMPLETED", apsclient.Good}, {"WP", "completed", apsclient.Good},
		{"PF", "", apsclient.Bad}, {"CL", "", apsclient.Bad}, {"PF", "COMPLETED", apsclient.Bad}, {"CL", "COMPLETED", apsclient.Bad},
		{"NP", "", apsclient.Person}, {"WP", "NOTSTARTED", apsclient.Person}, {"HL", "", apsclient.Person},
		{"LO", "INPROGRESS", apsclient.Waiting}, {"PD", "", apsclient.Waiting}, {"RB", "", apsclient.Waiting}, {"", "", apsclient.Waiting}, {"XX", "FAILED", apsclient.Waiting},
	} {
		o := apsclient.Order{Status: test.status, ProvisioningStatus: test.provisioning}
		if got := o.Phase(); got != test.want {
			t.Errorf("%s %s: %v, want %v", test.status, test.provisioning, got, test.want)
		}
	}
}

// FuzzOrder: whatever the platform tells of an order is read without a panic,
// and its words are fit to be shown.
func FuzzOrder(f *testing.F) {
	for _, body := range []string{`{}`, `[]`, `{"orderId":1}`, `{"errorDetails":{"en":"\u001b[31m"},"products":[{"activationParams":[{"key":1}]}]}`, `{"total":{"value":{}}}`, `{"orderDate":1e99}`, `{"attributes":[[]]}`} {
		f.Add(body)
	}
	c, err := apsclient.New(apsclient.Config{URL: "http://127.0.0.1:1", OAuth1: &apsclient.OAuth1{Key: testKey, Secret: testSecret}, Wire: apsclient.Wire{ReferenceField: "attributes.R"}})
	if err != nil {
		f.Fatal(err)
	}
	o := c.NewOrders("x")
	f.Fuzz(func(t *testing.T, body string) {
		got, err := o.Decode([]byte(body))
		if err != nil {
			return
		}
		got.Phase()
		for _, text := range []string{got.Reason, got.Status, got.Number, got.Type, got.Payment, got.Total, got.Currency} {
			if strings.ContainsAny(text, "\x00\x07\x1b\n\r\t\u202e") {
				t.Errorf("control character in %q", text)
			}
		}
	})
}
