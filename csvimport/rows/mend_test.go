package rows_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/internal/sample"
)

// TestMends shows that a mend is offered only where what it leads to says the same,
// and that nothing is to be deleted which holds more than it was recognised by.
func TestMends(t *testing.T) {
	id, sub := sample.PlanA, sample.SubID(1)
	head := func(n int) string { return fmt.Sprintf("t%d.onmicrosoft.com,%s,%s", n, id, sub) }
	for _, tt := range []struct {
		name, row string
		want      []string
	}{
		{"thousands", head(1) + ",Contoso,dana@contoso.com,1,000,002", []string{
			"E_FIELD_COUNT : the row has 8 values under 6 headings: it looks like commas between the thousands of account_id | write 1000002, without commas"}},
		{"no thousands", head(1) + ",Contoso,dana@contoso.com,1,00,002", []string{
			`E_FIELD_COUNT : the row has 8 values under 6 headings; right of the table stands "00", "002" | compare the row with the headings: a value too many may stand further left, and shift the others`}},
		{"an empty value too many", head(1) + ",,Contoso,dana@contoso.com,1000002", []string{
			`E_FIELD_COUNT : the row has 7 values under 6 headings; right of the table stands "1000002" | compare the row with the headings: a value too many may stand further left, and shift the others`}},
		{"a comma in a name", head(1) + ",Contoso, Ltd.,dana@contoso.com,1000002", []string{
			`E_FIELD_COUNT : the row has 7 values under 6 headings: it looks like an unquoted comma in company_name | write "Contoso, Ltd." with quotes around it`}},
		{"a comma in a name, and no account", head(1) + ",Contoso, Ltd.,dana@contoso.com,", []string{
			`E_FIELD_COUNT : the row has 7 values under 6 headings: it looks like an unquoted comma in company_name | write "Contoso, Ltd." with quotes around it`}},
		{"an apostrophe stays", head(1) + ",'t Hoekje, BV,dana@contoso.com,1000002", []string{
			`E_FIELD_COUNT : the row has 7 values under 6 headings: it looks like an unquoted comma in company_name | write "'t Hoekje, BV" with quotes around it`}},
		{"a long name is not cut", head(1) + ",The Contoso Company of the Northern and the Southern Hemisphere, Limited,dana@contoso.com,1000002", []string{
			`E_FIELD_COUNT : the row has 7 values under 6 headings: it looks like an unquoted comma in company_name | put quotes around the whole company_name`}},
		{"the headings again", "tenant,plan_id,sub_id,company_name,email,account_id", []string{
			"E_HEADER_REPEATED : this row is the heading line again: were two exports pasted together? | delete it"}},
		{"two files without a line break between them", head(1) + ",Contoso,dana@contoso.com,1000002tenant,plan_id,sub_id,company_name,email,account_id", []string{
			`E_HEADER_REPEATED : this row holds the heading line again, and more ("t1.onmicrosoft.com"): were two files joined without a line break? | put the line break back where the headings begin, and delete these alone`}},
		{"a note", "Checked by Dana,,,,,", []string{`E_NOT_A_ROW : this row is not a subscription ("Checked by Dana") | delete it`}},
		{"a tenant alone", "t1.onmicrosoft.com,,,,,", []string{
			`E_NOT_A_ROW : this row is not a subscription ("t1.onmicrosoft.com") | fill in its empty cells, or delete it if it is no customer`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := sample.Open(t, sample.Columns+tt.row+"\n")
			for row := range f.Rows() {
				if diff := cmp.Diff(tt.want, sample.Found(row.Findings)); diff != "" {
					t.Errorf("(-want +got):\n%s", diff)
				}
			}
		})
	}
	t.Run("a semicolon in a name", func(t *testing.T) {
		f := sample.Open(t, "tenant;plan_id;sub_id;company_name;email;account_id\nt.onmicrosoft.com;"+id+";"+sub+";Contoso; Ltd.;dana@contoso.com;1\n")
		for row := range f.Rows() {
			want := []string{`E_FIELD_COUNT : the row has 7 values under 6 headings: it looks like an unquoted semicolon in company_name | write "Contoso; Ltd." with quotes around it`}
			if diff := cmp.Diff(want, sample.Found(row.Findings)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
	t.Run("an unquoted comma in a column that is not ours", func(t *testing.T) {
		f := sample.Open(t, "tenant,plan_id,sub_id,company_name,email,account_id,problems\n"+head(1)+",Contoso,dana@contoso.com,1000002,tenant: wrong, correct it\n")
		for row := range f.Rows() {
			want := []string{`E_FIELD_COUNT : the row has 8 values under 7 headings; right of the table stands "correct it" | compare the row with the headings: a value too many may stand further left, and shift the others`}
			if diff := cmp.Diff(want, sample.Found(row.Findings)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		}
	})
}

// TestLastRowOfASheet warns of a file that ends where a sheet of a spreadsheet does.
func TestLastRowOfASheet(t *testing.T) {
	for rows, want := range map[int]bool{65_535: true, 65_534: false} {
		var b strings.Builder
		b.WriteString(sample.Columns)
		for n := range rows {
			fmt.Fprintf(&b, "t.onmicrosoft.com,%s,%s,C,a@b.de,1\n", sample.PlanA, sample.SubID(n))
		}
		f := sample.Open(t, b.String())
		for range f.Rows() {
		}
		if got := csvimport.Has(f.Findings(), csvimport.WLooksTruncated); got != want {
			t.Errorf("%d rows below the headings: warned %v, want %v", rows, got, want)
		}
	}
	f := sample.Open(t, sample.Columns+strings.Repeat("\n", 1_048_574)+fmt.Sprintf("t.onmicrosoft.com,%s,%s,C,a@b.de,1\n", sample.PlanA, sample.SubID(1)))
	for range f.Rows() {
	}
	if !csvimport.Has(f.Findings(), csvimport.WLooksTruncated) {
		t.Error("a row in the last one of a sheet: not warned")
	}
}
