package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"bulkimport/csvimport"
)

const (
	findingsShown = 100 // in text; --json has all
	codesShown    = 10  // most frequent problems, where there are more findings than are shown
	rowsNamed     = 5   // of each
)

// findingList collects findings for a person: those that are equal but for their row
// as one, the first in full, of the rest what they are and how many. Its size does
// not grow with the file.
type findingList struct {
	most  int               // told in full, of each kind; 0 is findingsShown
	first [2][]*sameFinding // errors, warnings
	same  map[csvimport.Finding]*sameFinding
	count [2]int
	codes map[csvimport.Code]*codeCount
}

// sameFinding is a finding of one row or of many.
type sameFinding struct {
	csvimport.Finding // of the first
	places
}

// places counts rows and names the first of them.
type places struct {
	n    int   // findings
	rows []int // the first rows
	more int   // rows beyond those
	last int   // of the rows
}

// add counts a finding; 0 is no row.
func (p *places) add(row int) {
	p.n++
	if row == 0 || row == p.last || slices.Contains(p.rows, row) {
		return
	}
	p.last = row
	if len(p.rows) < rowsNamed {
		p.rows = append(p.rows, row)
	} else {
		p.more++
	}
}

// join adds what another one has counted.
func (p *places) join(other *places) {
	p.n += other.n
	p.more += other.more
	for _, row := range other.rows {
		switch {
		case slices.Contains(p.rows, row):
		case len(p.rows) < rowsNamed:
			p.rows = append(p.rows, row)
		default:
			p.more++
		}
	}
}

// words names the rows, empty for none: row 7, or rows 2, 3 and 40 more.
func (p *places) words() string {
	if len(p.rows) == 0 {
		return ""
	}
	all := len(p.rows) + p.more
	return plural(all, "row") + " " + list(p.rows, all, rowsNamed)
}

// The two kinds of a finding, as places in a findingList.
const (
	isError = iota
	isWarning
)

func kind(s csvimport.Severity) int {
	if s == csvimport.SeverityError {
		return isError
	}
	return isWarning
}

func (l *findingList) total() int { return l.count[isError] + l.count[isWarning] }

// codeCount is one kind of problem.
type codeCount struct {
	code    csvimport.Code
	kind    int
	message string // of the first
	places
}

func (l *findingList) add(findings ...csvimport.Finding) {
	for i := range findings {
		f := advised(findings[i])
		k := kind(f.Severity)
		l.count[k]++
		l.code(f.Code, k, f.Message).add(f.Row)
		if same := l.like(f); same != nil {
			same.add(f.Row)
		}
	}
}

// like returns what is equal to a finding but for its row, nil if there are too many
// to be told.
func (l *findingList) like(f csvimport.Finding) *sameFinding {
	key := sameKey(f)
	if same := l.same[key]; same != nil {
		return same
	}
	k := kind(f.Severity)
	if len(l.first[k]) == cmp.Or(l.most, findingsShown) {
		return nil
	}
	if l.same == nil {
		l.same = make(map[csvimport.Finding]*sameFinding)
	}
	same := &sameFinding{Finding: f}
	l.same[key] = same
	l.first[k] = append(l.first[k], same)
	return same
}

// sameKey is what equal findings have in common.
func sameKey(f csvimport.Finding) csvimport.Finding {
	f.Line, f.Row = min(f.Line, 1)-1, 0 // -1 is of the whole file
	return f
}

// equal is how many findings are equal to one, 0 if it is none of those that are told.
func (l *findingList) equal(f csvimport.Finding) int {
	if same := l.same[sameKey(f)]; same != nil {
		return same.n
	}
	return 0
}

func (l *findingList) code(code csvimport.Code, kind int, message string) *codeCount {
	c := l.codes[code]
	if c == nil {
		if l.codes == nil {
			l.codes = make(map[csvimport.Code]*codeCount)
		}
		c = &codeCount{code: code, kind: kind, message: message}
		l.codes[code] = c
	}
	return c
}

// merge adds what another list collected.
func (l *findingList) merge(other *findingList) {
	for k := range l.first {
		l.count[k] += other.count[k]
		for _, o := range other.first[k] {
			if same := l.like(o.Finding); same != nil {
				same.join(&o.places)
			}
		}
	}
	for code, o := range other.codes {
		l.code(code, o.kind, o.message).join(&o.places)
	}
}

// shown are the findings to be told in full: errors before warnings where
// there are more than can be read, in file order.
func (l *findingList) shown() []*sameFinding {
	all := slices.Concat(l.first[isError], l.first[isWarning])
	all = all[:min(len(all), findingsShown)]
	slices.SortStableFunc(all, func(a, b *sameFinding) int { return cmp.Compare(a.Line, b.Line) })
	return all
}

