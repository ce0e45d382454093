package catalog_test

import (
	"strings"
	"testing"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

// TestChosenAccounts takes accounts as a workbook offers them, whatever their names
// have in them, and says where somebody has put another number before the words.
func TestChosenAccounts(t *testing.T) {
	accounts := []apsclient.Account{
		{APSID: "acc-1", ID: "1000001", Company: "Contoso", Email: "chris@contoso.com"},
		{APSID: "acc-2", ID: "1000002", Company: "Gold | Silver", Email: "ben@contoso.com"},
		{APSID: "acc-3", ID: "1000003", Company: "| bars |", Email: "fay@fabrikam.com"},
		{APSID: "acc-4", ID: "1000004", Company: "1000001 | Contoso", Email: "dan@contoso.com"},
		{APSID: "acc-5", ID: "1000005", Company: "Silent |", Email: ""},
		{APSID: "acc-6", ID: "1000006", Company: "", Email: "nobody@contoso.com"},
		{APSID: "acc-7", ID: "1000007", Company: "=1+1 |\u00a0two\nlines", Email: "Ann|Bob@contoso.com"},
	}
	c := loadOnDisk(t, &sample.Shelf{AllPlans: []apsclient.Plan{{APSID: sample.PlanA, Name: "Azure"}}, AllAccounts: accounts})
	resolve := func(a apsclient.Account, cell string) csvimport.Row {
		var text strings.Builder
		w := rows.NewWriter(&text, rows.CSV)
		w.Write(strings.Split(strings.TrimSpace(sample.Columns), ","))
		w.Write([]string{"contoso.onmicrosoft.com", sample.PlanA, sample.SubID(1), "Contoso", "chris@contoso.com", cell})
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		for row := range sample.Open(t, text.String()).Rows() {
			row.Company, row.Email = a.Company, a.Email // what is compared is the choice alone
			c.Resolve(&row)
			return row
		}
		t.Fatal("no row")
		return csvimport.Row{}
	}
	for i, a := range accounts {
		t.Run(a.Company, func(t *testing.T) {
			offered := choice.OfAccount(csvimport.Account(a))
			row := resolve(a, offered)
			if row.Account == nil || row.Account.APSID != a.APSID {
				t.Errorf("%q is account %+v, want %s", offered, row.Account, a.APSID)
			}
			for _, f := range row.Findings {
				if f.Column == "account_id" {
					t.Errorf("%q: %s %s", offered, f.Code, f.Message)
				}
			}
			other := accounts[(i+1)%len(accounts)]
			swapped := other.ID + strings.TrimPrefix(offered, a.ID)
			if row := resolve(other, swapped); !csvimport.Has(row.Findings, csvimport.WAccountDiffers) {
				t.Errorf("%q: the number and the words are of two accounts, and nothing is said", swapped)
			}
		})
	}
}
