package rows_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/rows"
)

const (
	planA = "f75a4542-53a0-4f7e-b41e-491b9712a703"
	planB = "b934aa1b-14b8-40b7-adf0-1d3439306681"
	planC = "0c5b4fd9-61cf-4cbc-8d0d-5f1a4a8d1c11"
)

var somePlans = []csvimport.Plan{
	{APSID: planA, Name: "Azure NCE Managed, Standard"}, {APSID: strings.ToUpper(planB), Name: "=Bäcker"},
	{APSID: "9411005b-5719-41a8-abd2-7da98e267ed6", Name: "Twin"}, {APSID: "2058e126-ec5a-47ef-8777-3de6e1e21384", Name: "twin"},
	{APSID: planC, Name: "After | " + planA},
}

// TestPlanNames takes a plan by its exact name, where the plans are known, or by
// the one id in its cell.
func TestPlanNames(t *testing.T) {
	tests := []struct {
		cell, want string // plan_id in normal form, if there is no error
		codes      string
		offline    string // codes where no plans are known
		hint       string // part of the first error's, with plans
	}{
		{"Azure NCE Managed, Standard", planA, "W_PLAN_BY_NAME", "E_GUID", ""},
		{" azure nce managed,\u00a0standard ", planA, "W_PLAN_BY_NAME", "E_GUID", ""},
		{"'=BÄCKER", planB, "W_PLAN_BY_NAME", "E_GUID", ""},
		{"Azure NCE Managed, Standard | " + planA, planA, "", "", ""},
		{"azure nce managed, standard|" + strings.ToUpper(planA), planA, "", "", ""},
		{"No longer called so | " + planA, planA, "W_PLAN_DIFFERS", "", ""},
		{"Not there | 0199bee9-58c4-483f-925b-5313f60bfc06", "0199bee9-58c4-483f-925b-5313f60bfc06", "", "", ""},
		{planA + " | " + planB, "", "E_GUID", "E_GUID", "keep one"},
		{"After | " + planA + " | " + planC, planC, "", "", ""},
		{"Once " + planA + " | " + planC, planC, "W_PLAN_DIFFERS", "", ""},
		{"after | " + planA, planC, "W_PLAN_BY_NAME", "", ""},
		{planA, planA, "", "", ""},
		{"Azure NCE Managed, Standart", "", "E_PLAN_UNKNOWN", "E_GUID", "did you mean " + planA},
		{"Twin", "", "E_PLAN_UNKNOWN", "E_GUID", "write the id of one: 9411005b"},
		{"Gold", "", "E_PLAN_UNKNOWN", "E_GUID", ""},
		{"453f357f-5ba1", "", "E_GUID", "E_GUID", "copy the id"},
		{"chris@contoso.example", "", "E_GUID", "E_GUID", "was a column moved"},
		{"", "", "E_EMPTY", "E_EMPTY", ""},
	}
	for _, tt := range tests {
		t.Run(tt.cell, func(t *testing.T) {
			cells := soundRow()
			cells["plan_id"] = tt.cell
			f := openText(t, fileOf(t, cells))
			offline := onlyRow(t, f)
			if got := codes(offline); got != tt.offline {
				t.Errorf("without plans: %q, want %q", got, tt.offline)
			}
			if tt.offline == "E_GUID" && tt.codes != "E_GUID" && !strings.Contains(offline.Findings[0].Hint, "looked up") {
				t.Errorf("without plans the hint is %q", offline.Findings[0].Hint)
			}
			f.NamePlans(somePlans)
			row := onlyRow(t, f)
			if got := codes(row); got != tt.codes {
				t.Errorf("with plans: %q, want %q", got, tt.codes)
			}
			if row.Valid() && row.PlanID != tt.want || row.Valid() != (tt.want != "") {
				t.Errorf("plan_id %q, want %q", row.PlanID, tt.want)
			}
			if row.Cells[1] != tt.cell {
				t.Errorf("the operator's cell became %q", row.Cells[1])
			}
			if tt.hint != "" && !strings.Contains(row.Findings[0].Hint, tt.hint) {
				t.Errorf("hint %q, want %q", row.Findings[0].Hint, tt.hint)
			}
		})
	}
}

func onlyRow(t testing.TB, f *rows.File) (only csvimport.Row) {
	t.Helper()
	for row := range f.Rows() {
		only = row
	}
	return only
}

func codes(row csvimport.Row) string {
	var all []string
	for _, f := range row.Findings {
		all = append(all, string(f.Code))
	}
	return strings.Join(all, " ")
}

