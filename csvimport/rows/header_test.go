package rows_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const soundLine = "contoso.onmicrosoft.com,f75a4542-53a0-4f7e-b41e-491b9712a703,f4339ab3-8ae1-4cab-8950-ee899c5b1ed0,Contoso Residences,chris@contoso.example,1000009"

// codesOf lists findings in short: code, row and column.
func codesOf(o outcome) []string {
	var all []string
	for _, f := range o.findings {
		s := fmt.Sprintf("%s %d", f.Code, f.Row)
		if f.Column != "" {
			s += " " + f.Column
		}
		all = append(all, s)
	}
	return all
}

// TestHeadings reads heading lines as people write them.
func TestHeadings(t *testing.T) {
	tests := []struct {
		name, text string
		rows       int
		codes      []string
	}{
		{"as exported", sixHeadings + "\n" + soundLine + "\n", 1, nil},
		{"spaces, case and separators", " TENANT ,Plan ID,sub-id,Company.Name,E-Mail,\ufeffaccount_id\n" + soundLine + "\n", 1,
			[]string{"W_HEADER_SPELLING 1 tenant", "W_HEADER_SPELLING 1 plan_id", "W_HEADER_SPELLING 1 sub_id", "W_HEADER_SPELLING 1 company_name", "W_HEADER_SPELLING 1 email"}},
		{"quoted, with a line break", "\"tenant\",\"plan_id\",\"sub_id\",\"company\nname\",\"email\",\"account_id\"\n" + soundLine + "\n", 1, []string{"W_HEADER_SPELLING 1 company_name"}},
		{"other order", "email,tenant,plan_id,sub_id,company_name,account_id\nchris@contoso.example,contoso.onmicrosoft.com,f75a4542-53a0-4f7e-b41e-491b9712a703,f4339ab3-8ae1-4cab-8950-ee899c5b1ed0,Contoso Residences,1\n", 1, []string{"W_REORDERED 1"}},
		{"two missing", "tenant,plan_id,sub_id,company\n", 0, []string{"W_EXTRA_COLUMN 1 company", "E_HEADER_MISSING 1 company_name", "E_HEADER_MISSING 1 email", "E_HEADER_MISSING 1 account_id"}},
		{"twice", sixHeadings + ",Tenant\n" + soundLine + "\n", 0, []string{"E_HEADER_DUPLICATE 1 tenant"}},
		{"below ten rows", strings.Repeat("note\n", 10) + sixHeadings + "\n" + soundLine + "\n", 0, []string{"E_DELIMITER 1"}},
		{"below nine rows", strings.Repeat("note\n\n", 9) + sixHeadings + "\n" + soundLine + "\n", 1, []string{"W_PREAMBLE 1"}},
		{"translated", "Locataire;ID du plan;ID abonnement;Nom de la société;Courriel;ID compte\n", 0, []string{"E_NO_HEADER 1"}},
		{"not understood cut-off", sixHeadings + ",Billing start\n" + soundLine + ",2026-12-01\n", 0, []string{"E_HEADER_BILLING 1 Billing start"}},
		{"cut_off alone", sixHeadings + ",cut_off\n" + soundLine + ",2026-12-01\n", 0, []string{"E_HEADER_BILLING 1 cut_off"}},
		{"cut-off date", sixHeadings + ",Cut-off Date\n" + soundLine + ",2026-11-01\n", 1, []string{"W_HEADER_SPELLING 1 cut_off_date"}},
		{"problems of an annotated file", sixHeadings + ",problems\n" + soundLine + ",E_GUID\n", 1, nil},
		{"columns of a results file", sixHeadings + ",line,status,order_id,order_number,order_status,account,account_name,plan_name,cut_off,reference,http_status,error_code,error,attempts,submitted_at,finished_at\n" + soundLine + strings.Repeat(",", 16) + "\n", 1, nil},
		{"own columns", sixHeadings + ",status,Notes\n" + soundLine + ",x,y\n", 1, []string{"W_EXTRA_COLUMN 1 status", "W_EXTRA_COLUMN 1 Notes"}},
		{"below a customer", soundLine + "\n" + sixHeadings + "\n" + strings.Replace(soundLine, "f4339ab3", "a4339ab3", 1) + "\n", 0, []string{"E_NO_HEADER 1"}},
		{"again further down", sixHeadings + "\n" + soundLine + "\nTenant,Plan ID,Sub ID,Company,Mail,Account ID\n", 2, []string{"E_HEADER_REPEATED 3"}},
		{"no rows", sixHeadings + "\n\n,,,\n", 0, []string{"E_NO_ROWS 1", "W_BLANK_ROWS 2"}},
		{"sep line and other delimiter", "sep=;\n" + sixHeadings + "\n" + soundLine + "\n", 1, []string{"W_SEP_LINE 0"}},
		{"bars", strings.ReplaceAll(sixHeadings+"\n"+soundLine+"\n", ",", "|"), 1, nil},
		{"spaces between", strings.ReplaceAll(sixHeadings, ",", "  ") + "\n", 0, []string{"E_DELIMITER 1"}},
		{"unit separators", strings.ReplaceAll(sixHeadings+"\n"+soundLine+"\n", ",", "\x1f"), 0, []string{"E_DELIMITER 1"}},
		{"headings below a title, not separated", "Export, September\n" + strings.ReplaceAll(sixHeadings, ",", "^") + "\n", 0, []string{"E_DELIMITER 2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := openText(t, tt.text)
			n := 0
			for range f.Rows() {
				n++
			}
			got := readAll(f)
			checkWords(t, got.findings)
			if diff := cmp.Diff(tt.codes, codesOf(got)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if n != tt.rows {
				t.Errorf("%d rows, want %d", n, tt.rows)
			}
		})
	}
}

// TestHeadingHints looks for the name that was meant.
func TestHeadingHints(t *testing.T) {
	for _, tt := range []struct{ heading, instead, hint string }{
		{"subscription_id", "sub_id", "subscription_id: did you mean sub_id?"},
		{"Firmenname", "company_name", "Firmenname: did you mean company_name?"},
		{"acount_id", "account_id", "acount_id: did you mean account_id?"},
		{"ï»¿tenant", "tenant", "ï»¿ shows that the CSV was opened in another character set, in which letters of names are wrong too: open it again as Unicode (UTF-8)"},
		{"Notes", "email", "put it back; the first line is " + sixHeadings},
	} {
		t.Run(tt.heading, func(t *testing.T) {
			got := readAll(openText(t, strings.Replace(sixHeadings, tt.instead, tt.heading, 1)+"\n"+soundLine+"\n"))
			for _, f := range got.findings {
				if f.Code == "E_HEADER_MISSING" && f.Hint != tt.hint {
					t.Errorf("hint %q, want %q", f.Hint, tt.hint)
				}
			}
		})
	}
}

// TestShapes reads rows with too few and too many values.
func TestShapes(t *testing.T) {
	const six = sixHeadings + "\n"
	tests := []struct {
		name, text string
		valid      int
		codes      []string
	}{
		{"surplus empty values", six + soundLine + ",,,\n", 1, []string{"W_EXTRA_EMPTY_FIELDS 2"}},
		{"last optional value missing", six + strings.TrimSuffix(soundLine, ",1000009") + "\n", 1, []string{"W_SHORT_ROW 2"}},
		{"two missing", six + "a.example,b,c,d\n", 0, []string{"E_FIELD_COUNT 2"}},
		{"optional and own columns missing", sixHeadings + ",Notes\n" + strings.TrimSuffix(soundLine, ",1000009") + "\n", 1, []string{"W_EXTRA_COLUMN 1 Notes", "W_SHORT_ROW 2"}},
		{"note", six + soundLine + "\nChecked by Dana,,,,,\n", 1, []string{"E_NOT_A_ROW 3"}},
		{"note right of the table", six + soundLine + ",,done\n", 0, []string{"E_FIELD_COUNT 2"}},
		{"value in a column without heading, left", "," + six + "7," + soundLine + "\n", 1, []string{"W_EXTRA_COLUMN 2"}},
		{"value in a column without heading, right", sixHeadings + ",,Notes\n" + soundLine + ",x,y\n", 0, []string{"W_EXTRA_COLUMN 1 Notes", "E_FIELD_COUNT 2"}},
		{"other delimiter in one row", six + soundLine + "\n" + strings.ReplaceAll(soundLine, ",", ";") + "\n", 1, []string{"E_NOT_A_ROW 3"}},
		{"other delimiter in all rows", six + strings.ReplaceAll(soundLine, ",", ";") + "\n", 0, []string{"E_DELIMITER 2"}},
		{"open quote", six + strings.Replace(soundLine, "Contoso", `"Contoso`, 1) + "\n" + soundLine + "\n", 1, []string{"E_UNTERMINATED_QUOTE 2 company_name"}},
		{"quote that swallows a row", six + strings.Replace(soundLine, "Contoso", `"Contoso`, 1) + "\n" + strings.Replace(soundLine, "Contoso", `"Contoso`, 1) + "\n", 0, []string{"E_UNTERMINATED_QUOTE 2 company_name"}},
		{"text after a quote", six + strings.Replace(soundLine, "Contoso", `"Contoso"`, 1) + "\n", 0, []string{"E_STRAY_QUOTE 2 company_name"}},
		{"note with a line break and an id", sixHeadings + ",Notes\n" + soundLine + ",\"ask Dana\nabout f4339ab3-8ae1-4cab-8950-ee899c5b1ed0, please\"\n", 1, []string{"W_EXTRA_COLUMN 1 Notes"}},
		{"spaces beside quotes", six + strings.Replace(soundLine, "Contoso Residences", ` "Contoso, Residences" `, 1) + "\n", 1, []string{"W_SPACE_BEFORE_QUOTE 2 company_name"}},
		{"bare quote", six + strings.Replace(soundLine, "Contoso", `19" Contoso`, 1) + "\n", 1, []string{"W_BARE_QUOTE 2 company_name"}},
		{"same row twice", six + soundLine + "\n\n" + soundLine + "\n", 1, []string{"W_BLANK_ROWS 3", "E_DUPLICATE_SUB_ID 4 sub_id"}},
		{"end of file character", six + soundLine + "\n\x1a", 1, nil},
		{"end of file character after the last value", six + soundLine + "\x1a", 1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := readAll(openText(t, tt.text))
			checkWords(t, got.findings)
			if diff := cmp.Diff(tt.codes, codesOf(got)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if len(got.good) != tt.valid {
				t.Errorf("%d valid rows, want %d", len(got.good), tt.valid)
			}
		})
	}
}
