package shape_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/shape"
	"bulkimport/apsclient/tree"
)

// row is a row with all values, or without a cut-off date.
func row(cutOff string) *shape.Values {
	var v shape.Values
	v[shape.Account], v[shape.AccountNumber], v[shape.Plan] = "6f1b2c3d-0000-4000-8000-00000000000a", "1000009", "453f357f-5ba1-4a9e-9a35-0f0a1b2c3d4e"
	v[shape.Reference], v[shape.Tenant] = "azure-import/a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01", "ben.onmicrosoft.com"
	v[shape.Subscription], v[shape.CutOff] = "a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01", cutOff
	return &v
}

const cutOff = "2026-01-01T00:00:00.000Z"

// whole is a template with a place for all that is needed, and more.
func whole(more string) string {
	return `{"s":"${subscription}","r":"${reference}","a":"${account}","p":"${plan}"` + more + `}`
}

func TestFill(t *testing.T) {
	v := row("")
	common := `{"s":"` + v[shape.Subscription] + `","r":"` + v[shape.Reference] + `","a":"` + v[shape.Account] + `","p":"` + v[shape.Plan] + `"`
	for _, tc := range []struct{ name, more, cutOff, want string }{
		{"constants", `,"n":1.50,"t":true,"z":null,"l":[1,"<&>"],"o":{}`, "", `,"n":1.50,"t":true,"z":null,"l":[1,"<&>"],"o":{}`},
		{"a member that may lack", `,"c":"${cut_off?}"`, "", ``},
		{"a member that is there", `,"c":"${cut_off?}"`, cutOff, `,"c":"` + cutOff + `"`},
		{"a pair that may lack", `,"l":[{"key":"a","value":"b"},{"key":"c","value":"${cut_off?}"}]`, "", `,"l":[{"key":"a","value":"b"}]`},
		{"a pair that is there", `,"l":[{"key":"c","value":"${cut_off?}"}]`, cutOff, `,"l":[{"key":"c","value":"` + cutOff + `"}]`},
		{"an element that is no pair", `,"l":[{"x":1,"y":2,"c":"${cut_off?}"}]`, "", `,"l":[{"x":1,"y":2}]`},
		{"the only element", `,"l":["${cut_off?}"]`, "", `,"l":[]`},
		{"as a day", `,"c":"${cut_off:date?}"`, cutOff, `,"c":"2026-01-01"`},
		{"as a number", `,"n":"${account_number:number}"`, "", `,"n":1000009`},
		{"within a text", `,"c":"from ${cut_off?} on","u":"urn:${tenant}"`, cutOff, `,"c":"from ` + cutOff + ` on","u":"urn:ben.onmicrosoft.com"`},
	} {
		tpl, err := shape.Parse(whole(tc.more))
		if err != nil {
			t.Errorf("%s: %v", tc.name, err)
			continue
		}
		got, err := tpl.Fill(row(tc.cutOff))
		if diff := cmp.Diff(common+tc.want+"}", string(got)); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", tc.name, err, diff)
		}
		if !json.Valid(got) {
			t.Errorf("%s: not JSON: %s", tc.name, got)
		}
	}
	tpl, err := shape.Parse(whole(""))
	if err != nil {
		t.Fatal(err)
	}
	numbered, err := shape.Parse(whole(`,"n":"${account_number:number}"`))
	if err != nil {
		t.Fatal(err)
	}
	for _, number := range []string{"AC-1000009", "01000009", "1e5", "1,\"x\":2"} {
		v := row("")
		v[shape.AccountNumber] = number
		if body, err := numbered.Fill(v); err == nil || err.Error() != "the account number "+number+" is not written as a number" {
			t.Errorf("%s: %s, error %v", number, body, err)
		}
	}
	v[shape.Plan] = ""
	if _, err := tpl.Fill(v); err == nil || err.Error() != "the order has no plan" {
		t.Errorf("without a plan: %v", err)
	}
}

