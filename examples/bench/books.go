package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"context"
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// books measures workbooks: read beside the usual library, made to do harm, and
// downloaded.
func (b *bench) books(ctx context.Context) error {
	table := filepath.Join(b.scratch, "books.csv")
	defer os.Remove(table)
	if err := operatorFile(table, b.rows(100_000), false); err != nil {
		return err
	}
	f, err := os.Open(table)
	if err != nil {
		return err
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return err
	}
	if err := b.reading(ctx, records, true, 90<<20); err != nil {
		return err
	}
	if err := b.reading(ctx, records, false, 40<<20); err != nil {
		return err
	}
	if err := b.harmful(ctx, records[:min(len(records), 11)]); err != nil {
		return err
	}
	return b.downloading(ctx)
}

// reading checks a workbook, beside a bare loop of the usual library.
func (b *bench) reading(ctx context.Context, records [][]string, shared bool, most int64) error {
	what, n := "inline texts", len(records)-1
	if shared {
		what = "shared texts"
	}
	path := filepath.Join(b.scratch, "rows.xlsx")
	defer os.Remove(path)
	if err := writeBook(path, book{table: records, shared: shared}); err != nil {
		return err
	}
	library := filepath.Join(filepath.Dir(b.self), "bench-excelize")
	_, missing := os.Stat(library)
	var cpu, beside []time.Duration
	var ratio []float64
	var rss []int64
	for range b.rounds {
		u, err := b.validateOnce(ctx, path, n, 0)
		if err != nil {
			return err
		}
		cpu, rss = append(cpu, u.CPU), append(rss, u.RSS)
		if missing != nil {
			continue
		}
		e, out, err := b.run(ctx, process{name: library, args: []string{path}})
		if err != nil {
			return err
		}
		if strings.TrimSpace(out) != strconv.Itoa(n) {
			return wrongIf("excelize", fmt.Errorf("%s rows, expected %d", strings.TrimSpace(out), n))
		}
		beside = append(beside, e.CPU)
		ratio = append(ratio, u.CPU.Seconds()/e.CPU.Seconds())
	}
	l := line{what: fmt.Sprintf("validate --offline, %s rows of a workbook, %s: CPU", grouped(n), what), measured: median(cpu).Round(10 * time.Millisecond).String()}
	if missing == nil {
		l.beside, l.ratio = "excelize "+median(beside).Round(10*time.Millisecond).String(), fmt.Sprintf("%.2f", median(ratio))+spread(ratio)
		if shared {
			l.bar, l.reached = "≤ 0.25", b.judge(median(ratio) <= 0.25)
		}
	} else {
		b.note("excelize was not measured: there is no bench-excelize beside this program (make bench builds it, where its module can be had).")
	}
	b.add(l)
	b.add(line{what: "its memory at the peak", measured: megabytes(median(rss)), bar: "≤ " + megabytes(most), reached: b.judge(median(rss) <= most)})
	return nil
}

// harmful checks workbooks that are made to take memory or time.
func (b *bench) harmful(ctx context.Context, records [][]string) error {
	path := filepath.Join(b.scratch, "harmful.xlsx")
	defer os.Remove(path)
	var worst usage
	for _, harm := range []struct {
		name   string
		book   book
		status int
	}{
		{"a million empty rows", book{table: records, shared: true, empty: b.rows(1_000_000)}, 0},
		{"counts that lie", book{table: records, shared: true, lies: true}, 0},
		{"a part of 3 GB", book{table: records, blanks: 3 << 10}, 4},
		{"a part of 3 GB that says it has a thousand bytes", book{table: records, blanks: 3 << 10, lies: true}, 4},
	} {
		if err := writeBook(path, harm.book); err != nil {
			return err
		}
		u, _, err := b.run(ctx, process{name: b.tool, args: []string{"validate", "--offline", "--json", path}, status: harm.status})
		if err != nil {
			return fmt.Errorf("%s: %w", harm.name, err)
		}
		b.say("  %s: %v, %s", harm.name, u.wall().Round(time.Millisecond), megabytes(u.RSS))
		worst.RSS = max(worst.RSS, u.RSS)
		if u.wall() > worst.wall() {
			worst.Began, worst.Ended = u.Began, u.Ended
		}
	}
	b.add(line{what: "validate --offline, workbooks made to do harm: the longest", measured: worst.wall().Round(10 * time.Millisecond).String(), bar: "< 5 s", reached: b.judge(worst.wall() < 5*time.Second)})
	b.add(line{what: "the most memory at the peak", measured: megabytes(worst.RSS), bar: "< 100 MB", reached: b.judge(worst.RSS < 100<<20)})
	return nil
}

