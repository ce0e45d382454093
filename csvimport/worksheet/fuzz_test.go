package worksheet_test

import (
	"strings"
	"testing"

	"bulkimport/csvimport"
	"bulkimport/csvimport/worksheet"
)

// FuzzRead shows that whatever a file holds, each subscription and each order has one
// answer at most, an answer has all it needs, and what is wrong is said in words.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		"reference,subscription,found,note\n" + refA + "," + subA + ",SO1,\n",
		"reference;subscription;found;note\r\n;" + subA + ";none;\r\n;" + subB + ";corrected;x\r\n",
		utf16le("tenant\tsubscription\tfound\n\t" + subA + "\tnone\n\t" + subA + "\tSO1\n"),
		"\ufefftenant,sub_id,found\nx,{" + subA + "},'SO1\nx," + subB + ",so1\nx," + subB + ",none\n",
		"", "found", "PK\x03\x04",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := worksheet.Read(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		subs, orders := make(map[string]bool), make(map[string]bool)
		for _, a := range got.Answers {
			order := strings.ToLower(a.Order)
			if a.Row == 0 || len(a.Sub) != 36 || subs[a.Sub] || order != "" && orders[order] ||
				(a.Kind == worksheet.Number) != (order != "") || a.Kind == worksheet.Corrected && a.Note == "" {
				t.Errorf("%+v, of %q", a, text)
			}
			subs[a.Sub], orders[order] = true, true
		}
		for _, found := range got.Findings {
			if found.Message == "" || found.Severity != csvimport.SeverityError {
				t.Errorf("%+v, of %q", found, text)
			}
		}
		if got.Unusable && (len(got.Answers) > 0 || len(got.Findings) == 0) {
			t.Errorf("unusable, with %d answers and %d findings, of %q", len(got.Answers), len(got.Findings), text)
		}
	})
}
