package workbook_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/workbook"
)

// formatted reads a number in a format. An empty code leaves the format with the
// number id to those that Excel knows.
func formatted(t testing.TB, code string, id int, number, settings string) (string, sheet.Value, *sheet.Fault) {
	t.Helper()
	formats := ""
	if code != "" {
		formats = `<numFmts><numFmt numFmtId="` + strconv.Itoa(id) + `" formatCode="` + escaped(code) + `"/></numFmts>`
	}
	more := map[string]string{
		sheetPart:  inSheet(`<row><c t="str"><v>x</v></c><c s="1"><v>` + number + `</v></c></row>`),
		stylesPart: `<styleSheet xmlns="m">` + formats + `<cellXfs><xf numFmtId="0"/><xf numFmtId="` + strconv.Itoa(id) + `"/></cellXfs></styleSheet>`,
	}
	if settings != "" {
		more["xl/workbook.xml"] = `<workbook xmlns="m" xmlns:r="r"><workbookPr ` + settings + `/><sheets><sheet name="Accounts" sheetId="1" r:id="s1"/></sheets></workbook>`
	}
	c := read(t, bookWith(t, more), workbook.Options{})
	if c.Fault != nil {
		return "", sheet.Value{}, c.Fault
	}
	return c.Lines[0].Cells[1], c.Lines[0].Values[1], nil
}

// TestFormats tells by a number's format what a person sees of it.
func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		code, number, text string
		look               sheet.Look
	}{
		{"General", "1000013", "1000013", sheet.AsStored},
		{"general", "1000013", "1000013", sheet.AsStored},
		{"@", "1000013", "1000013", sheet.AsStored},
		{"0", "1000013", "1000013", sheet.AsStored},
		{"0000000000", "1000013", "0001000013", sheet.AsStored},
		{"00000", "1000013", "1000013", sheet.AsStored},
		{"000-000", "13", "000013", sheet.Decorated},
		{"0;-0;;@", "1000013", "1000013", sheet.AsStored},
		{"0;-0;;@", "0", "0 (0;-0;;@)", sheet.Disguised},
		{"#,##0", "1000013", "1000013", sheet.Decorated},
		{"#,##0.00", "1000013", "1000013", sheet.Decorated},
		{"0.00E+00", "1000013", "1000013", sheet.Scientific},
		{"##0.0E+0", "1000013", "1000013", sheet.Scientific},
		{"0.00E+00", "1.5", "1.5", sheet.Scientific},
		{`[$€-407] #,##0.00`, "1000013", "1000013", sheet.Decorated},
		{`_-* #,##0.00 [$€-1]_-;-* #,##0.00 [$€-1]_-;_-* "-"?? [$€-1]_-;_-@_-`, "1000013", "1000013", sheet.Decorated},
		{`"€ "#,##0`, "1000013", "1000013", sheet.Decorated},
		{`[Red]0`, "1000013", "1000013", sheet.AsStored},
		{`[Color10]0`, "1000013", "1000013", sheet.AsStored},
		{`[>=5]0;[Blue]General`, "1000013", "1000013", sheet.AsStored},
		{`0" d"`, "1000013", "1000013", sheet.Decorated},
		{`0\d`, "1000013", "1000013", sheet.Decorated},
		{"S/ #,##0.00", "1000013", "1000013", sheet.Decorated},
		{"#,##0 Mds", "1000013", "1000013", sheet.Decorated},
		{"# ?/?", "1000013", "1000013", sheet.AsStored},
		{"# ?/16", "1000013", "1000013", sheet.AsStored},
		{"?/?", "1000013", "1000013 (?/?)", sheet.Disguised},
		{`"10000"00`, "13", "1000013", sheet.Disguised},
		{`\1\0General`, "13", "1013", sheet.Disguised},
		{`0\7`, "13", "137", sheet.Disguised},
		{`[$7-407]0`, "13", "713", sheet.Disguised},
		{`*70`, "13", "13", sheet.Disguised},
		{"0%", "1000013", "100001300%", sheet.Disguised},
		{"0.00%", "13", "1300.00%", sheet.Disguised},
		{"0,", "1000013", "1000013 (0,)", sheet.Disguised},
		{"0.0,,", "1000013", "1000013 (0.0,,)", sheet.Disguised},
		{";;;", "1000013", "1000013 (;;;)", sheet.Disguised},
		{`"secret"`, "1000013", "secret", sheet.Disguised},
		{`[<5]0`, "1000013", "1000013 ([<5]0)", sheet.Disguised},
		{"0", "-5", "-5", sheet.AsStored},
		{"0;0", "-5", "-5", sheet.AsStored},
		{"", "5", "5", sheet.AsStored},
	} {
		t.Run(tt.code+" "+tt.number, func(t *testing.T) {
			text, v, fault := formatted(t, tt.code, 170, tt.number, "")
			if fault != nil || v.Type != sheet.Number || text != tt.text || v.Look != tt.look {
				t.Errorf("%q %+v, fault %+v, want %q and look %d", text, v, fault, tt.text, tt.look)
			}
			if disguised := v.Look == sheet.Disguised; (v.Format == tt.code) != disguised && tt.code != "" {
				t.Errorf("format %q", v.Format)
			}
		})
	}
}

