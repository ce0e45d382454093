package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDisguise(t *testing.T) {
	const sub, other = "a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01", "5d028386-1701-4afc-9e4c-1bba67e67263"
	for _, test := range []struct{ name, text, want string }{
		{"ids, the same for the same", `{"aps":{"id":"` + sub + `"},"sub":"` + strings.ToUpper(sub) + `","x":"` + other + `"}`,
			`{"aps":{"id":"00000001-0000-4000-8000-000000000001"},"sub":"00000001-0000-4000-8000-000000000001","x":"00000002-0000-4000-8000-000000000002"}`},
		{"people", `{"companyName":"Fabrikam, Inc.","adminContact":{"email":"Erin@fabrikam.example","phone":"+49 89 1234","name":"Erin"}}`,
			`{"companyName":"text 1","adminContact":{"email":"person1@example.com","phone":"text 2","name":"text 3"}}`},
		{"tenants and hosts", `["contoso.onmicrosoft.com","CONTOSO.onmicrosoft.com","hub.contoso.example"]`, `["tenant1.onmicrosoft.com","tenant1.onmicrosoft.com","host1.example"]`},
		{"secrets", `{"client_secret":"abc","apiKey":"x","Set-Cookie":"y","sessionId":17,"parameters":[{"key":"adminPassword","value":"hunter2"}]}`,
			`{"client_secret":"(secret)","apiKey":"(secret)","Set-Cookie":"(secret)","sessionId":0,"parameters":[{"key":"adminPassword","value":"(secret)"}]}`},
		{"words of the platform", `{"type":"SALES","status":"CP","period":{"unit":"MONTH","duration":1},"total":{"value":"0.00","code":"USD"},"aps":{"type":"http://www.odin.com/app/azure-csp/tenant/1.0","status":"aps:ready"},` +
			`"migrationProgram":"do_not_count_migration_billing_period","orderDate":"2026-11-28T04:28:43.229Z","ok":true,"none":null}`, ``},
		{"import parameters", `[{"key":"csp_subscription_id","value":"` + sub + `"},{"key":"note","value":"for Erin"}]`,
			`[{"key":"csp_subscription_id","value":"00000001-0000-4000-8000-000000000001"},{"key":"note","value":"text 1"}]`},
		{"people in the form of words", `{"login":"erin_young","phone":"1234","birthDate":"1980-01-01","key":"contoso.onmicrosoft.com","versions":["2.0","erin"]}`,
			`{"login":"text 1","phone":"9001","birthDate":"text 2","key":"tenant1.onmicrosoft.com","versions":["2.0","text 3"]}`},
		{"numbers", `{"id":7,"accountId":"1000009","number":1000009,"orderNumber":"SO000123","amount":1,"zip":"80331"}`,
			`{"id":91,"accountId":"9000001","number":9000001,"orderNumber":"SO000001","amount":1,"zip":"90001"}`},
		{"our reference", `{"poNumber":"azure-import/` + sub + `/2"}`, `{"poNumber":"azure-import/00000001-0000-4000-8000-000000000001/2"}`},
		{"sentences", `{"code":"ValidationError","companyName":"Fabrikam","message":"Fabrikam (erin@fabrikam.example) has order SO000123 on ` + sub + `, key 0123456789abcdefABCDEF012345"}`,
			`{"code":"ValidationError","companyName":"text 1","message":"text 1 (person1@example.com) has order SO000001 on 00000001-0000-4000-8000-000000000001, key (left out)"}`},
		{"values as names", `{"` + sub + `":1,"contoso.onmicrosoft.com":2,"Erin Young":3,"en_US":4}`, `{"00000001-0000-4000-8000-000000000001":1,"tenant1.onmicrosoft.com":2,"text 1":3,"en_US":4}`},
	} {
		if test.want == "" {
			test.want = test.text
		}
		got, err := newDisguise().json([]byte(test.text))
		if diff := cmp.Diff(test.want, string(got)); err != nil || diff != "" {
			t.Errorf("%s: error %v (-want +got):\n%s", test.name, err, diff)
		}
	}
	for _, text := range []string{"", "<html>", `{"a":1`, `{} {}`, `0}9`, strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		if got, err := newDisguise().json([]byte(text)); err == nil {
			t.Errorf("%q is taken for JSON: %s", text, got)
		}
	}
}

// FuzzDisguise: what comes out is JSON of the same form, and tells no id, e-mail address
// or secret that went in.
func FuzzDisguise(f *testing.F) {
	f.Add(`{"aps":{"id":"x"},"key":"password","value":"y","message":"of a@b.example"}`, "Fabrikam")
	f.Add(`[1,{"":null},"é\u0000"]`, "\x00 0 \x00")
	f.Add(`"\\u0000"`, "\U000F0000")
	f.Fuzz(func(t *testing.T, text, name string) {
		const sub, mail, secret = "a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01", "erin@fabrikam.example", "hunter2hunter2"
		planted, err := json.Marshal(map[string]any{
			"message": name + " " + sub + " " + mail, "companyName": name, "id": sub, "list": []string{name, mail}, "password": secret, "more": json.RawMessage(text),
		})
		if err != nil {
			planted = []byte(text)
		}
		got, err := newDisguise().json(planted)
		if err != nil {
			return
		}
		if !json.Valid(planted) || !json.Valid(got) {
			t.Fatalf("%s is made of %s", got, planted)
		}
		for _, raw := range []string{sub, mail, secret} {
			if !strings.Contains(text, raw) && strings.Contains(string(got), raw) {
				t.Errorf("%q is told in %s", raw, got)
			}
		}
	})
}

// Nothing of what was planted is left, whatever it stands in.
func TestDisguisePages(t *testing.T) {
	d := newDisguise()
	d.whole("Fabrikam, Inc.")
	got := d.page(`<html><head><title>504 for Fabrikam, Inc.</title><meta name="csrf" content="s3cr3t"></head><body>erin@fabrikam.example</body></html>`)
	if want := "<html><head><title>504 for text 1</title></head></html>"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := d.page("erin@fabrikam.example has no title"); got != "" {
		t.Errorf("%q is left of a text", got)
	}
}
