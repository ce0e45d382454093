package rows

import (
	"io"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/block"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/bookwriter"
	"bulkimport/csvimport/sheet/delimited"
)

// Form is what a table is written as.
type Form uint8

const (
	CSV      Form = iota
	Workbook      // .xlsx
)

// MostRecords is how many rows a table of the form has below its headings at most;
// 0 is no bound.
func (f Form) MostRecords() int {
	if f == Workbook {
		return bookwriter.MaxRows - 1
	}
	return 0
}

// NewWriter returns a writer of a table for a spreadsheet, whose first record is the
// headings. No cell is run as a formula: in CSV these are neutralised, and in a
// workbook the apostrophe that did so is left out, since its cells are text. Of a
// results file the workbook shows how rows ended in colours, and prints the
// operator's own columns and what people want to know.
func NewWriter(w io.Writer, form Form) sheet.Writer { return newWriter(w, form, true) }

// newWriter is NewWriter, of a table that is neutralised or not.
func newWriter(w io.Writer, form Form, neutralised bool) sheet.Writer {
	if form == Workbook {
		return block.Arrange(&page{book: bookwriter.New(w), plain: neutralised, head: 1, paper: true}, resultNames, onPaper)
	}
	return block.Arrange(&neutral{Writer: delimited.NewWriter(w, forSpreadsheet)}, resultNames, resultNames)
}

// onPaper are the columns of a result that are printed. All others stand right of
// them.
var onPaper = []string{"status", "imported", "order_number", "account_name", "plan_name", "error"}

// neutral neutralises cells that a spreadsheet would run as a formula.
type neutral struct {
	sheet.Writer
	line []string
}

func (n *neutral) Write(cells []string) error {
	n.line = n.line[:0]
	for _, cell := range cells {
		n.line = append(n.line, sheet.Neutral(cell))
	}
	return n.Writer.Write(n.line)
}

// forSpreadsheet is how CSV is written that Excel opens well: by the mark it knows
// UTF-8.
var forSpreadsheet = sheet.Style{BOM: true, CRLF: true}

// downloadProperty is the name under which a workbook keeps which download it is, for
// people: File > Info shows it.
const downloadProperty = "download"

// page writes a table as the first sheet of a workbook, its columns by their
// headings, which are the record that comes after head-1 rows. It is a sheet.Writer.
type page struct {
	book     *bookwriter.Book
	plain    bool // an apostrophe that neutralises is left out
	head     int
	lists    *choice.Lists
	template bool // cells that are to be filled in are tinted, headings are locked and have notes
	paper    bool // of results, only what stands in the first columns is printed

	out      *bookwriter.Sheet
	row      int      // the last one
	columns  []column // allColumns for what is none of ours
	status   int      // of a results file, the column status; else -1
	imported int      // likewise
	marks    []mark
	line     []bookwriter.Cell
}

// mark is what is to be said of a cell of the next record.
type mark struct {
	at   int
	bad  bool
	note string
}

// begin begins the sheet. Nothing is known of columns before their headings are.
func (p *page) begin(header []string) {
	own := block.Of(header, resultNames, nil)
	results := own.Names()
	p.status, p.imported = -1, -1
	layout := bookwriter.Layout{Headings: p.head, Lock: p.template, Filter: true}
	for i, heading := range header {
		name := sheet.Fold(sheet.Plain(heading))
		var c bookwriter.Column
		known, ours := foldedColumns[name]
		if !ours {
			known = allColumns
		}
		p.columns = append(p.columns, known)
		switch known {
		case colPlanID:
			c.Choices = p.lists.PlanRange()
		case colAccountID:
			c.Choices = p.lists.AccountRange()
		}
		if c.Choices != "" {
			c.Width = choiceWidth
		}
		switch {
		case results[i] != "":
			c = resultLook(results[i])
			switch results[i] {
			case "status":
				p.status = i
			case "imported":
				p.imported = i
			}
			if p.paper && slices.Contains(onPaper, results[i]) {
				layout.Printed = i + 1
			}
		case p.paper && own.Results != nil:
			c.Style, c.Most = bookwriter.Wrapped, 23
			switch known {
			case colPlanID:
				c.Most = 26 // a third of name | id
			case colSubID:
				c.Most = 20 // half an id
			}
			layout.Printed = max(layout.Printed, i+1)
		case name == problemsHeading:
			c.Style, c.Width = bookwriter.Wrapped, 70
		case known == colCompany:
			c.Style = bookwriter.Wrapped
		}
		layout.Columns = append(layout.Columns, c)
	}
	p.out = p.book.Sheet(choice.TableSheet, layout)
}