// brief shows errors as write does, and of warnings only what kinds there are.
func (l *findingList) brief(w io.Writer, p pen, file string) {
	errors := findingList{codes: make(map[csvimport.Code]*codeCount)}
	errors.first[isError], errors.count[isError] = l.first[isError], l.count[isError]
	warnings := findingList{codes: make(map[csvimport.Code]*codeCount)}
	for code, c := range l.codes {
		if c.kind == isError {
			errors.codes[code] = c
		} else {
			warnings.codes[code] = c
		}
	}
	errors.write(w, p, file)
	if len(warnings.codes) > 0 {
		fmt.Fprintf(w, "\n%s (bulkimport validate shows each)\n", p.bold(count(l.count[isWarning], "warning")))
		warnings.writeCodes(w, p)
	}
}

// write shows the list: what is most frequent first where there is more than
// can be read, then row by row.
func (l *findingList) write(w io.Writer, p pen, file string) {
	shown := l.shown()
	more := l.total()
	for _, f := range shown {
		more -= f.n
	}
	if more > 0 {
		fmt.Fprintf(w, "\n%s\n", p.bold("most frequent"))
		l.writeCodes(w, p)
	}
	last := ""
	for _, f := range shown {
		at := f.at(file)
		if at != last {
			fmt.Fprintf(w, "\n%s\n", p.bold(at))
			last = at
		}
		writeFinding(w, p, &f.Finding)
	}
	if more > 0 {
		fmt.Fprintf(w, "\nand %s more\n", number(more))
	}
}

// at is where a finding is, or are those that are equal.
func (f *sameFinding) at(file string) string {
	if len(f.rows) > 1 {
		return clean(file) + ", " + f.words()
	}
	return place(file, &f.Finding)
}

// writeCodes shows the most frequent problems, errors first.
func (l *findingList) writeCodes(w io.Writer, p pen) {
	codes := l.sorted()
	for _, c := range codes[:min(codesShown, len(codes))] {
		writeCode(w, p, c)
	}
	if more := len(codes) - codesShown; more > 0 {
		fmt.Fprintf(w, "  and %s\n", count(more, "other kind"))
	}
}

// sorted are the kinds of problems, errors first, the most frequent before others.
func (l *findingList) sorted() []*codeCount {
	return slices.SortedFunc(maps.Values(l.codes), func(a, b *codeCount) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.n, a.n), cmp.Compare(a.code, b.code))
	})
}

func writeCode(w io.Writer, p pen, c *codeCount) {
	where := c.words()
	if where != "" {
		where = ": " + where
	}
	fmt.Fprintf(w, "  %7s × %s%s\n            %s\n", number(c.n), p.severity(c.kind, string(c.code)), where, clean(c.message))
}

// place is where a finding is: the file, the row as the spreadsheet counts and
// the physical line where it is another number.
func place(file string, f *csvimport.Finding) string {
	switch {
	case f.Line == 0:
		return clean(file)
	case f.Row == 0:
		return fmt.Sprintf("%s, line %d", clean(file), f.Line)
	case f.Row == f.Line:
		return fmt.Sprintf("%s, row %d", clean(file), f.Row)
	}
	return fmt.Sprintf("%s, row %d (line %d)", clean(file), f.Row, f.Line)
}

// severity colours a word by what it stands for.
func (p pen) severity(kind int, word string) string {
	if kind == isError {
		return p.red(word)
	}
	return p.yellow(word)
}

// writeFinding shows one finding below its row: the cell, what is wrong with
// it, and the mend.
func writeFinding(w io.Writer, p pen, f *csvimport.Finding) {
	head := "  " + p.severity(kind(f.Severity), fmt.Sprintf("%-7s", f.Severity)) + "  "
	const indent = "           "
	message := clean(f.Message)
	if f.Column != "" || f.Letter != "" {
		cell := strings.Join(strings.Fields("column "+f.Letter+" "+f.Column), " ")
		if f.Value != "" && !strings.Contains(f.Message, f.Value) {
			cell += ": " + p.mark(quote(f.Value))
		}
		fmt.Fprintf(w, "%s%s\n", head, cell)
		head = indent
	}
	fmt.Fprintf(w, "%s%s %s\n", head, message, p.dim("("+string(f.Code)+")"))
	if f.Hint != "" {
		fmt.Fprintf(w, "%shint: %s\n", indent, clean(f.Hint))
	}
}
