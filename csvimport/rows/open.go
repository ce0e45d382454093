package rows

import (
	"bufio"
	"errors"
	"fmt"
	"hash/maphash"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/block"
	"bulkimport/csvimport/cutoff"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/planname"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/delimited"
	"bulkimport/csvimport/sheet/edited"
	"bulkimport/csvimport/sheet/workbook"
)

// ReadOptions say how a file is read. Its zero value reads any file.
type ReadOptions struct {
	CutOff   string    // for rows without a cut-off of their own, as ParseCutOff accepts it
	Now      time.Time // what is in the future; the current time if zero
	MaxBytes int64     // largest file read, delimited.DefaultMaxBytes if 0
	Sheet    string    // of a workbook, the name of the sheet that is read; empty: the one that has the headings
	Hidden   Hidden    // of a workbook, what becomes of the rows that are hidden
	Columns  Mapping   // headings that are not ours, and which columns they are; a column's own heading wins

	Edits edited.Cells // what a person has changed since, by row and column
}

// File is an operator's file, copied when it was opened: it does not change
// when the operator saves it again. It is safe for concurrent use.
type File struct {
	name   string
	table  sheet.Table
	header *header // nil if the file cannot be read
	parser *rowParser
	rows   bool // rows can be read

	skipHidden bool // rows that are hidden are left out

	count atomic.Int64 // of rows, plus one; 0 before the first full pass

	mu        sync.Mutex
	findings  []csvimport.Finding // known since opening
	later     []csvimport.Finding // of the last full pass
	conflicts map[guid.ID]struct{}
	repeats   repeats // nil before the first full pass, or if there are too many
}

// Open copies a file and recognises what it is. The error is only about
// reading and copying; what is wrong with the file itself is a Finding. Close
// drops the copy.
func Open(r io.Reader, name string, opt ReadOptions) (*File, error) {
	if opt.Now.IsZero() {
		opt.Now = time.Now()
	}
	cutOff := ""
	if opt.CutOff != "" {
		var err error
		if cutOff, err = ParseCutOff(opt.CutOff); err != nil {
			return nil, err
		}
	}
	table, err := openTable(r, opt.Columns.names(), opt.Columns.hasSubID, opt)
	if err != nil {
		return nil, err
	}
	table = edited.Over(table, opt.Edits)
	f := &File{name: name, table: table}
	facts := table.Facts()
	if fault := facts.Fault; fault != nil {
		f.findings = append(f.findings, refusal(fault, facts.Header, name))
		return f, nil
	}
	sample, err := sampleOf(table)
	if err != nil {
		return nil, errors.Join(err, table.Close())
	}
	f.header = parseHeader(facts.Header, sample, opt.Columns)
	f.parser = &rowParser{header: f.header, now: opt.Now, cutOff: cutOff, seed: maphash.MakeSeed(), grid: facts.Book != nil, delimiter: rune(facts.Style.Delimiter)}
	f.rows = f.header.usable()
	if facts.Book == nil && opt.Sheet != "" {
		f.rows = false
		f.findings = append(f.findings, csvimport.NewFinding(csvimport.ESheetUnknown, csvimport.Place{}, opt.Sheet,
			"the file is no workbook: it has no sheet "+csvimport.Quoted(opt.Sheet), "give the workbook, or no name of a sheet"))
	}
	if b := facts.Book; b != nil {
		f.findings = append(f.findings, bookNotices(b, f.header, opt.Hidden)...)
		f.skipHidden = opt.Hidden == HiddenSkipped
		f.rows = f.rows && !(opt.Hidden == HiddenRefused && b.Hidden > 0)
	}
	if err := f.notices(); err != nil {
		table.Close()
		return nil, err
	}
	f.findings = append(f.findings, f.header.findings...)
	if cutOff != "" {
		t, _ := time.Parse(cutoff.Layout, cutOff)
		for _, d := range doubtCutOff(t, opt.Now) {
			f.findings = append(f.findings, csvimport.NewFinding(d.code, csvimport.Place{}, cutOff, "the cut-off for rows without one of their own: "+d.message, d.hint))
		}
	}
	return f, nil
}

