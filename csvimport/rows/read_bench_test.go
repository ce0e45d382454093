package rows_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/csvimport/rows"
)

// BenchmarkRead reads a file of ordinary rows, a tenth of them quoted and a
// tenth with letters outside of ASCII, beside a bare loop of encoding/csv that
// checks nothing.
func BenchmarkRead(b *testing.B) {
	const size = 100_000
	names := [...]string{
		"Contoso, with comma", "Nord Analytics GmbH", `The "Best" Bakery Ltd`, "Grüße & Söhne KG", "Vector Pharma LLC",
		"Northwind Traders Incorporated", "Fabrikam Residences", "Adventure Works Cycles", "Tailspin Toys International", "Litware",
	}
	text, err := io.ReadAll(manyRows(size, func(i int) string {
		name := fmt.Sprint(names[i%len(names)], " ", i)
		if strings.ContainsAny(name, `,"`) {
			name = `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
		return strings.Replace(plainRow(i), fmt.Sprint("Company ", i), name, 1)
	}))
	must(b, err)
	path := filepath.Join(b.TempDir(), "rows.csv")
	must(b, os.WriteFile(path, text, 0o600))
	perSecond := func(b *testing.B) {
		b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("bulkimport", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			r, err := os.Open(path)
			must(b, err)
			f, err := rows.Open(r, "rows.csv", rows.ReadOptions{})
			must(b, err)
			n := 0
			for row := range f.Rows() {
				if row.Valid() {
					n++
				}
			}
			if n != size {
				b.Fatalf("%d valid rows, want %d", n, size)
			}
			f.Close()
			r.Close()
		}
		perSecond(b)
	})
	b.Run("encoding-csv", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(text)))
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(text))
			r.ReuseRecord = true
			n := -1
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
				n++
			}
			if n != size {
				b.Fatalf("%d rows, want %d", n, size)
			}
		}
		perSecond(b)
	})
}
