package rows_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
)

const sixHeadings = "tenant,plan_id,sub_id,company_name,email,account_id"

// openText opens a text as a file.
func openText(t testing.TB, text string) *rows.File {
	t.Helper()
	return openWith(t, text, rows.ReadOptions{Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)})
}

func openWith(t testing.TB, text string, opt rows.ReadOptions) *rows.File {
	t.Helper()
	f, err := rows.Open(strings.NewReader(text), "test.csv", opt)
	must(t, err)
	t.Cleanup(func() { f.Close() })
	return f
}

// soundRow returns a row without fault and its normal form.
func soundRow() map[string]string {
	return map[string]string{
		"tenant": "contoso.onmicrosoft.com", "plan_id": "f75a4542-53a0-4f7e-b41e-491b9712a703", "sub_id": "f4339ab3-8ae1-4cab-8950-ee899c5b1ed0",
		"company_name": "Contoso Residences", "email": "chris@contoso.example", "account_id": "1000009", "cut_off_date": "",
	}
}

// fileOf writes one row under all headings.
func fileOf(t testing.TB, cells map[string]string) string {
	t.Helper()
	var b strings.Builder
	w := csv.NewWriter(&b)
	names := append(strings.Split(sixHeadings, ","), "cut_off_date")
	must(t, w.Write(names))
	var row []string
	for _, n := range names {
		row = append(row, cells[n])
	}
	must(t, w.Write(row))
	w.Flush()
	return b.String()
}

func normalForm(row csvimport.Row) map[string]string {
	return map[string]string{
		"tenant": row.Tenant, "plan_id": row.PlanID, "sub_id": row.SubID, "company_name": row.Company,
		"email": row.Email, "account_id": row.AccountID, "cut_off_date": row.CutOff,
	}
}