// TestPlanNamesAcrossRows compares rows as they are understood: a row that became
// valid by its plan's name refuses a second one of its subscription.
func TestPlanNamesAcrossRows(t *testing.T) {
	named := strings.Replace(soundLine, planA, `"Azure NCE Managed, Standard"`, 1)
	f := openText(t, sixHeadings+"\n"+named+"\n"+soundLine+"\n"+strings.Replace(named, "1000009", "1000010", 1)+"\n")
	if got := codesOf(readAll(f)); !cmp.Equal(got, []string{"E_GUID 2 plan_id", "E_GUID 4 plan_id", "E_DUPLICATE_SUB_ID 4 sub_id"}) {
		t.Errorf("without plans: %v", got)
	}
	f.NamePlans(somePlans)
	want := []string{"W_PLAN_BY_NAME 2 plan_id", "E_DUPLICATE_SUB_ID 3 sub_id", "W_PLAN_BY_NAME 4 plan_id", "E_DUPLICATE_SUB_ID 4 sub_id"}
	for range 2 {
		if diff := cmp.Diff(want, codesOf(readAll(f))); diff != "" {
			t.Errorf("with plans (-want +got):\n%s", diff)
		}
	}
	var clean bytes.Buffer
	must(t, rows.WriteClean(&clean, rows.CSV, f, nil))
	if want := sixHeadings + "\n" + soundLine + "\n"; clean.String() != want {
		t.Errorf("clean: %q, want %q", clean.String(), want)
	}
}

// TestAccountCells reads the number of number | company | e-mail.
func TestAccountCells(t *testing.T) {
	for cell, want := range map[string][3]string{
		"1000009 | Contoso | chris@contoso.example": {"1000009", "Contoso | chris@contoso.example", ""},
		"0001000042|A | B|x@y.example":              {"0001000042", "A | B|x@y.example", ""},
		"1000009 | ":                                {"1000009", "", ""},
		"Contoso | 1000009":                         {"", "", "E_ACCOUNT_ID"},
		"| Contoso":                                 {"", "", "E_ACCOUNT_ID"},
	} {
		cells := soundRow()
		cells["account_id"] = cell
		row := onlyRow(t, openText(t, fileOf(t, cells)))
		got := [3]string{row.AccountID, row.AccountSaid, codes(row)}
		if !row.Valid() {
			got[0] = ""
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", cell, diff)
		}
	}
}

// TestDamagedRow costs the one row, and all else is checked and written back.
func TestDamagedRow(t *testing.T) {
	other := func(n string) string {
		return strings.NewReplacer("f4339ab3-8ae1", "f4339ab3-000"+n, "1000009", "100000"+n).Replace(soundLine)
	}
	text := sixHeadings + "\n" + other("1") + "\n" + strings.Replace(other("2"), "Contoso R", `"Contoso" R`, 1) + "\n" + other("3") + "\n" + strings.Replace(other("4"), "chris@", "chris", 1) + "\n"
	f := openText(t, text)
	got := readAll(f)
	if diff := cmp.Diff([]string{"E_STRAY_QUOTE 3 company_name", "E_EMAIL 5 email"}, codesOf(got)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	if len(got.good) != 2 {
		t.Errorf("%d good rows, want 2", len(got.good))
	}
	var out bytes.Buffer
	must(t, rows.WriteAnnotated(&out, f, rows.AnnotateOptions{}))
	if want := `""Contoso"" Residences`; !strings.Contains(out.String(), want) {
		t.Errorf("annotated, the text of the damaged row is lost:\n%s", out.String())
	}
}

// TestChoices: what a workbook offers to choose from is understood as what it is.
func TestChoices(t *testing.T) {
	for _, name := range []string{"Azure NCE Managed, Standard", "Gold | monthly", "a/b", "  two \t spaces  ", "=Bäcker", "After | " + planB, planB + "-plan", "| |"} {
		t.Run(name, func(t *testing.T) {
			plan := csvimport.Plan{APSID: planA, Name: name}
			cells := soundRow()
			cells["plan_id"] = choice.OfPlan(plan)
			cells["account_id"] = choice.OfAccount(csvimport.Account{ID: "1000042", Company: name, Email: "chris@contoso.example"})
			f := openText(t, fileOf(t, cells))
			f.NamePlans([]csvimport.Plan{plan})
			row := onlyRow(t, f)
			if got := codes(row); got != "" || row.PlanID != planA || row.AccountID != "1000042" {
				t.Errorf("%q: plan %s, account %s", got, row.PlanID, row.AccountID)
			}
			said, email, _ := strings.Cut(row.AccountSaid, " | chris@")
			if strings.Join(strings.Fields(name), " ") != said || email != "contoso.example" {
				t.Errorf("the account is said to be %q", row.AccountSaid)
			}
		})
	}
}