func TestParseMistakes(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"no JSON", `hello`, "line 1, column 1: it is not JSON"},
		{"empty", ``, "line 1, column 1: it is not JSON: it ends in the middle"},
		{"cut off", `{"a":1`, "it is not JSON: it ends in the middle"},
		{"a comma too much", "{\n \"a\": 1,\n}", "line 3, column 1: it is not JSON"},
		{"a list", `[]`, "line 1, column 1: an order is an object"},
		{"two orders", `{} {}`, "line 1, column 4: something follows the order"},
		{"unknown placeholder", "{\n  \"ü\": \"x ${sub_id}\"}", "line 2, column 11: there is no placeholder ${sub_id}: known are account, account_number, plan"},
		{"a placeholder that does not end", `{"a":"${plan"}`, "line 1, column 7: a placeholder does not end"},
		{"a placeholder as a name", `{"${plan}":1}`, "line 1, column 2: a placeholder stands in a value"},
		{"two in one text", `{"a":"${plan}${account}"}`, "line 1, column 7: one text holds several"},
		{"a name twice", `{"a":1,"a":2}`, `line 1, column 8: "a" is there twice`},
		{"no question mark", whole(`,"c":"${cut_off}"`), "a row may have no cut-off date: write ${cut_off?}"},
		{"a question mark too many", whole(`,"c":"${plan?}"`), "every row has plan"},
		{"a style there is not", whole(`,"c":"${plan:number}"`), "${plan} cannot be written as number"},
		{"no subscription", `{"r":"${reference}","a":"${account}","p":"${plan}"}`, "there is no place for the subscription: ${subscription} is missing, and an order without it would sell a new one"},
		{"no reference", `{"s":"${subscription}","a":"${account}","p":"${plan}"}`, "there is no place for the reference"},
		{"no account", `{"s":"${subscription}","r":"${reference}","p":"${plan}"}`, "there is no place for the account"},
		{"no plan", `{"s":"${subscription}","r":"${reference}","a":"${account}"}`, "there is no place for the plan"},
		{"nested too deep", strings.Repeat(`{"a":`, 40) + `1` + strings.Repeat(`}`, 40), "it is nested too deep"},
		{"too long", `{"a":"` + strings.Repeat("x", 1<<17) + `"}`, "it is longer than 65536 bytes"},
	} {
		_, err := shape.Parse(tc.text)
		if _, ok := errors.AsType[*shape.Error](err); !ok || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func decoded(t *testing.T, text string) tree.Node {
	t.Helper()
	v, err := tree.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestShapes: each shape that is built in is read back from what was sent.
func TestShapes(t *testing.T) {
	for _, s := range shape.Shapes() {
		if s.Text == "" {
			continue
		}
		tpl, err := shape.Parse(s.Text)
		if err != nil {
			t.Errorf("%s: %v", s.Name, err)
			continue
		}
		for _, cut := range []string{"", cutOff} {
			r := row(cut)
			body, err := tpl.Fill(r)
			if err != nil {
				t.Fatal(err)
			}
			order := decoded(t, string(body))
			for _, v := range []shape.Value{shape.Account, shape.Plan, shape.Reference, shape.Tenant, shape.Subscription} {
				if got, told := tpl.Read(order, v); got != r[v] || !told {
					t.Errorf("%s: %v is read as %q, want %q", s.Name, v, got, r[v])
				}
				if !tpl.Shows(order, v) {
					t.Errorf("%s: %v is not shown", s.Name, v)
				}
			}
			if got, told := tpl.Read(order, shape.CutOff); told != (cut != "") || told && !strings.HasPrefix(cut, got) {
				t.Errorf("%s: the cut-off date is read as %q", s.Name, got)
			}
		}
	}
}

func TestRead(t *testing.T) {
	tpl, err := shape.Parse(`{"who":"urn:${account}","id":"${account_number:number}","items":[{"plan":"${plan}","params":[{"key":"sub","value":"${subscription}"}]}],"attributes":{"Ref":"${reference}"}}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, order string
		value       shape.Value
		want        string
		told, shows bool
	}{
		{"as sent", `{"items":[{"params":[{"key":"x"},{"key":"sub","value":"S"}]}]}`, shape.Subscription, "S", true, true},
		{"pairs with ids", `{"items":[{"params":[{"id":"sub","value":"S"}]}]}`, shape.Subscription, "S", true, true},
		{"an object in place of pairs", `{"items":[{"params":{"sub":"S"}}]}`, shape.Subscription, "S", true, true},
		{"pairs in place of an object", `{"attributes":[{"attributeID":"Ref","value":"R"}]}`, shape.Reference, "R", true, true},
		{"not told", `{"items":[{"params":[]}]}`, shape.Subscription, "", false, false},
		{"another is told", `{"items":[{"params":[{"key":"x","value":"y"}]}]}`, shape.Subscription, "", false, true},
		{"no items", `{"items":[]}`, shape.Plan, "", false, false},
		{"null", `{"items":null}`, shape.Plan, "", false, false},
		{"of another kind", `{"items":[{"plan":{"id":1}}]}`, shape.Plan, "", false, true},
		{"a number", `{"id":1000009}`, shape.AccountNumber, "1000009", true, true},
		{"within a text", `{"who":"urn:A"}`, shape.Account, "A", true, true},
		{"another text around it", `{"who":"A"}`, shape.Account, "", false, false},
		{"no place for it", `{}`, shape.Tenant, "", false, false},
	} {
		order := decoded(t, tc.order)
		got, told := tpl.Read(order, tc.value)
		if got != tc.want || told != tc.told || tpl.Shows(order, tc.value) != tc.shows {
			t.Errorf("%s: %q, told %v, shows %v", tc.name, got, told, tpl.Shows(order, tc.value))
		}
	}
	for v, want := range map[shape.Value]string{shape.AccountNumber: "id", shape.Reference: "attributes.Ref", shape.Subscription: "", shape.Account: "", shape.Tenant: ""} {
		if got, ok := tpl.Property(v); got != want || ok != (want != "") {
			t.Errorf("property of %v is %q", v, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range shape.Shapes() {
		f.Add(s.Text)
	}
	f.Add(whole(`,"n":"${account_number:number}","l":["${cut_off:date?}",{"key":"a","value":"${cut_off?}"}]`))
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := shape.Parse(text)
		if err != nil {
			if e, ok := errors.AsType[*shape.Error](err); !ok || e.What == "" || e.Line < 0 || e.Column < 0 {
				t.Errorf("error %#v", err)
			}
			return
		}
		for _, cut := range []string{"", cutOff} {
			r := row(cut)
			body, err := tpl.Fill(r)
			if err != nil || !json.Valid(body) {
				t.Fatalf("%s: %v", body, err)
			}
			if !bytes.Contains(body, []byte(r[shape.Subscription])) {
				t.Fatalf("no subscription in %s", body)
			}
			tpl.Read(decoded(t, string(body)), shape.Subscription)
		}
	})
}
