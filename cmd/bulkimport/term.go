package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bulkimport/csvimport"
	"bulkimport/csvimport/visible"
)

// Words for a person. Lower case, no full stop at the end of a line, one fact
// a line; an error says what is wrong, its hint what to do. What came from a
// file or the platform is cleaned before it reaches a terminal. Colour helps,
// and nothing is told by colour alone.

// pen colours words, or does not.
type pen struct{ colour bool }

// pen returns the pen for a stream: coloured on a terminal, unless NO_COLOR
// is set or the terminal is dumb.
func (e *env) pen(w io.Writer) pen {
	if e.get("NO_COLOR") != "" || e.get("TERM") == "dumb" || !isTerminal(w) {
		return pen{}
	}
	return pen{colour: enableColour(fileOf(w))}
}

func (p pen) in(code, s string) string {
	if !p.colour || s == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

func (p pen) bold(s string) string   { return p.in("1", s) }
func (p pen) dim(s string) string    { return p.in("2", s) }
func (p pen) red(s string) string    { return p.in("31", s) }
func (p pen) green(s string) string  { return p.in("32", s) }
func (p pen) yellow(s string) string { return p.in("33", s) }

// mark shows a cell that is at fault.
func (p pen) mark(s string) string { return p.in("7", s) }

// clean makes text from outside harmless to a terminal, on one line.
func clean(s string) string { return visible.Text(strings.ReplaceAll(s, "\n", "⏎")) }

// quote puts text from outside in quotes, cleaned and at most 60 characters.
func quote(s string) string { return `"` + csvimport.Shorten(clean(s), 60) + `"` }

// number writes n with a comma between thousands.
func number(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// count writes a number of things: "1 row", "2 rows".
func count(n int, thing string) string { return number(n) + " " + plural(n, thing) }

// plural is the word for so many things.
func plural(n int, thing string) string {
	switch {
	case n == 1:
		return thing
	case strings.HasSuffix(thing, "y"):
		return thing[:len(thing)-1] + "ies"
	}
	return thing + "s"
}

// span writes a duration as people say it: 45s, 4m10s, 2h05m.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	}
	return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
}

// list writes the first of many: "2, 5, 9 and 4 more".
func list[T any](items []T, total, show int) string {
	var b strings.Builder
	for i, item := range items[:min(show, len(items))] {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprint(&b, item)
	}
	if more := total - min(show, len(items)); more > 0 {
		fmt.Fprintf(&b, " and %s more", number(more))
	}
	return b.String()
}

// table writes rows in columns as wide as their widest cell; the last column
// is not padded. Cells are cleaned.
func table(w io.Writer, indent string, rows [][]string) error {
	var widths []int
	for _, row := range rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], columns(clean(cell)))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		b.Reset()
		b.WriteString(indent)
		for i, cell := range row {
			cell = clean(cell)
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-columns(cell)+2))
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// columns is how many columns of a terminal s takes: letters of East Asia take
// two, marks above or below another letter none.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul),
			r >= 0x3000 && r <= 0x303F, r >= 0xFF01 && r <= 0xFF60, r >= 0x1F300 && r <= 0x1FAFF:
			n += 2
		default:
			n++
		}
	}
	return n
}