// sampled is how many records show what stands under a heading.
const sampled = 200

// sampleOf returns the first records of a table.
func sampleOf(t sheet.Table) (sample [][]string, err error) {
	reader := t.Reader()
	for i := 0; i < t.Facts().Chunks && len(sample) < sampled && err == nil; i++ {
		_, err = reader.Read(i, func(r *sheet.Record) bool {
			sample = append(sample, r.Cells)
			return len(sample) < sampled
		})
	}
	return sample, err
}

// layout tells the operator's columns from those of an earlier result.
func (f *File) layout() block.Layout {
	if f.header == nil {
		return block.Layout{}
	}
	return f.header.layout
}

// OpenTable opens a table of people's, whatever a spreadsheet saved it as, by its
// headings. 0 bytes is the usual bound.
func OpenTable(r io.Reader, headings []string, maxBytes int64) (sheet.Table, error) {
	return openTable(r, headings, nil, ReadOptions{MaxBytes: maxBytes})
}

// openTable opens a file as what it is. sound tells a record behind damage that is
// one for certain.
func openTable(r io.Reader, headings []string, sound func(header, cells []string) bool, opt ReadOptions) (sheet.Table, error) {
	br := bufio.NewReaderSize(r, 64<<10)
	head, err := br.Peek(workbook.HeadSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if workbook.Recognises(head) {
		return workbook.Open(br, workbook.Options{Headings: headings, Sheet: opt.Sheet, MaxBytes: opt.MaxBytes})
	}
	return delimited.Open(br, delimited.Options{Headings: headings, MaxBytes: opt.MaxBytes, Sound: sound})
}

// NamePlans tells the file the platform's plans, so that cells may hold their names.
// What was found of all rows without them is forgotten: Rows has to be ranged over
// again. Plans that are told once stay.
func (f *File) NamePlans(plans []csvimport.Plan) {
	if f.parser == nil || !f.parser.plans.CompareAndSwap(nil, planname.New(plans)) {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count.Store(0)
	f.later, f.conflicts, f.repeats = nil, nil, nil
}

// hasSubID reports whether an id stands in a record where sub_id does.
func (m Mapping) hasSubID(header, cells []string) bool {
	at := m.position(colSubID, header)
	if at < 0 || at >= len(cells) {
		return false
	}
	_, _, ok := guid.Parse(strings.TrimSpace(cells[at]))
	return ok
}

// Close drops the copy of the file.
func (f *File) Close() error { return f.table.Close() }

// Name returns the name under which the file was opened.
func (f *File) Name() string { return f.name }

// Size returns the size of the file's text in bytes.
func (f *File) Size() int64 { return f.table.Facts().Size }

// records is how many rows there are, or a number that no file reaches as long as
// that is not known.
func (f *File) records() int {
	if n := f.count.Load(); n > 0 {
		return int(n) - 1
	}
	return math.MaxInt
}

// AtMost is an upper bound of the number of rows, known since opening.
func (f *File) AtMost() int { return f.table.Facts().Records }

// Header returns the headings as the operator wrote them, without empty ones
// at the end; none if the file cannot be read.
func (f *File) Header() []string {
	if f.header == nil {
		return nil
	}
	return slices.Clone(f.header.names)
}

// Letters returns the letters of a file's columns, by our headings and its own.
func (f *File) Letters() Letters {
	l := LettersOf(f.Header())
	if f.header == nil {
		return l
	}
	for c, at := range f.header.at {
		if at >= 0 {
			l[sheet.Fold(columnNames[c])] = sheet.Letter(at)
		}
	}
	return l
}

// Sheets returns the names of a workbook's sheets that can be chosen, none of other files.
func (f *File) Sheets() []string {
	switch facts := f.table.Facts(); {
	case facts.Fault != nil && (facts.Fault.Kind == sheet.SheetAmbiguous || facts.Fault.Kind == sheet.SheetUnknown):
		return facts.Fault.Names
	case facts.Book != nil:
		return append([]string{facts.Book.Sheet}, facts.Book.Others...)
	}
	return nil
}

// Encoding returns the name of the file's encoding, for example "utf-8"; empty for
// a workbook.
func (f *File) Encoding() string { return f.table.Facts().Style.Encoding }

// Delimiter returns the character between the cells; empty for a workbook.
func (f *File) Delimiter() string {
	facts := f.table.Facts()
	if facts.Style.Delimiter == 0 {
		return ""
	}
	return string(facts.Style.Delimiter)
}

// hasCutOff reports whether the file has the column cut_off_date.
func (f *File) hasCutOff() bool { return f.header != nil && f.header.at[colCutOff] >= 0 }

// Findings returns what was found about the file, its headings, and across its
// rows. It is complete after Rows was ranged over to the end once; what was
// found about a row is the row's own.
func (f *File) Findings() []csvimport.Finding {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Concat(f.findings, f.later)
}

// Conflicted reports whether several rows have this sub_id and their cells do
// not all agree. It knows after Rows was ranged over to the end once.
func (f *File) Conflicted(subID string) bool {
	id, _, ok := guid.Parse(subID)
	if !ok {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	_, found := f.conflicts[id]
	return found
}

// notices are the warnings about how the file is written.
func (f *File) notices() error {
	add := func(code csvimport.Code, line, row int, value, message, hint string) {
		f.findings = append(f.findings, csvimport.NewFinding(code, csvimport.Place{Line: line, Row: row}, value, message, hint))
	}
	facts := f.table.Facts()
	for _, n := range facts.Notices {
		switch n.Kind {
		case sheet.GuessedEncoding:
			names, err := f.names(n.Chunk)
			if err != nil {
				return err
			}
			add(csvimport.WEncodingGuessed, 0, 0, "", "the file is not UTF-8; it was read as Windows-1252. Check these names: "+names, "if they are wrong, save the file as CSV UTF-8")
		case sheet.SepLine:
			add(csvimport.WSepLine, 1, 0, "", "", "")
		}
	}
	above := facts.Preamble
	for _, r := range above {
		if i := slices.IndexFunc(r.Cells, func(c string) bool { return len(guid.Find(c)) > 0 }); i >= 0 {
			f.rows = false
			add(csvimport.ENoHeader, r.Line, r.Row, strings.Join(r.Cells, ","),
				fmt.Sprintf("this row is already a customer (%s), and the heading line comes below it, in row %d: was the table sorted with its headings?", csvimport.Quoted(r.Cells[0]), f.header.row),
				"move the heading line to the top")
			return nil
		}
	}
	if len(above) > 0 {
		add(csvimport.WPreamble, above[0].Line, above[0].Row, strings.TrimSpace(strings.Join(above[0].Cells, " ")), "", "")
	}
	return nil
}

// names returns some of the names with letters outside of ASCII, from a chunk
// on, and their rows.
func (f *File) names(from int) (string, error) {
	var found []string
	seen := map[string]bool{}
	reader := f.table.Reader()
	at := f.header.at[colCompany]
	for i := from; i < f.table.Facts().Chunks && len(found) < 3; i++ {
		_, err := reader.Read(i, func(r *sheet.Record) bool {
			cells := r.Cells
			if at >= 0 && at < len(cells) {
				cells = cells[at : at+1]
			}
			for _, c := range cells {
				if name := strings.Trim(csvimport.Quoted(c), `"`); !normal.IsASCII(c) && !seen[name] {
					seen[name] = true
					found = append(found, name+" (row "+strconv.Itoa(r.Row)+")")
					break
				}
			}
			return len(found) < 3
		})
		if err != nil {
			return "", err
		}
		if i > from+8 {
			break
		}
	}
	return strings.Join(found, ", "), nil
}