// TestCells puts one value after another into an otherwise sound row.
func TestCells(t *testing.T) {
	const same = "\x00same"
	tests := []struct {
		column, value string
		want          string // normal form, if there is no error
		codes         string // of the findings, in order
	}{
		{"tenant", "Contoso.OnMicrosoft.com", "contoso.onmicrosoft.com", ""},
		{"tenant", "contoso.onmicrosoft.com.", "contoso.onmicrosoft.com", ""},
		{"tenant", " contoso.onmicrosoft.com\t", "contoso.onmicrosoft.com", ""},
		{"tenant", "\u200fcontoso.onmicrosoft.com\u00a0", "contoso.onmicrosoft.com", "W_INVISIBLE"},
		{"tenant", "contoso-group.co.uk", same, ""},
		{"tenant", "1.2.3.4", "", "E_TENANT"},
		{"tenant", "contoso..onmicrosoft.com", "", "E_TENANT"},
		{"tenant", "-contoso.onmicrosoft.com", "", "E_TENANT"},
		{"tenant", strings.Repeat("a", 64) + ".example", "", "E_TENANT"},
		{"tenant", "contoso.onmicrosoft.com/", "", "E_TENANT"},
		{"tenant", "contoso.onmicrosoft.com contoso.example", "", "E_TENANT"},
		{"tenant", "#REF!", "", "E_SPREADSHEET_ERROR"},
		{"tenant", "contoso\ufffd.example", "", "E_LOST_CHARACTERS"},
		{"tenant", "contoso\x08.example", "", "E_CONTROL_CHARACTER"},
		{"tenant", "\u200b \u2003", "", "W_INVISIBLE E_EMPTY"},

		{"plan_id", "F75A4542-53A0-4F7E-B41E-491B9712A703", "f75a4542-53a0-4f7e-b41e-491b9712a703", ""},
		{"plan_id", "{f75a4542-53a0-4f7e-b41e-491b9712a703}", "f75a4542-53a0-4f7e-b41e-491b9712a703", "W_GUID_REWRITTEN"},
		{"plan_id", "1234567812344123812312345678e012", "12345678-1234-4123-8123-12345678e012", "W_GUID_REWRITTEN"},
		{"plan_id", "12345678123441200000000000000000", "12345678-1234-4120-0000-000000000000", "W_GUID_REWRITTEN W_LOOKS_TRUNCATED"},
		{"plan_id", "f75a4542–53a0−4f7e‐b41e—491b9712a703", "f75a4542-53a0-4f7e-b41e-491b9712a703", "W_GUID_REWRITTEN"},
		{"plan_id", "f75a4542-53a0-4f7e-\u200bb41e-491b9712a703", "f75a4542-53a0-4f7e-b41e-491b9712a703", "W_INVISIBLE"},
		{"plan_id", "f75a4542 53a0 4f7e b41e 491b9712a703", "", "E_GUID"},
		{"plan_id", "1,23457E+31", "", "E_MANGLED_NUMBER"},
		{"plan_id", "ｆ75a4542-53a0-4f7e-b41e-491b9712a703", "", "E_GUID"},
		{"plan_id", "#NV", "", "E_SPREADSHEET_ERROR"},
		{"plan_id", "f75a4542-53a0-4f7e-b41e-491b9712a70g", "", "E_GUID"},

		{"company_name", "Grüße & Söhne KG", same, ""},
		{"company_name", "Gru\u0308ße & So\u0308hne KG", "Grüße & Söhne KG", ""},
		{"company_name", "  Contoso\u00a0GmbH ", "Contoso GmbH", "W_INVISIBLE"},
		{"company_name", "株式会社\u3000テスト", same, ""},
		{"company_name", "'t Hoekje BV", same, ""},
		{"company_name", "'s-Hertogenbosch NV", same, ""},
		{"company_name", "'=Equals= GmbH", "=Equals= GmbH", "W_NEUTRALISED_NAME"},
		{"company_name", "'+41 Telefonie AG", "+41 Telefonie AG", "W_NEUTRALISED_NAME"},
		{"company_name", "@Home", same, ""},
		{"company_name", "=cmd|'/c calc'!A1", same, ""},
		{"company_name", "A\r\nB", "A\nB", "W_NEWLINE_IN_NAME"},
		{"company_name", "A\tB", same, ""},
		{"company_name", "می\u200cخواهم", same, ""},
		{"company_name", "#1 Hosting", same, ""},
		{"company_name", "#", same, ""},
		{"company_name", "###", "", "E_SPREADSHEET_ERROR"},
		{"company_name", "#¿NOMBRE?", "", "E_SPREADSHEET_ERROR"},
		{"company_name", "#ДЕЛ/0!", "", "E_SPREADSHEET_ERROR"},
		{"company_name", "Err:508", "", "E_SPREADSHEET_ERROR"},
		{"company_name", "Gr??e GmbH", same, "W_POSSIBLE_LOSS"},
		{"company_name", "What? GmbH", same, ""},
		{"company_name", "2-Sep", same, "W_LOOKS_MANGLED"},
		{"company_name", "02. Sept. 2026", same, "W_LOOKS_MANGLED"},
		{"company_name", "2026-09-02", same, "W_LOOKS_MANGLED"},
		{"company_name", "12:30", same, "W_LOOKS_MANGLED"},
		{"company_name", "1,00E+10", same, "W_LOOKS_MANGLED"},
		{"company_name", "30. septiembre 2026", same, "W_LOOKS_MANGLED"},
		{"company_name", "2. décembre 2026", same, "W_LOOKS_MANGLED"},
		{"company_name", "1,2345678901234E+15", same, "W_LOOKS_MANGLED"},
		{"company_name", "WAHR", same, "W_LOOKS_MANGLED"},
		{"company_name", "SEPT2", same, ""},
		{"company_name", "10/12", same, ""},
		{"company_name", "3.14", same, ""},
		{"company_name", "NULL", same, ""},
		{"company_name", "Société d'Énergie et d'Électricité", same, ""},
		{"company_name", "Contoso Holding;'=Equals= GmbH", "Contoso Holding;=Equals= GmbH", "W_NEUTRALISED_NAME"},
		{"company_name", "Contoso Mu\u0308ller Logistik GmbH", "Contoso Müller Logistik GmbH", ""},
		{"company_name", "Contoso SÃ¶hne Logistik GmbH", "", "E_MOJIBAKE"},
		{"company_name", "Contoso S\u00adöhne Logistik GmbH", "Contoso Söhne Logistik GmbH", "W_INVISIBLE"},
		{"company_name", "Contoso\u00a0Logistik GmbH", "Contoso Logistik GmbH", "W_INVISIBLE"},
		{"company_name", "Contoso Logistik Gr??e GmbH", same, "W_POSSIBLE_LOSS"},
		{"company_name", "Contoso Logistik\u0086 GmbH", "", "E_CONTROL_CHARACTER"},
		{"company_name", "\ufffd\ufffd GmbH", "", "E_LOST_CHARACTERS"},
		{"company_name", "Vertical\vTab", "", "E_CONTROL_CHARACTER"},
		{"company_name", "C1\u0086 control", "", "E_CONTROL_CHARACTER"},
		{"company_name", strings.Repeat("x", 32_767), same, ""},
		{"company_name", strings.Repeat("ü", 32_767), same, ""},
		{"company_name", strings.Repeat("x", 32_768), "", "E_FIELD_TOO_LONG"},

		{"email", "Chris@Contoso.Example", same, ""},
		{"email", "mailto:chris@contoso.example", "chris@contoso.example", "W_MAILTO"},
		{"email", "mailto:chris@contoso.example?subject=Hi&body=x@y", "chris@contoso.example", "W_MAILTO"},
		{"email", "MailTo:chris%40contoso.example?subject=Hi", "chris@contoso.example", "W_MAILTO"},
		{"email", "mailto:?subject=Hi", "", "W_MAILTO E_EMPTY"},
		{"email", "mailto:a@contoso.example,b@contoso.example", "", "W_MAILTO E_EMAIL"},
		{"email", "'+chris@contoso.example", "+chris@contoso.example", ""},
		{"email", "!#$%&'*/=?^`{|}~@odd.example", same, ""},
		{"email", "info@münchen.example", same, "W_EMAIL_NON_ASCII"},
		{"email", "chris@@contoso.example", "", "E_EMAIL"},
		{"email", "chris..x@contoso.example", "", "E_EMAIL"},
		{"email", "chris@contoso.e", "", "E_EMAIL"},
		{"email", "@contoso.example", "", "E_EMAIL"},
		{"email", "chris@contoso.example;", "", "E_EMAIL"},
		{"email", "chris@contoso.example chris@x.example", "", "E_EMAIL"},
		{"email", "“chris”@contoso.example", "", "E_EMAIL"},
		{"email", "chris\u00a0@contoso.example", "", "E_EMAIL"},
		{"email", "mÃ¼ller@contoso.example", "", "E_MOJIBAKE"},

		{"account_id", "", "", ""},
		{"account_id", "0001000042", same, ""},
		{"account_id", "'0001000042", "0001000042", "W_TEXT_PREFIX"},
		{"account_id", `="0001000042"`, "0001000042", "W_TEXT_PREFIX"},
		{"account_id", `'="0001000042"`, "0001000042", "W_TEXT_PREFIX"},
		{"account_id", "1000009.0", "1000009", "W_NUMBER_SUFFIX"},
		{"account_id", "1000009,00", "1000009", "W_NUMBER_SUFFIX"},
		{"account_id", "'1000009.0", "1000009", "W_TEXT_PREFIX W_NUMBER_SUFFIX"},
		{"account_id", "1.000", "", "E_ACCOUNT_ID"},
		{"account_id", "1.000.009", "", "E_ACCOUNT_ID"},
		{"account_id", "1'000'009", "", "E_ACCOUNT_ID"},
		{"account_id", "1\u202f000\u202f009", "", "E_ACCOUNT_ID"},
		{"account_id", "1234567890123450000", same, "W_LOOKS_TRUNCATED"},
		{"account_id", "1,5E+06", "", "E_MANGLED_NUMBER"},
		{"account_id", "1E15", "", "E_MANGLED_NUMBER"},
		{"account_id", "1E+015", "", "E_MANGLED_NUMBER"},
		{"account_id", "9.9338746022909e+16", "", "E_MANGLED_NUMBER"},
		{"account_id", "01.02.2026", "", "E_MANGLED_DATE"},
		{"account_id", "2-janv.", "", "E_MANGLED_DATE"},
		{"account_id", "янв.26", "", "E_MANGLED_DATE"},
		{"account_id", "1月2日", "", "E_MANGLED_DATE"},
		{"account_id", "#ARVO!", "", "E_SPREADSHEET_ERROR"},
		{"account_id", "#WHATEVER!", "", "E_SPREADSHEET_ERROR"},
		{"account_id", "٣٤٥", "", "E_ACCOUNT_ID"},
		{"account_id", "#12", "", "E_ACCOUNT_ID"},
		{"account_id", "TRUE", "", "E_ACCOUNT_ID"},

		{"cut_off_date", "2026-11-01", "2026-11-01T00:00:00.000Z", ""},
		{"cut_off_date", "01.11.2026", "2026-11-01T00:00:00.000Z", ""},
		{"cut_off_date", "1.11.2026", "2026-11-01T00:00:00.000Z", ""},
		{"cut_off_date", "2026-11-01T00:00:00.000Z", same, ""},
		{"cut_off_date", "2026-11-01 00:00:00", "2026-11-01T00:00:00.000Z", ""},
		{"cut_off_date", "2026-11-01T02:00:00+02:00", "2026-11-01T00:00:00.000Z", ""},
		{"cut_off_date", "2026-12-01", "2026-12-01T00:00:00.000Z", "W_CUT_OFF_IN_FUTURE"},
		{"cut_off_date", "2026-10-15", "2026-10-15T00:00:00.000Z", "W_CUT_OFF_NOT_MONTH_START"},
		{"cut_off_date", "12/1/2026", "", "E_CUT_OFF_AMBIGUOUS"},
		{"cut_off_date", "1-12-2026", "", "E_CUT_OFF_AMBIGUOUS"},
		{"cut_off_date", "46357", "2026-12-01T00:00:00.000Z", "W_DATE_SERIAL W_CUT_OFF_IN_FUTURE"},
		{"cut_off_date", "12345", "", "E_CUT_OFF"},
		{"cut_off_date", "12/31/2026", "2026-12-31T00:00:00.000Z", "W_CUT_OFF_IN_FUTURE W_CUT_OFF_NOT_MONTH_START"},
		{"cut_off_date", "31/12/2026", "2026-12-31T00:00:00.000Z", "W_CUT_OFF_IN_FUTURE W_CUT_OFF_NOT_MONTH_START"},
		{"cut_off_date", "1/1/2026", "2026-01-01T00:00:00.000Z", ""},
		{"cut_off_date", "12/31/1999", "", "E_CUT_OFF_AMBIGUOUS"},
		{"sub_id", "00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000", "W_LOOKS_TRUNCATED"},
		{"cut_off_date", "1-Dec-26", "", "E_CUT_OFF"},
		{"cut_off_date", "31.02.2026", "", "E_CUT_OFF"},
		{"cut_off_date", "2206-11-01", "", "E_CUT_OFF"},
		{"cut_off_date", "#####", "", "E_SPREADSHEET_ERROR"},
	}
	for _, tt := range tests {
		name := tt.value
		if len(name) > 60 {
			name = name[:20] + "…"
		}
		t.Run(tt.column+"/"+name, func(t *testing.T) {
			cells := soundRow()
			cells[tt.column] = tt.value
			f := openText(t, fileOf(t, cells))
			var rows []csvimport.Row
			for row := range f.Rows() {
				rows = append(rows, row)
			}
			if len(rows) != 1 {
				t.Fatalf("%d rows, findings %+v", len(rows), f.Findings())
			}
			checkWords(t, rows[0].Findings)
			var codes []string
			for _, found := range rows[0].Findings {
				codes = append(codes, string(found.Code))
				if found.Column != tt.column {
					t.Errorf("%s is at %s", found.Code, found.Column)
				}
			}
			got := strings.Join(codes, " ")
			if got != tt.codes {
				t.Errorf("findings %q, want %q", got, tt.codes)
			}
			if rows[0].Valid() == strings.Contains(" "+got, " E_") {
				t.Errorf("valid is %v with %s", rows[0].Valid(), got)
			}
			if !rows[0].Valid() {
				return
			}
			want := soundRow()
			want[tt.column] = tt.want
			if tt.want == same {
				want[tt.column] = tt.value
			}
			if diff := cmp.Diff(want, normalForm(rows[0])); diff != "" {
				t.Errorf("normal form (-want +got):\n%s", diff)
			}
		})
	}
}

