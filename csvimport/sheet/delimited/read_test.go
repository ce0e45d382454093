package delimited_test

import (
	"bytes"
	"cmp"
	"slices"
	"testing"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

var headings = []string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id"}

const headLine = "tenant,plan_id,sub_id,company_name,email,account_id\n"

// row is a sound record with this company name.
func row(company string) string {
	return "contoso.example,f75a4542-53a0-4f7e-b41e-491b9712a703,f4339ab3-8ae1-4cab-8950-ee899c5b1ed0," + company + ",chris@contoso.example,1\n"
}

// line is a record as tests compare it.
type line struct {
	Line, Row, Width, Used int
	Cells                  []string
	Marks                  []sheet.Mark
	Truncated              bool
}

func lineOf(r *sheet.Record) line {
	return line{r.Line, r.Row, r.Width, r.Used, r.Cells, slices.Clone(r.Marks), r.Truncated}
}

// content is all that is known and read of a file, but for how it was cut.
type content struct {
	Fault    *sheet.Fault
	Style    sheet.Style
	Notices  []sheet.NoticeKind
	Preamble []line
	Header   line
	Records  int
	Size     int64
	Lines    []line
	Damage   map[int]*sheet.Fault // by row
	Skipped  sheet.Skipped        // in all chunks
}

func open(t testing.TB, data []byte, opt delimited.Options) *delimited.Table {
	t.Helper()
	opt.Headings = headings
	table, err := delimited.Open(bytes.NewReader(data), opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { table.Close() })
	return table
}

func read(t testing.TB, data []byte, opt delimited.Options) content {
	t.Helper()
	table := open(t, data, opt)
	facts := table.Facts()
	c := content{Fault: facts.Fault, Style: facts.Style, Header: lineOf(&facts.Header), Records: facts.Records, Size: facts.Size}
	for _, n := range facts.Notices {
		c.Notices = append(c.Notices, n.Kind)
	}
	for i := range facts.Preamble {
		c.Preamble = append(c.Preamble, lineOf(&facts.Preamble[i]))
	}
	if c.Fault != nil {
		return c
	}
	c.Damage = map[int]*sheet.Fault{}
	reader := table.Reader()
	for i := range facts.Chunks {
		skipped, err := reader.Read(i, func(r *sheet.Record) bool {
			c.Lines = append(c.Lines, lineOf(r))
			if r.Damage != nil {
				c.Damage[r.Row] = r.Damage
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Skipped = sheet.Skipped{
			Rows: c.Skipped.Rows + skipped.Rows,
			Line: cmp.Or(c.Skipped.Line, skipped.Line),
			Row:  cmp.Or(c.Skipped.Row, skipped.Row),
		}
	}
	return c
}