// TestDates tells dates from other numbers by their format, and counts days as the
// workbook does.
func TestDates(t *testing.T) {
	const second = "2006-01-02T15:04:05"
	for _, tt := range []struct {
		name, code string
		id         int
		number     string
		settings   string
		text       string
		want       string // empty: no day
	}{
		{"the day", "", 14, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"a hair below", "", 14, "46265.999999999993", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"with a time of day", "", 22, "46266.57291666666", "", "2026-09-01 13:45:00", "2026-09-01T13:45:00"},
		{"a time of day alone", "", 20, "0.5729166", "", "13:45:00", "1899-12-31T13:45:00"},
		{"from 1904", "", 14, "44804", `date1904="1"`, "2026-09-01", "2026-09-01T00:00:00"},
		{"not from 1904", "", 14, "46266", `date1904="false"`, "2026-09-01", "2026-09-01T00:00:00"},
		{"East Asian", "", 31, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"East Asian, higher", "", 57, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"of its own", "dd.mm.yyyy", 164, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"with sections", "[$-409]d-mmm-yy;@", 164, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"an era", "[$-411]ggge", 164, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"tenths of a second", "mm:ss.0", 164, "46266.5", "", "2026-09-01 12:00:00", "2026-09-01T12:00:00"},
		{"half a day", "h:mm AM/PM", 164, "46266.5", "", "2026-09-01 12:00:00", "2026-09-01T12:00:00"},
		{"hours beyond a day", "[h]:mm", 164, "46266", "", "2026-09-01", "2026-09-01T00:00:00"},
		{"before the 29 February that never was", "", 14, "59", "", "1900-02-28", "1900-02-28T00:00:00"},
		{"the 29 February that never was", "", 14, "60", "", "60", ""},
		{"after it", "", 14, "61", "", "1900-03-01", "1900-03-01T00:00:00"},
		{"before all days", "", 14, "-1", "", "-1", ""},
		{"behind all days", "", 14, "2958466", "", "2958466", ""},
		{"the last", "", 14, "2958465", "", "9999-12-31", "9999-12-31T00:00:00"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text, v, fault := formatted(t, tt.code, tt.id, tt.number, tt.settings)
			got := ""
			if !v.Time.IsZero() {
				got = v.Time.Format(second)
			}
			if fault != nil || v.Type != sheet.Date || text != tt.text || got != tt.want || v.Time.Location() != time.UTC {
				t.Errorf("%q %+v, fault %+v, want %q and %s", text, v, fault, tt.text, tt.want)
			}
		})
	}
}

