package rows

import (
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

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

// layoutOf finds the result columns in headings and in some of the records below
// them. Operators have columns called status or error of their own, so a name alone
// proves nothing: ours are the longest run of headings as they were written, and
// what stands elsewhere if its values can be ours. Half of the names make a results
// file, or the status and two more where the statuses are ours.
func layoutOf(header []string, sample [][]string) resultLayout {
	names := headings[csvimport.ResultRow]()
	order := make(map[string]int, len(names))
	for i, name := range names {
		order[sheet.Fold(name)] = i
	}
	runs := runsOf(header, order)
	found := make(map[string]int, len(names))
	for n, run := range runs {
		for i := run.from; i < run.to; i++ {
			name := names[order[sheet.Fold(header[i])]]
			_, taken := found[name]
			whole := n == 0 && run.to-run.from >= len(names)/2
			if !taken && (whole || canBe(name, i, sample) >= 0) {
				found[name] = i
			}
		}
	}
	l := resultLayout{width: len(header)}
	at, told := found["status"]
	few := told && len(found) >= fewResults && canBe("status", at, sample) > 0
	if len(found) >= len(names)/2 || few {
		l.results = found
	}
	taken := make([]bool, len(header))
	for _, i := range l.results {
		taken[i] = true
	}
	for i := range header {
		if !taken[i] {
			l.own = append(l.own, i)
		}
	}
	return l
}

// fewResults is how many result columns make a results file whose statuses are ours.
const fewResults = 3

// run is part of a heading line in which the result columns stand as they are written.
type run struct{ from, to int }

// runsOf cuts a heading line into runs, the longest first, of equal ones the last:
// results are written behind what was there.
func runsOf(header []string, order map[string]int) []run {
	var runs []run
	last := -1
	for i, heading := range header {
		at, ok := order[sheet.Fold(heading)]
		switch {
		case !ok:
			last = -1
			continue
		case last < 0 || at <= last:
			runs = append(runs, run{i, i})
		}
		runs[len(runs)-1].to = i + 1
		last = at
	}
	slices.Reverse(runs)
	slices.SortStableFunc(runs, func(a, b run) int { return (b.to - b.from) - (a.to - a.from) })
	return runs
}

// canBe tells whether the values at a position can be those of a result column:
// positive if most of them can, zero if there are none, else negative.
func canBe(name string, at int, sample [][]string) int {
	votes := 0
	for _, cells := range sample {
		switch cell := strings.ToLower(strings.TrimSpace(cellOf(cells, at))); {
		case cell == "":
		case canStand(name, cell):
			votes++
		default:
			votes--
		}
	}
	return votes
}

// canStand reports whether a value can be a result column's.
func canStand(name, cell string) bool {
	switch name {
	case "status":
		return slices.Contains(csvimport.Statuses(), csvimport.Status(cell))
	case "line", "row", "http_status", "attempts":
		_, err := strconv.Atoi(cell)
		return err == nil
	case "submitted_at", "finished_at":
		_, err := time.Parse(time.RFC3339, strings.ToUpper(cell))
		return err == nil
	}
	return true
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

// names are the headings for gocsv: only the result columns have one, so that
// an operator's column of the same name is not taken for it.
func (l resultLayout) names() []string {
	names := make([]string, l.width)
	for name, i := range l.results {
		names[i] = name
	}
	return names
}
