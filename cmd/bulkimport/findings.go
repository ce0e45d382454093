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

// findingList collects findings for a person: the first in full, of the rest
// what they are and how many. Its size does not grow with the file.
type findingList struct {
	first [2][]csvimport.Finding // errors, warnings
	count [2]int
	codes map[csvimport.Code]*codeCount
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
	n       int
	message string // of the first
	places  int    // rows that have it
	last    int    // of these
	rows    []int  // the first of these
}

func (l *findingList) add(findings ...csvimport.Finding) {
	for i := range findings {
		f := advised(findings[i])
		k := kind(f.Severity)
		l.count[k]++
		if len(l.first[k]) < findingsShown {
			l.first[k] = append(l.first[k], f)
		}
		c := l.code(f.Code, k, f.Message)
		c.n++
		if f.Row == 0 || f.Row == c.last || slices.Contains(c.rows, f.Row) {
			continue
		}
		c.last = f.Row
		if c.places++; len(c.rows) < rowsNamed {
			c.rows = append(c.rows, f.Row)
		}
	}
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
		l.first[k] = append(l.first[k], other.first[k][:min(len(other.first[k]), findingsShown-len(l.first[k]))]...)
		l.count[k] += other.count[k]
	}
	for code, o := range other.codes {
		c := l.code(code, o.kind, o.message)
		c.n += o.n
		c.places += o.places
		for _, row := range o.rows {
			if slices.Contains(c.rows, row) {
				c.places--
			} else if len(c.rows) < rowsNamed {
				c.rows = append(c.rows, row)
			}
		}
	}
}

// shown are the findings to be told in full: errors before warnings where
// there are more than can be read, in file order.
func (l *findingList) shown() []csvimport.Finding {
	list := slices.Concat(l.first[isError], l.first[isWarning])
	list = list[:min(len(list), findingsShown)]
	slices.SortStableFunc(list, func(a, b csvimport.Finding) int { return cmp.Compare(a.Line, b.Line) })
	return list
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
	if l.total() > findingsShown {
		fmt.Fprintf(w, "\n%s\n", p.bold("most frequent"))
		l.writeCodes(w, p)
	}
	shown := l.shown()
	for i := range shown {
		f := &shown[i]
		if i == 0 || f.Line != shown[i-1].Line {
			fmt.Fprintf(w, "\n%s\n", p.bold(place(file, f)))
		}
		writeFinding(w, p, f)
	}
	if more := l.total() - len(shown); more > 0 {
		fmt.Fprintf(w, "\nand %s more\n", number(more))
	}
}

// writeCodes shows the most frequent problems, errors first.
func (l *findingList) writeCodes(w io.Writer, p pen) {
	codes := slices.SortedFunc(maps.Values(l.codes), func(a, b *codeCount) int {
		return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(b.n, a.n), cmp.Compare(a.code, b.code))
	})
	for _, c := range codes[:min(codesShown, len(codes))] {
		writeCode(w, p, c)
	}
	if more := len(codes) - codesShown; more > 0 {
		fmt.Fprintf(w, "  and %s\n", count(more, "other kind"))
	}
}

func writeCode(w io.Writer, p pen, c *codeCount) {
	where := ""
	if len(c.rows) > 0 {
		where = ": " + plural(c.places, "row") + " " + list(c.rows, c.places, rowsNamed)
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