// TestShownDates draws dates as their formats show them.
func TestShownDates(t *testing.T) {
	for code, want := range map[string]string{
		"d-mmm": "2-Sep", "d-mmm-yy": "2-Sep-25", "mmm-yy": "Sep-25", "dddd, mmmm d, yyyy": "Tuesday, September 2, 2025", "dd.mm.yyyy": "02.09.2025", "m/d/yyyy;@": "9/2/2025",
		"[$-409]d\\-mmm;@": "2-Sep", "h:mm": "13:05", "h:mm AM/PM": "1:05 PM", "mm:ss": "05:09", "yyyy-mm-dd hh:mm:ss": "2025-09-02 13:05:09", `d" of "mmmm`: "2 of September",
		"[h]:mm": "", "mm:ss.0": "", "dİİmmİİyyİİs": "2İİ09İİ25İİ9", "[$-411]ggge": "",
	} {
		if _, v, fault := formatted(t, code, 170, "45902.54524305556", ""); fault != nil || v.Shown != want {
			t.Errorf("%s: %q, fault %+v, want %q", code, v.Shown, fault, want)
		}
	}
}

// TestISODates reads dates that are stored as text.
func TestISODates(t *testing.T) {
	for stored, want := range map[string]string{
		"2026-09-01": "2026-09-01", "2026-09-01T00:00:00": "2026-09-01", "2026-09-01T13:45:00.4Z": "2026-09-01 13:45:00", "2026-09-01T13:45": "2026-09-01 13:45:00",
	} {
		c := read(t, bookOf(t, `<row><c t="d"><v>`+stored+`</v></c></row>`), workbook.Options{})
		if c.Fault != nil || c.Lines[0].Cells[0] != want || c.Lines[0].Values[0].Type != sheet.Date {
			t.Errorf("%s: fault %+v, %+v, want %s", stored, c.Fault, c.Lines, want)
		}
	}
}

// TestStyles goes by what a workbook defines before what Excel knows.
func TestStyles(t *testing.T) {
	for name, tt := range map[string]struct {
		styles string
		want   sheet.Type
		fault  *sheet.Fault
	}{
		"no part":              {gone, sheet.Number, nil},
		"built in":             {`<styleSheet xmlns="m"><cellXfs><xf/><xf numFmtId="14"/></cellXfs></styleSheet>`, sheet.Date, nil},
		"built in, redefined":  {`<styleSheet xmlns="m"><numFmts><numFmt numFmtId="14" formatCode="0"/></numFmts><cellXfs><xf/><xf numFmtId="14"/></cellXfs></styleSheet>`, sheet.Number, nil},
		"not defined":          {`<styleSheet xmlns="m"><cellXfs><xf/><xf numFmtId="165"/></cellXfs></styleSheet>`, sheet.Number, nil},
		"of styles, not cells": {`<styleSheet xmlns="m"><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf/><xf numFmtId="0"/></cellXfs></styleSheet>`, sheet.Number, nil},
		"beyond the styles": {`<styleSheet xmlns="m"><cellXfs><xf/></cellXfs></styleSheet>`, 0,
			&sheet.Fault{Kind: sheet.Damaged, Detail: sheet.DamageReference, Line: 2, Row: 2, Column: 1, Value: "1"}},
	} {
		t.Run(name, func(t *testing.T) {
			c := read(t, bookWith(t, map[string]string{stylesPart: tt.styles, sheetPart: inSheet(`<row><c t="str"><v>x</v></c><c s="1"><v>46266</v></c></row>`)}), workbook.Options{})
			if diff := cmp.Diff(tt.fault, c.Fault); diff != "" {
				t.Fatalf("fault (-want +got):\n%s", diff)
			}
			if c.Fault == nil && c.Lines[0].Values[1].Type != tt.want {
				t.Errorf("%+v, want type %d", c.Lines[0].Values[1], tt.want)
			}
		})
	}
}
