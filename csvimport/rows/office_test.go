package rows_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/internal/sample"
	"bulkimport/csvimport/rows"
)

// TestOffice opens our workbooks in spreadsheet programs, saves them there, and reads
// every cell back as it was.
func TestOffice(t *testing.T) {
	if os.Getenv("BULKIMPORT_OFFICE") == "" {
		t.Skip("workbooks were not saved by LibreOffice and gnumeric: make test-office has them do so")
	}
	for program, pack := range map[string]string{"soffice": "libreoffice-calc-nogui", "ssconvert": "gnumeric"} {
		t.Run(program, func(t *testing.T) {
			if _, err := exec.LookPath(program); err != nil {
				t.Fatalf("%v (Debian: %s)", err, pack)
			}
			books := officeBooks(t)
			saved := saveWith(t, program, books)
			for name, book := range books {
				if diff := cmp.Diff(cellsOf(t, book), cellsOf(t, saved[name])); diff != "" {
					t.Errorf("%s, saved (-want +got):\n%s", name, diff)
				}
			}
		})
	}
}

// officeBooks are workbooks of all kinds, with names that programs like to spoil.
func officeBooks(t *testing.T) map[string][]byte {
	var template, results, annotated bytes.Buffer
	var table []csvimport.TemplateRow
	for i, name := range []string{
		"=Equals= GmbH", "+41 Telefonie AG", "-Minus- Design", "@Home", "'t Hoekje", "'=quoted", "007", "1.00E+06", "SEPT2", "2-Sep", "TRUE", "1,5",
		"  two  spaces ", "two\nlines", "株式会社テスト商事", "🍕 Palace", "שלום בע״מ", "a & b < c > \"d\"", "_x0041_", "Grüße & Söhne KG",
	} {
		table = append(table, csvimport.TemplateRow{
			Tenant: "t.onmicrosoft.com", PlanID: sample.PlanA, SubID: sample.SubID(i), Company: name, Email: "chris@contoso.com", AccountID: "0001000042", CutOff: "2027-01-01",
		})
	}
	lists := &choice.Lists{Plans: []csvimport.Plan{{APSID: sample.PlanA, Name: "=Gold | 1"}}, HowTo: []string{"How to", "", "Fill it in."}}
	must(t, rows.WriteTemplate(&template, templateRows(table...), rows.TemplateOptions{Form: rows.Workbook, CutOff: true, Lists: lists}))
	f, err := rows.Open(bytes.NewReader(template.Bytes()), "accounts.xlsx", rows.ReadOptions{})
	must(t, err)
	defer f.Close()
	var all []csvimport.Result
	for i := range table {
		all = append(all, csvimport.Result{Index: i, Line: i + 2, Row: i + 2, Status: csvimport.Statuses()[i%len(csvimport.Statuses())], OrderNumber: "0001", AccountName: table[i].Company, Error: "=" + table[i].Company})
	}
	must(t, rows.WriteResults(&results, rows.Workbook, f, sample.Results(f, all...), ""))
	must(t, rows.WriteAnnotated(&annotated, f, rows.AnnotateOptions{Form: rows.Workbook, Lists: lists}))
	return map[string][]byte{"template": template.Bytes(), "results": results.Bytes(), "annotated": annotated.Bytes()}
}

// saveWith opens workbooks in a program and saves them there.
func saveWith(t *testing.T, program string, books map[string][]byte) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	out := filepath.Join(dir, "out")
	must(t, os.Mkdir(out, 0o700))
	do := func(args ...string) {
		if said, err := exec.Command(program, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", program, err, said)
		}
	}
	var names []string
	for name, book := range books {
		in := filepath.Join(dir, name+".xlsx")
		must(t, os.WriteFile(in, book, 0o600))
		if names = append(names, in); program == "ssconvert" {
			do("--export-type=Gnumeric_Excel:xlsx2", in, filepath.Join(out, name+".xlsx"))
		}
	}
	if program == "soffice" {
		do(append([]string{"-env:UserInstallation=file://" + filepath.Join(dir, "profile"), "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir", out}, names...)...)
	}
	saved := make(map[string][]byte)
	for name := range books {
		book, err := os.ReadFile(filepath.Join(out, name+".xlsx"))
		must(t, err)
		saved[name] = book
	}
	return saved
}

// cellsOf are the rows of a workbook, headings first, and what is said of them.
func cellsOf(t *testing.T, book []byte) (all []string) {
	t.Helper()
	f, err := rows.Open(bytes.NewReader(book), "book.xlsx", rows.ReadOptions{})
	must(t, err)
	defer f.Close()
	all = append(all, strings.Join(f.Header(), "\t"))
	for row := range f.Rows() {
		all = append(all, strings.TrimRight(strings.Join(row.Cells, "\t"), "\t")+"\t"+codes(row))
	}
	for _, found := range f.Findings() {
		all = append(all, string(found.Code))
	}
	return all
}
