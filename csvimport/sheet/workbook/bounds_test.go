package workbook_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"runtime"
	"strings"
	"testing"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/workbook"
)

// TestBombs reads files beyond all bounds. None takes much memory, or more than one
// pass of linear time: the test would not end otherwise.
func TestBombs(t *testing.T) {
	const mb = 1 << 20
	cell := `<row><c t="str"><v>a</v></c></row>`
	head, tail := strings.TrimSuffix(inSheet(""), `</sheetData></worksheet>`), `</sheetData></worksheet>`
	for _, tt := range []struct {
		name, part         string
		start, again, last string
		size               int        // of what is repeated, in bytes
		want               sheet.Kind // 0: it is read
	}{
		{"a text without end", sheetPart, head + `<row><c t="str"><v>`, "x", `</v></c></row>` + tail, 64 * mb, sheet.Inflated},
		{"an inline text without end", sheetPart, head + `<row><c t="inlineStr"><is><t>`, "x", `</t></is></c></row>` + tail, 64 * mb, sheet.Inflated},
		{"a comment without end", sheetPart, head + "<!--", "x", "-->" + tail, 64 * mb, sheet.Inflated},
		{"an attribute without end", sheetPart, head + `<row a="`, "x", `"/>` + tail, 4 * mb, sheet.Damaged},
		{"a name without end", sheetPart, head + `<`, "x", `/>` + tail, 4 * mb, sheet.Damaged},
		{"spaces without end", sheetPart, head, " ", tail, 64 * mb, sheet.Inflated},
		{"attributes without end", sheetPart, head + `<row`, ` a="b"`, `/>` + tail, mb / 2, sheet.Damaged},
		{"elements inside of elements", sheetPart, head, "<a>", tail, mb, sheet.Damaged},
		{"a reference without end", sheetPart, head + `<row><c t="str"><v>&#`, "1", `;</v></c></row>` + tail, mb, sheet.Damaged},
		{"carriage returns", sheetPart, head + `<row><c t="str"><v><![CDATA[`, "\r", `]]></v></c></row>` + tail, 2 * mb, sheet.Damaged},
		{"rows without end", sheetPart, head, "<row/>", tail, 8 * mb, sheet.Damaged},
		{"cells without end", sheetPart, head + "<row>", "<c/>", "</row>" + tail, mb, sheet.Damaged},
		{"a shared text without end", stringsPart, `<sst xmlns="m"><si><t>`, "x", `</t></si></sst>`, 64 * mb, sheet.Inflated},
		{"runs without end", stringsPart, `<sst xmlns="m"><si>`, "<r><t>x</t></r>", `</si></sst>`, 16 * mb, 0},
		{"shared texts without end", stringsPart, `<sst xmlns="m">`, "<si/>", `</sst>`, 16 * mb, 0},
		{"formats without end", stylesPart, `<styleSheet xmlns="m"><cellXfs>`, "<xf/>", `</cellXfs></styleSheet>`, mb, sheet.Inflated},
		{"sheets without end", "xl/workbook.xml", `<workbook xmlns="m" xmlns:r="r"><sheets>`, `<sheet name="a" r:id="s1"/>`, `</sheets></workbook>`, mb, sheet.Inflated},
	} {
		t.Run(tt.name, func(t *testing.T) {
			all := parts()
			all[sheetPart] = inSheet(strings.Replace(cell, `t="str"><v>a`, `t="s"><v>0`, 1))
			delete(all, tt.part)
			var b bytes.Buffer
			pack(t, &b, all, func(z *zip.Writer) {
				z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
				w, err := z.Create(tt.part)
				if err != nil {
					t.Fatal(err)
				}
				block := strings.Repeat(tt.again, 1+(64<<10)/len(tt.again))
				io.WriteString(w, tt.start)
				for n := 0; n < tt.size; n += len(block) {
					io.WriteString(w, block)
				}
				io.WriteString(w, tt.last)
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := read(t, b.Bytes(), workbook.Options{})
			runtime.ReadMemStats(&after)
			if is := got.Fault; (is == nil) != (tt.want == 0) || is != nil && is.Kind != tt.want {
				t.Errorf("fault %+v, want kind %d", is, tt.want)
			}
			if n := (after.TotalAlloc - before.TotalAlloc) / mb; n > 80 {
				t.Errorf("%d MB of memory", n)
			}
		})
	}
}

// TestDirectory refuses an archive with more entries than any workbook has before
// they are all in memory.
func TestDirectory(t *testing.T) {
	const entries = 120_000
	data := bookOf(t, "")
	end := bytes.LastIndex(data, []byte("PK\x05\x06"))
	from := int(binary.LittleEndian.Uint32(data[end+16:]))
	one := data[from : from+46+int(binary.LittleEndian.Uint16(data[from+28:]))]
	many := append(bytes.Clone(data[:from]), bytes.Repeat(one, entries)...)
	tail := bytes.Clone(data[end:])
	n := entries
	binary.LittleEndian.PutUint16(tail[8:], uint16(n))
	binary.LittleEndian.PutUint16(tail[10:], uint16(n))
	binary.LittleEndian.PutUint32(tail[12:], uint32(entries*len(one)))
	if got := read(t, append(many, tail...), workbook.Options{}).Fault; got == nil || got.Kind != sheet.Inflated {
		t.Errorf("fault %+v", got)
	}
}