// TestMojibake reads UTF-8 that was opened in other code pages, and names that
// only look as if.
func TestMojibake(t *testing.T) {
	tests := []struct{ name, probably string }{
		{"GrÃ¼ÃŸe & SÃ¶hne KG", "Grüße & Söhne KG"},
		{"Nordâ€“SÃ¼d Logistik", "Nord–Süd Logistik"},
		{"SÃ–HNE", "SÖHNE"},
		{"GrÃƒÂ¼ÃƒÅ¸e", "GrÃ¼ÃŸe"},
		{"Ð\u00a0Ð¾Ð¼Ð°ÑˆÐºÐ°", "Ромашка"},
		{"æ\u00a0ªå¼\u008fä¼šç¤¾", "株式会社"},
		{"Pizza ðŸ\u008d• Palace", "Pizza 🍕 Palace"},
		{"Gr√º√üe & S√∂hne KG", "Grüße & Söhne KG"},
		{"Gr├╝├ƒe & S├Âhne KG", "Grüße & Söhne KG"},
		{"Gr├╝├ƒe", "Grüße"},
		{"GrĂĽĂźe", "Grüße"},
		{"CafĂ©", "Café"},
		{"GrГјГџe", "Grüße"},
		{"MĂĽller, Schmidt", "Müller, Schmidt"},
		{"TromsГё Fisk AS", "Tromsø Fisk AS"},
		{"Gr眉脽e & S枚hne KG", "Grüße & Söhne KG"},
		{"Grﾃｼﾃ歹", "Grüße"},
		{"M眉ller", "Müller"},
		{"РњРѕСЃРєРІР°", "Москва"},

		{"SPÓŁKA AKCYJNA", ""},
		{"PÄŤ s.r.o.", ""},
		{"RÚŽA s.r.o.", ""},
		{"BLÅ–GUL AS", ""},
		{"CITÉ’S", ""},
		{"«\u00a0Café\u00a0» SARL", ""},
		{"Ромашка", ""},
		{"Рівне", ""},
		{"ΕΛΛΑΣ", ""},
		{"Éé Öö Ää", ""},
		{"ÄÖÜ GmbH", ""},
		{"São João – Indústria", ""},
		{"IŞIK ÇAĞRI A.Ş.", ""},
		{"שלום בע״מ", ""},
		{"한국 주식회사", ""},
		{"ÅÄÖ AB", ""},
		{"ORĂŞENESC SA", ""},
		{"腾讯", ""},
		{"联通", ""},
		{"中国移动通信集团有限公司", ""},
		{"T3出行", ""},
		{"株式会社テスト商事", ""},
		{"ｱｲｳ商会", ""},
		{"삼성전자", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cells := soundRow()
			cells["company_name"] = tt.name
			for row := range openText(t, fileOf(t, cells)).Rows() {
				got := ""
				for _, found := range row.Findings {
					if found.Severity == csvimport.SeverityError {
						got = string(found.Code) + found.Message
					}
				}
				switch {
				case tt.probably == "" && got != "":
					t.Errorf("refused: %s", got)
				case tt.probably != "" && !strings.Contains(got, `"`+tt.probably+`"`):
					t.Errorf("%q does not name %q", got, tt.probably)
				}
			}
		})
	}
}

