package rows_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/internal/sample"
)

// TestDecoratedHeadings reads what other programs and hands make of our headings.
func TestDecoratedHeadings(t *testing.T) {
	row := "t.onmicrosoft.com," + sample.PlanA + "," + sample.SubID(1) + ",Contoso,chris@contoso.com,1000001"
	for _, tt := range []struct {
		name, header, more string
		valid              bool
		code               csvimport.Code
	}{
		{"stars", "tenant*,plan_id*,sub_id*,company_name*,email*,account_id", "", true, csvimport.WHeaderSpelling},
		{"brackets", "[tenant],[plan_id],[sub_id],[company_name],[email],[account_id]", "", true, csvimport.WHeaderSpelling},
		{"the name of a table", "Users.tenant,Users.plan_id,Users.sub_id,Users.company_name,Users.email,Users.account_id", "", true, csvimport.WHeaderSpelling},
		{"an own column with the name of a table", "tenant,plan_id,sub_id,company_name,email,account_id,Partner.email", ",p@partner.example", true, csvimport.WExtraColumn},
		{"Turkish", "tenant,plan_ıd,sub_ıd,company_name,emaıl,account_ıd", "", true, csvimport.WHeaderSpelling},
		{"Turkish capitals", "TENANT,PLAN_İD,SUB_İD,COMPANY_NAME,EMAİL,ACCOUNT_İD", "", true, csvimport.WHeaderSpelling},
		{"of another export", "company,plan,subscription_id,tenant_domain,mail,account", "", false, csvimport.ENoHeader},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sample.Open(t, tt.header+"\n"+row+tt.more+"\n")
			valid := false
			for r := range f.Rows() {
				valid = r.Valid()
			}
			if valid != tt.valid {
				t.Errorf("valid: %v; %q", valid, sample.Found(f.Findings()))
			}
			codes := map[csvimport.Code]bool{}
			for _, found := range f.Findings() {
				codes[found.Code] = true
			}
			if diff := cmp.Diff(map[csvimport.Code]bool{tt.code: true}, codes); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