// downloading measures a download as a workbook, beside one as CSV.
func (b *bench) downloading(ctx context.Context) error {
	n := b.rows(100_000)
	s, err := b.start(ctx, world{tenants: n})
	if err != nil {
		return err
	}
	defer s.stop()
	cpu, rss := map[string][]time.Duration{}, map[string][]int64{}
	for range b.rounds {
		for _, kind := range []string{".csv", ".xlsx"} {
			ledger, path := filepath.Join(b.scratch, "ledger.db"), filepath.Join(b.scratch, "accounts"+kind)
			u, _, err := b.run(ctx, process{name: b.tool, env: s.env(ledger), args: []string{"download", "-o", path, "--plan", "Azure NCE Pay-As-You-Go"}})
			if err == nil {
				_, err = b.validateOnce(ctx, path, n, 0)
			}
			removeLedger(ledger)
			if err := errors.Join(err, os.Remove(path)); err != nil {
				return err
			}
			cpu[kind], rss[kind] = append(cpu[kind], u.CPU), append(rss[kind], u.RSS)
		}
	}
	took := median(cpu[".xlsx"])
	b.add(line{what: fmt.Sprintf("download %s rows as a workbook: CPU", grouped(n)), measured: took.Round(10 * time.Millisecond).String(),
		beside: "as CSV " + median(cpu[".csv"]).Round(10*time.Millisecond).String(), ratio: fmt.Sprintf("%.2f", took.Seconds()/median(cpu[".csv"]).Seconds()),
		bar: "≤ 4 s", reached: b.judge(took <= 4*time.Second)})
	b.add(line{what: "its memory at the peak", measured: megabytes(median(rss[".xlsx"])), bar: "≤ 120 MB", reached: b.judge(median(rss[".xlsx"]) <= 120<<20)})
	return nil
}

// book is a workbook to be written.
type book struct {
	table  [][]string
	shared bool // texts are
	lies   bool // counts and sizes do
	empty  int  // rows behind the table
	blanks int  // MB of blanks in the sheet
}

// What names and types in a workbook begin with.
const (
	space     = "http://schemas.openxmlformats.org/"
	mainSpace = space + "spreadsheetml/2006/main"
	relation  = space + "officeDocument/2006/relationships/"
	kind      = "application/vnd.openxmlformats-"
)

