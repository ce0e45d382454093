package workbook

import (
	"math"
	"strconv"
	"strings"

	"bulkimport/csvimport/sheet"
)

// formatLimit is the longest format in bytes that is understood.
const formatLimit = 1 << 10

// format is a number format, understood as far as it tells what kind of number is
// shown, and whether its digits are those that are stored.
type format struct {
	code     string
	sections []section
}

// section is the part of a format for some of the numbers.
type section struct {
	raw   string // as it is written
	op    string // <, >, =, and so on; empty where the sign of the number chooses
	limit float64

	general  bool // shown as a cell without a format
	date     bool
	text     bool // @: as it stands
	exponent bool
	other    bool // shown in a way that is not drawn here: scaled, as a fraction
	percent  int
	literals bool // digits that are no placeholders
	grouped  bool // thousands are separated
	zeros    int  // digits shown at least before the decimal point
	digits   int  // placeholders before the decimal point
	pieces   []piece
}

// piece is what a section shows next: a literal, or a placeholder of a digit before
// the decimal point, or all that follows the point.
type piece struct {
	literal string
	place   bool
	decimal string // the point and its zeros
}

// general is the format of cells without one.
var general = parseFormat("General")

// parseFormat understands a format.
func parseFormat(code string) *format {
	f := &format{code: code}
	if len(code) > formatLimit {
		f.sections = []section{{other: true}}
		return f
	}
	for _, text := range splitSections(code) {
		if len(f.sections) < 4 {
			f.sections = append(f.sections, parseSection(text))
		}
	}
	return f
}

// splitSections splits a format at its semicolons that are no literals.
func splitSections(code string) (parts []string) {
	start := 0
	for i := 0; i < len(code); i++ {
		switch code[i] {
		case '"':
			if n := strings.IndexByte(code[i+1:], '"'); n >= 0 {
				i += n + 1
			}
		case '[':
			if n := strings.IndexByte(code[i+1:], ']'); n >= 0 {
				i += n + 1
			}
		case '\\', '_', '*':
			i++
		case ';':
			parts = append(parts, code[start:i])
			start = i + 1
		}
	}
	return append(parts, code[start:])
}

// parseSection understands a section, character by character.
func parseSection(text string) section {
	s := section{raw: text}
	text = withoutFraction(text)
	decimals, comma, era := false, false, false
	for i := 0; i < len(text); {
		rest := text[i:]
		if len(rest) >= 7 && strings.EqualFold(rest[:7], "General") {
			s.general = true
			i += 7
			continue
		}
		if len(rest) >= 5 && strings.EqualFold(rest[:5], "AM/PM") || len(rest) >= 3 && strings.EqualFold(rest[:3], "A/P") {
			s.date = true
			i += 3
			continue
		}
		c := rest[0]
		size := 1
		switch {
		case c == '"':
			n := strings.IndexByte(rest[1:], '"')
			if n < 0 {
				n = len(rest) - 1
			}
			s.literal(rest[1 : n+1])
			size = min(n+2, len(rest))
		case c == '[':
			n := strings.IndexByte(rest, ']')
			if n < 0 {
				n = len(rest) - 1
			}
			s.bracket(strings.TrimSuffix(rest[1:n+1], "]"))
			size = n + 1
		case c == '\\' && len(rest) > 1:
			n := letterSize(rest[1:])
			s.literal(rest[1 : 1+n])
			size = 1 + n
		case c == '_' && len(rest) > 1: // as wide as a letter
			size = 1 + letterSize(rest[1:])
		case c == '*' && len(rest) > 1: // a letter again and again
			n := letterSize(rest[1:])
			s.literals = s.literals || rest[1] >= '0' && rest[1] <= '9'
			size = 1 + n
		case c == '@':
			s.text = true
		case c == '0' || c == '#' || c == '?':
			if !decimals {
				s.place(c)
				comma = false
			} else if c == '0' {
				s.pieces[len(s.pieces)-1].decimal += "0"
			}
		case c == '.' && !decimals && (s.digits > 0 || strings.ContainsAny(rest, "0#?")):
			decimals = true
			s.pieces = append(s.pieces, piece{decimal: "."})
		case c == ',':
			s.grouped = true
			comma = s.digits > 0 // behind the last placeholder it divides by a thousand
		case c == '%':
			s.percent++
			s.literal("%")
		case (c == 'E' || c == 'e') && len(rest) > 1 && (rest[1] == '+' || rest[1] == '-') && s.digits > 0:
			s.exponent = true
			size = len(rest)
		case c == '/' && s.digits > 0:
			s.other = true
		case strings.IndexByte("yYmMdDhHsS", c) >= 0:
			s.date = true
		case strings.IndexByte("eEgGbB", c) >= 0:
			era = true
		case c >= '1' && c <= '9':
			s.literals = true
			s.literal(rest[:1])
		default:
			size = letterSize(rest)
			s.literal(rest[:size])
		}
		i += size
	}
	s.other = s.other || comma
	// A currency may be written with letters that dates have, without quotes.
	s.date = (s.date || era) && s.digits == 0
	return s
}

// withoutFraction cuts the fraction off "# ?/?": behind a whole number it is blank.
func withoutFraction(text string) string {
	before, after, ok := strings.Cut(text, "/")
	i := strings.LastIndexByte(before, ' ')
	if ok && i > 0 && strings.Trim(before[i+1:], "#?") == "" && strings.Trim(after, "#?0123456789") == "" && strings.ContainsAny(before[:i], "0#?") {
		return text[:i]
	}
	return text
}