// resultLook is what a column of results looks like.
func resultLook(name string) bookwriter.Column {
	switch name {
	case "error":
		return bookwriter.Column{Style: bookwriter.Wrapped, Width: 40}
	case "account_name", "plan_name":
		return bookwriter.Column{Style: bookwriter.Wrapped, Most: 23}
	case "line", "row", "order_id", "reference", "http_status", "attempts", "submitted_at", "finished_at":
		return bookwriter.Column{Style: bookwriter.Aside}
	}
	return bookwriter.Column{}
}

// choiceWidth is how wide a column is, in digits, in which something is chosen.
const choiceWidth = 44

// prepare begins the sheet of a table whose headings have rows above them.
func (p *page) prepare(header []string, row int) {
	p.head = row
	p.begin(header)
}

// Write writes a record.
func (p *page) Write(cells []string) error {
	if p.out == nil {
		p.begin(cells)
	}
	p.row++
	p.line = p.line[:0]
	for i, text := range cells {
		if p.plain {
			text = sheet.Plain(text)
		}
		c, is := bookwriter.Cell{Text: text}, allColumns
		if i < len(p.columns) {
			is = p.columns[i]
		}
		switch {
		case p.row == p.head:
			c.Style = bookwriter.Heading
			if p.template {
				c.Note = columnNote(is)
			}
		case p.row < p.head:
		case i == p.status:
			c.Style = statusStyle(csvimport.Status(text))
		case i == p.imported && text == "no":
			c.Style = bookwriter.Bad
		case p.template && text == "" && is < requiredColumns:
			c.Style = bookwriter.ToFill
		}
		if len(text) > fieldLimit && !bookwriter.Fits(text) {
			c.Style, c.Note = bookwriter.Fault, "The end of this text was left out: a cell of a workbook holds no more. The file that it came from has it."
		}
		p.line = append(p.line, c)
	}
	for _, m := range p.marks {
		if m.at < len(p.line) {
			c := &p.line[m.at]
			if m.bad {
				c.Style = bookwriter.Fault
			} else if c.Style != bookwriter.Fault {
				c.Style = bookwriter.Doubtful
			}
			c.Note = strings.TrimPrefix(c.Note+"\n\n"+m.note, "\n\n")
		}
	}
	p.marks = p.marks[:0]
	return p.out.Write(p.line)
}

// Blank leaves a row blank.
func (p *page) Blank() error {
	p.row++
	p.out.Skip(1)
	return nil
}

// Failed reports whether writing has failed.
func (p *page) Failed() bool { return p.book.Failed() }

// Close writes the lists behind the table, and ends the workbook.
func (p *page) Close() error {
	if err := p.lists.Write(p.book); err != nil {
		return err
	}
	return p.book.Close()
}

// statusStyle is what a status looks like.
func statusStyle(s csvimport.Status) bookwriter.Style {
	switch s {
	case csvimport.Completed, csvimport.Existing:
		return bookwriter.Good
	case csvimport.Submitted:
		return bookwriter.Waiting
	case csvimport.Invalid, csvimport.Refused, csvimport.Failed:
		return bookwriter.Bad
	}
	return bookwriter.Doubtful
}

// columnNote says what goes into a column.
func columnNote(c column) string {
	switch c {
	case colTenant:
		return "The customer's Microsoft domain: contoso.onmicrosoft.com. One row for each Azure subscription."
	case colPlanID:
		return "The service plan: choose it from the list. An id alone is understood as well."
	case colSubID:
		return "The id of the Azure subscription, as it was exported. It is never shared by two rows."
	case colCompany:
		return "The company name of the account that pays. With the e-mail it finds the account where account_id is empty."
	case colEmail:
		return "The e-mail of that account's administrator."
	case colAccountID:
		return "The number of the account that pays: choose the account from the list, or leave it empty. A number alone is understood as well."
	case colCutOff:
		return "From which day on it is billed here: 2027-01-31. May be empty."
	}
	return ""
}
