package delimited_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"testing"
	"unicode/utf16"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
)

// BenchmarkRead opens a table and reads all of its records, on one core, in
// encodings that spreadsheets write, beside a bare encoding/csv.
func BenchmarkRead(b *testing.B) {
	const rows = 50_000
	var text bytes.Buffer
	text.WriteString("tenant,plan_id,sub_id,company_name,email,account_id\r\n")
	for i := range rows {
		company := fmt.Sprintf("Müller & Söhne %d", i)
		switch i % 10 {
		case 0, 1, 2:
			company = fmt.Sprintf(`"Fabrikam, Inc. %d"`, i)
		case 3:
			company = fmt.Sprintf(`"Adventure ""Works"" %d"`, i)
		}
		fmt.Fprintf(&text, "tenant%d.onmicrosoft.com,453f357f-5ba1-4c5b-9a4c-%012x,f0817852-282c-4047-a4d3-%012x,%s,admin%d@tenant%d.example,%d\r\n",
			i, i%3, i, company, i, i, 1_000_000+i)
	}
	wide := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(text.String())) {
		wide = append(wide, byte(unit), byte(unit>>8))
	}
	perSecond := func(b *testing.B, n int) {
		if n != rows*b.N {
			b.Fatalf("%d records read, expected %d", n, rows*b.N)
		}
		b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
	}
	for _, c := range []struct {
		name string
		text []byte
	}{{"utf-8", text.Bytes()}, {"utf-16", wide}} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.text)))
			b.ReportAllocs()
			n := 0
			for range b.N {
				t, err := delimited.Open(bytes.NewReader(c.text), delimited.Options{Headings: []string{"tenant", "plan_id", "sub_id", "company_name", "email", "account_id"}})
				if err != nil || t.Facts().Fault != nil {
					b.Fatal(err, t.Facts().Fault)
				}
				r := t.Reader()
				for i := range t.Facts().Chunks {
					if _, err := r.Read(i, func(*sheet.Record) bool { n++; return true }); err != nil {
						b.Fatal(err)
					}
				}
				t.Close()
			}
			perSecond(b, n)
		})
	}
	b.Run("bare encoding-csv", func(b *testing.B) {
		b.SetBytes(int64(text.Len()))
		b.ReportAllocs()
		n := 0
		for range b.N {
			r := csv.NewReader(bytes.NewReader(text.Bytes()))
			r.ReuseRecord = true
			for n--; ; n++ { // the headings do not count
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
		perSecond(b, n)
	})
}