// letterSize is how many bytes the first character takes.
func letterSize(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

func (s *section) literal(text string) {
	s.literals = s.literals || strings.ContainsAny(text, "0123456789")
	s.pieces = append(s.pieces, piece{literal: text})
}

func (s *section) place(c byte) {
	s.digits++
	if c == '0' || s.zeros > 0 { // behind a zero every place shows a digit
		s.zeros++
	}
	s.pieces = append(s.pieces, piece{place: true})
}

// bracket reads what stands in brackets: a colour, a condition, a currency, or
// hours, minutes or seconds beyond a day.
func (s *section) bracket(text string) {
	lower := strings.ToLower(text)
	switch {
	case text == "":
	case text[0] == '$':
		sign, _, _ := strings.Cut(text[1:], "-")
		s.literal(sign)
	case strings.IndexByte("<>=", text[0]) >= 0:
		s.op = text[:1]
		if len(text) > 1 && strings.IndexByte("=>", text[1]) >= 0 {
			s.op = text[:2]
		}
		s.limit, _ = strconv.ParseFloat(strings.TrimSpace(text[len(s.op):]), 64)
	case strings.Trim(lower, "h") == "" || strings.Trim(lower, "m") == "" || strings.Trim(lower, "s") == "":
		s.date = true
	}
}

// of returns the section that shows a number.
func (f *format) of(v float64) *section {
	all := f.sections
	conditions := false
	for i := range all {
		s := &all[i]
		if s.op == "" {
			continue
		}
		conditions = true
		ok := false
		switch s.op {
		case "<":
			ok = v < s.limit
		case "<=":
			ok = v <= s.limit
		case ">":
			ok = v > s.limit
		case ">=":
			ok = v >= s.limit
		case "=":
			ok = v == s.limit
		case "<>":
			ok = v != s.limit
		}
		if ok {
			return s
		}
	}
	switch {
	case conditions:
		for i := range all {
			if all[i].op == "" {
				return &all[i]
			}
		}
		return &section{other: true}
	case v < 0 && len(all) > 1:
		return &all[1]
	case v == 0 && len(all) > 2:
		return &all[2]
	}
	return &all[0]
}

// isDate reports whether a number in this format is a date or a time of day.
func (f *format) isDate(v float64) bool {
	s := f.of(v)
	return s.date && !s.general
}

// wholeLimit is the least whole number that has 16 digits: of these a double does
// not keep all.
const wholeLimit = 1e15

// show tells how the format shows a number, and returns the text of its cell: for
// a whole number the digits, else the number as it is stored.
func (f *format) show(v float64, stored string) (text string, look sheet.Look) {
	s := f.of(v)
	whole := v == math.Trunc(v) && math.Abs(v) < wholeLimit
	switch {
	case s.exponent:
		look = sheet.Scientific
	case s.decorates():
		look = sheet.Decorated
	}
	switch {
	case !whole:
		if math.Abs(v) >= wholeLimit && !strings.ContainsAny(stored, "eE") {
			stored = strconv.FormatFloat(v, 'E', -1, 64)
		}
		return stored, look
	case s.general && !s.literals, s.text:
		return plain(v), look
	case s.disguises():
		return s.draw(v, f.code), sheet.Disguised
	case v > 0 && !s.exponent:
		digits := plain(v)
		return strings.Repeat("0", max(0, s.zeros-len(digits))) + digits, look
	}
	return plain(v), look
}

// disguises reports whether other digits are shown than those stored, or none.
func (s *section) disguises() bool {
	return s.literals || s.percent > 0 || s.other || !s.general && s.digits == 0
}

// decorates reports whether something is shown besides digits.
func (s *section) decorates() bool {
	for _, p := range s.pieces {
		if strings.TrimSpace(p.literal) != "" || len(p.decimal) > 1 {
			return true
		}
	}
	return s.grouped
}

// plain writes a whole number.
func plain(v float64) string { return strconv.FormatFloat(math.Abs(v)*sign(v), 'f', 0, 64) }

func sign(v float64) float64 {
	if v < 0 {
		return -1
	}
	return 1
}

// draw returns what a person sees of a whole number, or, where that is not known,
// the number with its format.
func (s *section) draw(v float64, code string) string {
	if s.other || s.exponent || s.percent > 1 {
		return plain(v) + " (" + code + ")"
	}
	digits := strings.TrimPrefix(plain(v), "-")
	digits += strings.Repeat("00", s.percent)
	if s.percent > 0 && v == 0 {
		digits = "0"
	}
	digits = strings.Repeat("0", max(0, s.zeros-len(digits))) + digits
	var b strings.Builder
	if v < 0 {
		b.WriteByte('-')
	}
	if s.general {
		for _, p := range s.pieces {
			b.WriteString(p.literal)
		}
		return b.String() + digits
	}
	left := s.digits
	for _, p := range s.pieces {
		switch {
		case p.place:
			// The first place takes all digits for which there is none.
			n := len(digits) - left + 1
			if left--; n > 0 {
				b.WriteString(digits[:n])
				digits = digits[n:]
			}
		default:
			b.WriteString(p.literal)
			if len(p.decimal) > 1 {
				b.WriteString(p.decimal)
			}
		}
	}
	if text := strings.TrimSpace(b.String()); text != "" {
		return text
	}
	return plain(v) + " (" + code + ")"
}
