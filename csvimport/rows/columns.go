package rows

import (
	"io"
	"slices"

	"github.com/gocarina/gocsv"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet"
)

const (
	templateColumns      = 6
	templateColumnsDated = 7
)

// batchRows is how many rows gocsv is handed at once: one at a time costs it
// three times as much, and a whole file does not fit in memory.
const batchRows = 64

// headings returns the csv tags of T in order, as gocsv understands them.
func headings[T any]() []string {
	var names recorder
	// A writer that keeps what it is given cannot fail, and neither can an
	// empty slice of a struct of strings.
	_ = gocsv.MarshalCSV([]T{}, &names)
	return names
}

// recorder keeps the last record written to it.
type recorder []string

func (r *recorder) Write(cells []string) error {
	*r = append((*r)[:0], cells...)
	return nil
}

func (*recorder) Flush() {}

func (*recorder) Error() error { return nil }

// writeColumns writes the rows with their headings to out.
func writeColumns[T any](out gocsv.CSVWriter, rows []T) error {
	return gocsv.MarshalCSV(rows, out)
}

// writeMore writes the rows without headings to out.
func writeMore[T any](out gocsv.CSVWriter, rows []T) error {
	return gocsv.MarshalCSVWithoutHeaders(rows, out)
}

// readColumns maps records to structs by the headings. A record shorter or
// longer than the headings is cut or padded.
func readColumns[T any](headings []string, records [][]string) ([]T, error) {
	if len(records) == 0 {
		return nil, nil
	}
	var out []T
	err := gocsv.UnmarshalCSV(&recordReader{headings, records, 0}, &out)
	return out, err
}

// recordReader hands records already read to gocsv, headings first.
type recordReader struct {
	headings []string
	records  [][]string
	at       int
}

func (r *recordReader) Read() ([]string, error) {
	switch at := r.at; {
	case at == 0:
		r.at++
		return r.headings, nil
	case at <= len(r.records):
		r.at++
		return r.fit(r.records[at-1]), nil
	}
	return nil, io.EOF
}

func (r *recordReader) ReadAll() ([][]string, error) {
	all := make([][]string, 0, len(r.records)+1)
	for {
		record, err := r.Read()
		if err != nil {
			return all, nil
		}
		all = append(all, record)
	}
}

func (r *recordReader) fit(cells []string) []string {
	if len(cells) > len(r.headings) {
		return cells[:len(r.headings)]
	}
	return cells
}

// table writes records of which gocsv hands over one at a time. It is a
// gocsv.CSVWriter.
type table struct {
	out     sheet.Writer
	columns int // cells of each record that are written, 0 = all
	err     error
}

// Write writes one record.
func (t *table) Write(cells []string) error {
	if t.columns > 0 && len(cells) > t.columns {
		cells = cells[:t.columns]
	}
	if err := t.out.Write(cells); err != nil && t.err == nil {
		t.err = err
	}
	return t.err
}

// Flush does nothing: gocsv calls it after every batch. See close.
func (t *table) Flush() {}

// Error returns the first error of writing.
func (t *table) Error() error { return t.err }

// close writes what is still held back. It does not close the writer below.
func (t *table) close() error {
	if err := t.out.Close(); err != nil && t.err == nil {
		t.err = err
	}
	return t.err
}

// Letters are those a spreadsheet shows above the columns, by folded heading.
type Letters map[string]string

// LettersOf returns the letters of the columns with these headings.
func LettersOf(header []string) Letters {
	l := make(Letters)
	for i, name := range header {
		if name := sheet.Fold(name); l[name] == "" {
			l[name] = sheet.Letter(i)
		}
	}
	return l
}

// Name completes findings that know their column and not its letter.
func (l Letters) Name(findings []csvimport.Finding) []csvimport.Finding {
	cloned := false
	for i := range findings {
		if findings[i].Letter != "" || findings[i].Column == "" {
			continue
		}
		if !cloned {
			findings, cloned = slices.Clone(findings), true
		}
		findings[i].Letter = l[sheet.Fold(findings[i].Column)]
	}
	return findings
}

// resultLayout tells the operator's own columns from those of an earlier
// result.
type resultLayout struct {
	own     []int          // positions of the operator's columns
	results map[string]int // position of each result column, if any are there
	width   int
}

// layoutOf finds the result columns in headings. Operators have columns called
// status or error of their own, so names alone prove nothing: result columns
// are there when half of their names are, and each is the last of its name,
// since results are written behind what was there.
func layoutOf(header []string) resultLayout {
	names := make(map[string]string)
	for _, name := range headings[csvimport.ResultRow]() {
		names[sheet.Fold(name)] = name
	}
	last := make(map[string]int, len(names))
	for i, heading := range header {
		if name, ok := names[sheet.Fold(heading)]; ok {
			last[name] = i
		}
	}
	l := resultLayout{width: len(header)}
	taken := make([]bool, len(header))
	if len(last) >= len(names)/2 {
		l.results = last
		for _, i := range last {
			taken[i] = true
		}
	}
	for i := range header {
		if !taken[i] {
			l.own = append(l.own, i)
		}
	}
	return l
}

// cellOf returns the cell of a record that may be shorter than its headings.
func cellOf(cells []string, i int) string {
	if i < 0 || i >= len(cells) {
		return ""
	}
	return cells[i]
}

// pick returns the operator's own cells of a record.
func (l resultLayout) pick(cells []string) []string {
	if l.results == nil && len(cells) == l.width {
		return cells
	}
	own := make([]string, len(l.own))
	for j, i := range l.own {
		own[j] = cellOf(cells, i)
	}
	return own
}

// order is the positions of the operator's columns, of the result columns with these
// names, and of all other result columns.
func (l resultLayout) order(first []string) []int {
	if l.results == nil {
		return l.own
	}
	at := slices.Clone(l.own)
	for _, name := range first {
		if i, ok := l.results[name]; ok {
			at = append(at, i)
		}
	}
	for i := range l.width {
		if !slices.Contains(at, i) {
			at = append(at, i)
		}
	}
	return at
}

// names are the names of the result columns, where they stand. As headings for
// gocsv they keep an operator's column of the same name from being taken for one.
func (l resultLayout) names() []string {
	names := make([]string, l.width)
	for name, i := range l.results {
		names[i] = name
	}
	return names
}
