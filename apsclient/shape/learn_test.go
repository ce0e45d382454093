package shape_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/shape"
)

func answered(member string) bool { return member == "orderId" || member == "status" }

// TestLearn: what is learned from an order makes that very order again.
func TestLearn(t *testing.T) {
	for _, s := range shape.Shapes() {
		if s.Text == "" {
			continue
		}
		tpl, err := shape.Parse(s.Text)
		if err != nil {
			t.Fatal(err)
		}
		r := row(cutOff)
		order, err := tpl.Fill(r)
		if err != nil {
			t.Fatal(err)
		}
		shown := strings.Replace(string(order), "{", `{"orderId":"x","status":"CP",`, 1)
		text, learned, err := shape.Learn([]byte(shown), r, answered, "poNumber")
		if err != nil {
			t.Fatalf("%s: %v", s.Name, err)
		}
		again, err := shape.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v\n%s", s.Name, err, text)
		}
		got, err := again.Fill(r)
		if diff := cmp.Diff(string(order), string(got)); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", s.Name, err, diff)
		}
		for _, l := range learned {
			if l.Value != 0 && again.Path(l.Value) != l.Path {
				t.Errorf("%s: %v learned at %s, and found at %s", s.Name, l.Value, l.Path, again.Path(l.Value))
			}
		}
	}
}

func TestLearnRecognises(t *testing.T) {
	for _, tc := range []struct{ name, order, want string }{
		{"capitals", `{"id":"A83A31AB-92B2-4A3F-8A49-7B8B5A3E0F01"}`, `"id": "${subscription}"`},
		{"part of a text", `{"id":"urn:a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01:x"}`, `"id": "urn:${subscription}:x"`},
		{"a number of the account", `{"customer":1000009}`, `"customer": "${account_number:number}"`},
		{"the same as a text", `{"customer":"1000009"}`, `"customer": "${account_number}"`},
		{"another number", `{"customer":10000091}`, `"customer": 10000091`},
		{"a time", `{"at":"2026-01-01T01:00:00+01:00"}`, `"at": "${cut_off?}"`},
		{"a day", `{"at":"2026-01-01"}`, `"at": "${cut_off:date?}"`},
		{"no reference", `{"a":1}`, `"poNumber": "${reference}"`},
		{"a reference of the panel", `{"poNumber":"4711"}`, `"poNumber": "${reference}"`},
		{"our reference", `{"attributes":[{"id":"Ref","value":"azure-import/a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01"}]}`, `"value": "${reference}"`},
		{"what the platform answers", `{"orderId":"x","a":true}`, `"a": true`},
		{"a placeholder by accident", `{"a":"${x}"}`, `"a": "${x}"`},
	} {
		text, _, err := shape.Learn([]byte(tc.order), row(cutOff), answered, "poNumber")
		if err != nil || !strings.Contains(text, tc.want) || strings.Contains(text, "orderId") {
			t.Errorf("%s: error %v, want %s in\n%s", tc.name, err, tc.want, text)
		}
	}
	if _, _, err := shape.Learn([]byte(`[1]`), row(""), answered, "poNumber"); err == nil {
		t.Error("a list is no order")
	}
}