// TestLostSeparator refuses a row in which two values may have become one, whatever
// names that leaves.
func TestLostSeparator(t *testing.T) {
	const head = "tenant,plan_id,sub_id,email,company_name,Description,URL,account_id\n"
	row := func(tail string) string {
		return "t.onmicrosoft.com," + planA + ",f4339ab3-8ae1-4cab-8950-ee899c5b1ed0,chris@contoso.example," + tail + "\n"
	}
	for name, tt := range map[string]struct{ tail, codes string }{
		"whole":                       {`"Contoso, Ltd",Boots,https://x.example,1000009`, ""},
		"no account":                  {`"Contoso, Ltd",Boots,https://x.example`, "W_SHORT_ROW"},
		"no account, quotes":          {`"The ""Best"" Bakery",Boots,https://x.example`, "W_SHORT_ROW"},
		"no account, inches":          {`"Studio 12""",Boots,https://x.example`, "W_SHORT_ROW"},
		"inches":                      {`"Round 48""",Boots,https://x.example,1000009`, ""},
		"inches, not in quotes":       {`Round 48",Boots,https://x.example,1000009`, "W_BARE_QUOTE"},
		"two in quotes":               {`"Contoso, Ltd""Boots",https://x.example,1000009`, "E_FIELD_COUNT"},
		"two in quotes, no account":   {`"Contoso, Ltd""Boots",https://x.example,`, "E_FIELD_COUNT"},
		"two in quotes, inches":       {`"Round 48""""Boots",https://x.example,`, "E_FIELD_COUNT"},
		"own columns":                 {`"Contoso, Ltd",Bootshttps://x.example,1000009`, "E_FIELD_COUNT"},
		"plain":                       {`ContosoBoots,https://x.example,1000009`, "E_FIELD_COUNT"},
		"one in quotes, with a comma": {`Contoso"Boots, brown",https://x.example,1000009`, "E_STRAY_QUOTE"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codes(onlyRow(t, openText(t, head+row(tt.tail)))); got != tt.codes {
				t.Errorf("%s, want %s", got, tt.codes)
			}
		})
	}
}
