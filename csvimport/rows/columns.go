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
