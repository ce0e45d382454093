package rows

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/bookwriter"
	"bulkimport/csvimport/sheet/delimited"
)

// AnnotateOptions say how a file is annotated.
type AnnotateOptions struct {
	Form Form
	// Findings returns what is to be said of a row; nil says the row's own.
	Findings func(csvimport.Row) []csvimport.Finding
	// Equal returns how many findings there are that are equal to one but for their row,
	// it included; nil counts none.
	Equal func(csvimport.Finding) int
	Lists *choice.Lists // what a workbook offers to choose from, nil for nothing
}

// WriteAnnotated writes a file as it was, for a spreadsheet: the operator's own
// columns and rows in their order, also the blank ones, so that row numbers stay. A
// last column, problems, says what was found in each row; one that is there already
// is replaced.
//
// In CSV delimiter and line ends are kept, UTF-16 is kept and all other encodings
// become UTF-8, with a byte order mark by which Excel knows them; cells that a
// spreadsheet would run as a formula are neutralised, which reading undoes. In a
// workbook the cells at fault are coloured, and a note on each says what is.
//
// Of a file that cannot be read as a table there is nothing but the reason.
// The error is that of w.
func WriteAnnotated(w io.Writer, f *File, opt AnnotateOptions) error {
	if opt.Findings == nil {
		opt.Findings = func(r csvimport.Row) []csvimport.Finding { return r.Findings }
	}
	a := newAnnotation(w, f, opt)
	if f.header == nil {
		a.reason(f.Findings())
		return a.out.Close()
	}
	a.headings(f)
	if f.rows {
		for row := range f.Rows() {
			found := opt.counted(opt.Findings(row))
			a.mark(found)
			a.write(row.Row, row.Cells, a.problems(found))
			if a.out.Failed() {
				break
			}
		}
	} else if err := a.unread(f); err != nil {
		return err
	}
	return a.out.Close()
}

// counted says of findings that have equals how many those are.
func (o *AnnotateOptions) counted(findings []csvimport.Finding) []csvimport.Finding {
	if o.Equal == nil {
		return findings
	}
	findings = slices.Clone(findings)
	for i := range findings {
		if n := o.Equal(findings[i]); n > 1 {
			findings[i].Message += fmt.Sprintf(" (one of %d like it)", n)
		}
	}
	return findings
}

// annotation writes records with a text in the column after the last heading.
type annotation struct {
	out   sheet.Writer
	old   int // position of an earlier column problems, -1 if none
	width int // of the operator's own columns
	row   int // the next row
	line  []string
	page  *page           // nil in CSV
	cols  *header         // nil if there is none
	told  map[string]bool // mends, by the problems beside which they stand
}

func newAnnotation(w io.Writer, f *File, opt AnnotateOptions) *annotation {
	a := &annotation{old: -1, row: 1, cols: f.header}
	if opt.Form == Workbook {
		a.page = &page{book: bookwriter.New(w), plain: f.table.Facts().Book == nil, head: 1, lists: opt.Lists}
		a.out = a.page
		return a
	}
	style := f.table.Facts().Style
	style.BOM = true
	if e := style.Encoding; e != sheet.UTF16LE && e != sheet.UTF16BE {
		style.Encoding = sheet.UTF8
	}
	a.out = &neutral{Writer: delimited.NewWriter(w, style)}
	return a
}

// mark marks the cells of the next record in which something was found.
func (a *annotation) mark(findings []csvimport.Finding) {
	if a.page == nil {
		return
	}
	for _, f := range findings {
		at := a.cols.position(f)
		if at < 0 || at == a.old {
			continue
		}
		if a.old >= 0 && at > a.old {
			at--
		}
		note := f.Message
		if f.Hint != "" {
			note += "\n" + f.Hint
		}
		a.page.marks = append(a.page.marks, mark{at, f.Severity == csvimport.SeverityError, note})
	}
}

// position is where the column of a finding stands, -1 if it has none.
func (h *header) position(f csvimport.Finding) int {
	if c, ok := foldedColumns[sheet.Fold(f.Column)]; ok {
		return h.at[c]
	}
	return -1
}

// reason writes why a file cannot be read.
func (a *annotation) reason(findings []csvimport.Finding) {
	a.out.Write([]string{problemsHeading})
	for _, f := range findings {
		where := f.Where()
		if where != "" {
			where += ": "
		}
		a.out.Write([]string{where + problemText(f)})
	}
}

// headings writes the heading line and what stands above it.
func (a *annotation) headings(f *File) {
	for i, name := range f.header.names {
		if strings.EqualFold(strings.TrimSpace(name), problemsHeading) {
			a.old = i
		}
	}
	a.width = len(f.header.names)
	if a.old >= 0 {
		a.width--
	}
	if a.page != nil {
		names := slices.Clone(f.header.names)
		if a.old >= 0 {
			names = slices.Delete(names, a.old, a.old+1)
		}
		a.page.prepare(append(names, problemsHeading), f.header.row)
	}
	for _, r := range f.table.Facts().Preamble {
		a.blank(r.Row)
		a.out.Write(r.Cells)
		a.row++
	}
	a.write(f.header.row, f.header.names, problemsHeading)
}

// unread writes the rows of a file whose headings are at fault. What is to be
// said of these stands in the first.
func (a *annotation) unread(f *File) error {
	problems := problemTexts(f.Findings())
	reader := f.table.Reader()
	for i := range f.table.Facts().Chunks {
		_, err := reader.Read(i, func(r *sheet.Record) bool {
			a.write(r.Row, r.Cells, problems)
			problems = ""
			return !a.out.Failed()
		})
		if err != nil {
			return err
		}
	}
	if problems != "" {
		a.write(a.row, nil, problems)
	}
	return nil
}

// blank writes blank rows up to a row.
func (a *annotation) blank(row int) {
	for ; a.row < row && !a.out.Failed(); a.row++ {
		a.out.Blank()
	}
}

func (a *annotation) write(row int, cells []string, problems string) {
	a.blank(row)
	a.row++
	a.line = a.line[:0]
	for i, c := range cells {
		if i == a.old {
			continue
		}
		a.line = append(a.line, c)
	}
	for len(a.line) < a.width {
		a.line = append(a.line, "")
	}
	// Values without a heading stand right of the problems.
	a.line = slices.Insert(a.line, a.width, problems)
	a.out.Write(a.line)
}

// mostTold bounds the problems of which is known that their mend was told.
const mostTold = 1000

// problems are the findings of a row in one cell. A mend stands with the first of equal
// problems alone: a column that nobody has filled in says it once.
func (a *annotation) problems(findings []csvimport.Finding) string {
	short := slices.Clone(findings)
	for i := range short {
		f := &short[i]
		key := problemText(*f)
		switch {
		case f.Hint == "":
		case a.told[key]:
			f.Hint = ""
		case len(a.told) < mostTold:
			if a.told == nil {
				a.told = make(map[string]bool)
			}
			a.told[key] = true
		}
	}
	return problemTexts(short)
}

// problemTexts joins findings for one cell, errors first.
func problemTexts(findings []csvimport.Finding) string {
	var texts []string
	for _, severity := range [...]csvimport.Severity{csvimport.SeverityError, csvimport.SeverityWarning} {
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
func problemText(f csvimport.Finding) string {
	text := f.Message
	if f.Column != "" {
		text = f.Column + ": " + text
	}
	if f.Hint != "" {
		text += "; " + f.Hint
	}
	return strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ").Replace(text)
}
