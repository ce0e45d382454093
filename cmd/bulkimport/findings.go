package main

import (
	"cmp"
	"fmt"
	"io"
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
	shown    []csvimport.Finding
	total    int
	errors   int
	warnings int
	codes    map[string]*codeCount
}

// codeCount is one kind of problem.
type codeCount struct {
	code    string
	n       int
	message string // of the first
	rows    []int
	isError bool
}

func (l *findingList) add(findings ...csvimport.Finding) {
	for i := range findings {
		f := &findings[i]
		l.total++
		isError := f.Severity == csvimport.SeverityError
		if isError {
			l.errors++
		} else {
			l.warnings++
		}
		if len(l.shown) < findingsShown {
			l.shown = append(l.shown, *f)
		}
		if l.codes == nil {
			l.codes = make(map[string]*codeCount)
		}
		c := l.codes[f.Code]
		if c == nil {
			c = &codeCount{code: f.Code, message: f.Message, isError: isError}
			l.codes[f.Code] = c
		}
		c.n++
		if len(c.rows) < rowsNamed && f.Row > 0 {
			c.rows = append(c.rows, f.Row)
		}
	}
}

// merge adds what another list collected.
func (l *findingList) merge(other *findingList) {
	l.shown = append(l.shown, other.shown[:min(len(other.shown), findingsShown-len(l.shown))]...)
	l.total += other.total
	l.errors += other.errors
	l.warnings += other.warnings
	if l.codes == nil {
		l.codes = make(map[string]*codeCount)
	}
	for code, c := range other.codes {
		if have := l.codes[code]; have != nil {
			have.n += c.n
			have.rows = append(have.rows, c.rows...)
			have.rows = have.rows[:min(len(have.rows), rowsNamed)]
			have.isError = have.isError || c.isError
		} else {
			l.codes[code] = c
		}
	}
}

// brief shows errors as write does, and of warnings only what kinds there are.
func (l *findingList) brief(w io.Writer, p pen, file string) {
	errors := *l
	errors.shown = slices.DeleteFunc(slices.Clone(l.shown), func(f csvimport.Finding) bool { return f.Severity != csvimport.SeverityError })
	errors.total = l.errors
	errors.codes = make(map[string]*codeCount)
	var warnings []*codeCount
	for code, c := range l.codes {
		if c.isError {
			errors.codes[code] = c
		} else {
			warnings = append(warnings, c)
		}
	}
	errors.write(w, p, file)
	if len(warnings) == 0 {
		return
	}
	slices.SortFunc(warnings, func(a, b *codeCount) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.code, b.code)) })
	fmt.Fprintf(w, "\n%s (bulkimport validate shows each)\n", p.bold(count(l.warnings, "warning")))
	for _, c := range warnings {
		writeCode(w, p, c)
	}
}

// write shows the list: what is most frequent first where there is more than
// can be read, then row by row.
func (l *findingList) write(w io.Writer, p pen, file string) {
	if l.total == 0 {
		return
	}
	slices.SortStableFunc(l.shown, func(a, b csvimport.Finding) int { return cmp.Compare(a.Line, b.Line) })
	if l.total > findingsShown {
		l.writeCodes(w, p)
	}
	last := -1
	for i := range l.shown {
		f := &l.shown[i]
		if f.Line != last || i == 0 {
			fmt.Fprintf(w, "\n%s\n", p.bold(place(file, f)))
			last = f.Line
		}
		writeFinding(w, p, f)
	}
	if more := l.total - len(l.shown); more > 0 {
		fmt.Fprintf(w, "\nand %s more\n", number(more))
	}
}

func (l *findingList) writeCodes(w io.Writer, p pen) {
	codes := make([]*codeCount, 0, len(l.codes))
	for _, c := range l.codes {
		codes = append(codes, c)
	}
	slices.SortFunc(codes, func(a, b *codeCount) int {
		if a.isError != b.isError {
			return map[bool]int{true: -1, false: 1}[a.isError]
		}
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.code, b.code))
	})
	fmt.Fprintf(w, "\n%s\n", p.bold("most frequent"))
	for _, c := range codes[:min(codesShown, len(codes))] {
		writeCode(w, p, c)
	}
	if more := len(codes) - codesShown; more > 0 {
		fmt.Fprintf(w, "  and %s more\n", count(more, "other kind"))
	}
}

func writeCode(w io.Writer, p pen, c *codeCount) {
	where := ""
	if len(c.rows) > 0 {
		where = ": row " + list(c.rows, c.n, rowsNamed)
	}
	fmt.Fprintf(w, "  %7s × %s%s\n            %s\n", number(c.n), severity(p, c.isError, c.code), where, clean(c.message))
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

func severity(p pen, isError bool, word string) string {
	if isError {
		return p.red(word)
	}
	return p.yellow(word)
}

// writeFinding shows one finding below its row: the cell, what is wrong with
// it, and the mend.
func writeFinding(w io.Writer, p pen, f *csvimport.Finding) {
	isError := f.Severity == csvimport.SeverityError
	head := "  " + severity(p, isError, fmt.Sprintf("%-7s", f.Severity)) + "  "
	const indent = "           "
	message := clean(f.Message)
	if f.Column != "" || f.Letter != "" {
		cell := strings.TrimSpace("column " + f.Letter + " " + f.Column)
		if f.Value != "" && !strings.Contains(f.Message, f.Value) {
			cell += ": " + p.mark(quote(f.Value))
		}
		fmt.Fprintf(w, "%s%s\n", head, cell)
		head = indent
	}
	fmt.Fprintf(w, "%s%s %s\n", head, message, p.dim("("+f.Code+")"))
	if f.Hint != "" {
		fmt.Fprintf(w, "%shint: %s\n", indent, clean(f.Hint))
	}
}