func writeBook(path string, k book) error {
	return write(path, func(out *bufio.Writer) error {
		z := zip.NewWriter(out)
		for _, part := range [][2]string{
			{"[Content_Types].xml", `<Types xmlns="` + space + `package/2006/content-types"><Default Extension="rels" ContentType="` + kind + `package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
				`<Override PartName="/xl/workbook.xml" ContentType="` + kind + `officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + kind + `officedocument.spreadsheetml.worksheet+xml"/>` +
				`<Override PartName="/xl/sharedStrings.xml" ContentType="` + kind + `officedocument.spreadsheetml.sharedStrings+xml"/></Types>`},
			{"_rels/.rels", `<Relationships xmlns="` + space + `package/2006/relationships"><Relationship Id="rId1" Type="` + relation + `officeDocument" Target="xl/workbook.xml"/></Relationships>`},
			{"xl/workbook.xml", `<workbook xmlns="` + mainSpace + `" xmlns:r="` + space + `officeDocument/2006/relationships"><sheets><sheet name="Accounts" sheetId="1" r:id="rId1"/></sheets></workbook>`},
			{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="` + space + `package/2006/relationships"><Relationship Id="rId1" Type="` + relation + `worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + relation + `sharedStrings" Target="sharedStrings.xml"/></Relationships>`},
		} {
			w, err := z.Create(part[0])
			if err != nil {
				return err
			}
			io.WriteString(w, part[1])
		}
		sheet, texts := k.parts()
		w, err := z.Create("xl/sharedStrings.xml")
		if err != nil {
			return err
		}
		w.Write(texts)
		if k.blanks > 0 {
			err = k.bomb(z, sheet)
		} else if w, err = z.Create("xl/worksheets/sheet1.xml"); err == nil {
			_, err = w.Write(sheet)
		}
		return errors.Join(err, z.Close())
	})
}

// parts are the sheet and the texts it shares.
func (k *book) parts() (sheet, texts []byte) {
	var s, t bytes.Buffer
	s.WriteString(`<worksheet xmlns="` + mainSpace + `">`)
	t.WriteString(`<sst xmlns="` + mainSpace + `"`)
	if k.lies {
		s.WriteString(`<dimension ref="A1:XFD1048576"/>`)
		t.WriteString(` count="4294967295" uniqueCount="4294967295"`)
	}
	s.WriteString(`<sheetData>`)
	t.WriteString(`>`)
	known := map[string]int{}
	for i, record := range k.table {
		fmt.Fprintf(&s, `<row r="%d">`, i+1)
		for c, text := range record {
			fmt.Fprintf(&s, `<c r="%c%d" `, 'A'+c, i+1)
			if !k.shared {
				s.WriteString(`t="inlineStr"><is><t>`)
				xml.EscapeText(&s, []byte(text))
				s.WriteString(`</t></is></c>`)
				continue
			}
			at, ok := known[text]
			if !ok {
				at = len(known)
				known[text] = at
				t.WriteString(`<si><t>`)
				xml.EscapeText(&t, []byte(text))
				t.WriteString(`</t></si>`)
			}
			fmt.Fprintf(&s, `t="s"><v>%d</v></c>`, at)
		}
		s.WriteString(`</row>`)
	}
	for i := range k.empty {
		fmt.Fprintf(&s, `<row r="%d" ht="15" customHeight="1"/>`, len(k.table)+1+i)
	}
	s.WriteString(`</sheetData></worksheet>`)
	t.WriteString(`</sst>`)
	return s.Bytes(), t.Bytes()
}

// bomb writes the sheet with megabytes of blanks before its end, of which one is
// compressed and the others are copies of it.
func (k *book) bomb(z *zip.Writer, sheet []byte) error {
	const tail = `</sheetData></worksheet>`
	packed := func(text []byte) []byte {
		var b bytes.Buffer
		w, _ := flate.NewWriter(&b, flate.BestCompression)
		w.Write(text)
		w.Flush() // ends on a whole byte
		return b.Bytes()
	}
	head, blank, end := packed(bytes.TrimSuffix(sheet, []byte(tail))), packed(bytes.Repeat([]byte(" "), 1<<20)), append(packed([]byte(tail)), 3, 0)
	header := &zip.FileHeader{Name: "xl/worksheets/sheet1.xml", Method: zip.Deflate,
		CompressedSize64: uint64(len(head) + k.blanks*len(blank) + len(end)), UncompressedSize64: uint64(len(sheet) + k.blanks<<20)}
	if k.lies {
		header.UncompressedSize64 = 1000
	}
	w, err := z.CreateRaw(header)
	if err != nil {
		return err
	}
	w.Write(head)
	for range k.blanks {
		w.Write(blank)
	}
	_, err = w.Write(end)
	return err
}
