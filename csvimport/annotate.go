package csvimport

import (
	"io"
	"strings"

	"bulkimport/csvimport/sheet"
)

// WriteAnnotated writes a file as it was, for a spreadsheet: the operator's own
// columns in their order, the delimiter and the line ends kept, UTF-16 kept and
// all other encodings as UTF-8, with a byte order mark by which Excel knows
// them. A last column, problems, says what was found in each row; one that is
// there already is replaced. findings returns what is to be said of a row; nil
// says the row's own. Cells that a spreadsheet would run as a formula are
// neutralised, which reading undoes.
//
// A file without rows to annotate is written with its findings alone. The error
// is that of w.
func WriteAnnotated(w io.Writer, f *File, findings func(Row) []Finding) error {
	if findings == nil {
		findings = func(r Row) []Finding { return r.Findings }
	}
	style := sheet.Style{Delimiter: f.table.Delimiter(), CRLF: f.table.CRLF(), BOM: true}
	if e := f.Encoding(); e == sheet.UTF16LE || e == sheet.UTF16BE {
		style.Encoding = e
	}
	out := sheet.NewWriter(w, style)
	a := annotation{out: out, old: -1}
	if f.header == nil {
		out.Write([]string{problemsHeading})
		for _, found := range f.Findings() {
			out.Write([]string{problemText(found)})
		}
		return out.Flush()
	}
	for i, name := range f.header.names {
		if strings.EqualFold(strings.TrimSpace(name), problemsHeading) {
			a.old = i
		}
	}
	a.width = len(f.header.names)
	if a.old >= 0 {
		a.width--
	}
	a.write(f.header.names, problemsHeading)
	if !f.rows {
		for _, found := range f.Findings() {
			a.write(nil, problemText(found))
		}
		return out.Flush()
	}
	for row := range f.Rows() {
		a.write(row.Cells, problemTexts(findings(row)))
		if out.Failed() {
			break
		}
	}
	return out.Flush()
}

// annotation writes records with a text in the column after the last heading.
type annotation struct {
	out   *sheet.Writer
	old   int // position of an earlier column problems, -1 if none
	width int // of the operator's own columns
	line  []string
}

func (a *annotation) write(cells []string, problems string) {
	a.line = a.line[:0]
	for i, c := range cells {
		if i == a.old {
			continue
		}
		a.line = append(a.line, sheet.Neutral(c))
	}
	for len(a.line) < a.width {
		a.line = append(a.line, "")
	}
	// Values without a heading stay where they are, right of the problems.
	a.line = append(a.line, "")
	copy(a.line[a.width+1:], a.line[a.width:])
	a.line[a.width] = sheet.Neutral(problems)
	a.out.Write(a.line)
}

// problemTexts joins findings for one cell, errors first.
func problemTexts(findings []Finding) string {
	var texts []string
	for _, severity := range [...]Severity{SeverityError, SeverityWarning} {
		for _, f := range findings {
			if f.Severity == severity {
				texts = append(texts, problemText(f))
			}
		}
	}
	return strings.Join(texts, " | ")
}

// problemText is a finding in one line, without its row, beside which it
// stands.
func problemText(f Finding) string {
	text := f.Message
	if f.Column != "" {
		text = f.Column + ": " + text
	}
	if f.Hint != "" {
		text += "; " + f.Hint
	}
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text)
}
