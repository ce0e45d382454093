package rows_test

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bulkimport/csvimport"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/sheet"
)

func templateRows(rows ...csvimport.TemplateRow) iter.Seq2[csvimport.TemplateRow, error] {
	return sample.List(rows, nil)
}

func TestWriteTemplate(t *testing.T) {
	row := csvimport.TemplateRow{
		Tenant: "contoso.onmicrosoft.com", SubID: sample.SubID(1), Company: `=Contoso, "with quotes"`,
		Email: "chris@contoso.com", AccountID: "0001000042", CutOff: "2027-01-01",
	}
	for _, tt := range []struct {
		name string
		opt  rows.TemplateOptions
		rows iter.Seq2[csvimport.TemplateRow, error]
		want string
	}{
		{"file", rows.TemplateOptions{}, templateRows(row),
			"\ufefftenant,plan_id,sub_id,company_name,email,account_id\r\n" +
				`contoso.onmicrosoft.com,,` + sample.SubID(1) + `,"'=Contoso, ""with quotes""",chris@contoso.com,0001000042` + "\r\n"},
		{"pipe", rows.TemplateOptions{Pipe: true, CutOff: true}, templateRows(row),
			"tenant,plan_id,sub_id,company_name,email,account_id,cut_off_date\n" +
				`contoso.onmicrosoft.com,,` + sample.SubID(1) + `,"'=Contoso, ""with quotes""",chris@contoso.com,0001000042,2027-01-01` + "\n"},
		{"no rows", rows.TemplateOptions{Pipe: true}, templateRows(),
			"tenant,plan_id,sub_id,company_name,email,account_id\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := rows.WriteTemplate(&b, tt.rows, tt.opt); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, b.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestWriteTemplateErrors(t *testing.T) {
	broken := errors.New("platform gone")
	one := sample.List([]csvimport.TemplateRow{{Tenant: "a"}}, broken)
	if err := rows.WriteTemplate(&bytes.Buffer{}, one, rows.TemplateOptions{}); !errors.Is(err, broken) {
		t.Errorf("error of the rows: got %v", err)
	}
	full := errors.New("disk full")
	many := make([]csvimport.TemplateRow, 3000)
	w := writerFunc(func([]byte) (int, error) { return 0, full })
	if err := rows.WriteTemplate(w, templateRows(many...), rows.TemplateOptions{}); !errors.Is(err, full) {
		t.Errorf("error of the writer: got %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// hardNames draws company names of the kinds that get lost on the way.
func hardNames() *rapid.Generator[string] {
	letters := rapid.SampledFrom([]string{
		"a", "B", "7", " ", ",", ";", `"`, "'", "=", "+", "-", "@", "\n", "\t", "|", "&", "(", ")", ".", "/", "%", "#",
		"ü", "ß", "é", "e\u0301", "é", "株", "式", "会社", "\u3000", "\u00a0", "م", "ش", "ר", "\u200f", "\u200d", "👩\u200d💻", "🏢", "İ", "ﬁ", "’",
	})
	return rapid.Custom(func(t *rapid.T) string {
		prefix := rapid.SampledFrom([]string{"", "=", "+", "-", "@", "'", "''", "'=", "'t ", "=HYPERLINK(", "+41 ", "株式会社", "\t", "\""}).Draw(t, "prefix")
		return prefix + "N" + strings.Join(rapid.SliceOfN(letters, 0, 12).Draw(t, "letters"), "")
	})
}

// TestTemplateReadsBack writes tables with hard names and reads them as an
// import does: every value must come back.
func TestTemplateReadsBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(t, "rows")
		table := make([]csvimport.TemplateRow, n)
		for i := range table {
			table[i] = csvimport.TemplateRow{
				Tenant: fmt.Sprintf("t%d.onmicrosoft.com", i), PlanID: sample.PlanA, SubID: sample.SubID(i + 1),
				Company:   normal.Company(hardNames().Draw(t, "company")),
				Email:     rapid.StringMatching(`[=+\-]?[a-zA-Z'][a-z0-9]{1,4}(\.[a-z]{1,3})?@[a-z]{1,8}\.[a-z]{2,3}`).Draw(t, "email"),
				AccountID: rapid.StringMatching(`(0{0,3}[1-9][0-9]{0,9})?`).Draw(t, "account"),
			}
		}
		opt := rows.TemplateOptions{Pipe: rapid.Bool().Draw(t, "pipe"), CutOff: rapid.Bool().Draw(t, "cut-off")}
		var b bytes.Buffer
		if err := rows.WriteTemplate(&b, templateRows(table...), opt); err != nil {
			t.Fatal(err)
		}
		f, err := rows.Open(iotest.OneByteReader(&b), "accounts.csv", rows.ReadOptions{Now: sample.Today})
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		i := 0
		for r := range f.Rows() {
			for _, finding := range r.Findings {
				if finding.Severity == csvimport.SeverityError && finding.Column != "company_name" {
					t.Fatalf("row %d: %+v", i, finding)
				}
			}
			want := table[i]
			want.Company = sheet.Plain(want.Company)
			got := csvimport.TemplateRow{
				Tenant: r.Tenant, PlanID: r.PlanID, SubID: r.SubID,
				Company: r.Company, Email: r.Email, AccountID: r.AccountID, CutOff: r.CutOff,
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("row %d does not read back (-want +got):\n%s", i, diff)
			}
			i++
		}
		if i != n {
			t.Fatalf("%d table written, %d read; findings %+v", n, i, f.Findings())
		}
	})
}
