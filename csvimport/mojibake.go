package csvimport

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// addMojibake says that the letters of the cell were read in a wrong encoding.
func (c *cell) addMojibake(probably string) {
	c.add("E_MOJIBAKE", quoted(c.text)+" should probably be "+quoted(probably)+": the file was opened without UTF-8",
		"open the export again with Data > From Text/CSV, UTF-8")
}

// wrongPages are the code pages as which UTF-8 is opened by mistake. In those
// where ordinary letters of a language stand in the place of UTF-8's leading
// bytes, only a cell all of whose letters fit is believed, and more than one
// sequence is asked for.
var wrongPages = [...]struct {
	page   *charmap.Charmap
	strict int // sequences needed, all letters fitting; 0 = any plausible sequence
}{
	{charmap.Windows1252, 0},
	{charmap.Macintosh, 1},
	{charmap.CodePage437, 1},
	{charmap.CodePage850, 1},
	{charmap.Windows1250, 1},
	{charmap.Windows1251, 2},
	{charmap.Windows1253, 2},
	{charmap.Windows1254, 1},
	{charmap.Windows1257, 2},
}

// mojibake reports whether a text is UTF-8 that was read in another encoding,
// and what it was.
func mojibake(s string) (probably string, ok bool) {
	if isASCII(s) {
		return "", false
	}
	for _, w := range wrongPages {
		raw, fits := encodePage(w.page, s)
		if w.strict > 0 && (!fits || !utf8.Valid(raw)) {
			continue
		}
		if text, n := unread(raw, s, w.strict > 0); n > 0 && n >= w.strict {
			return text, true
		}
	}
	return "", false
}

// encodePage returns the bytes that give s when read in the code page, and
// whether all of s can be had so. There is one byte for each character; those
// that the page has not become one that is in no UTF-8 sequence.
func encodePage(page *charmap.Charmap, s string) (raw []byte, fits bool) {
	raw = make([]byte, 0, len(s))
	fits = true
	for _, r := range s {
		switch {
		case r < utf8.RuneSelf:
			raw = append(raw, byte(r))
		case page == charmap.Windows1252 && r >= 0x80 && r < 0xa0:
			// Windows leaves five bytes undefined and reads them as controls.
			raw = append(raw, byte(r))
		default:
			if b, ok := page.EncodeRune(r); ok {
				raw = append(raw, b)
				continue
			}
			fits = false
			raw = append(raw, 0xff)
		}
	}
	return raw, fits
}

// unread decodes the UTF-8 sequences in raw whose letters are plausible, and
// counts them. Everything else stays as it was read.
func unread(raw []byte, s string, strict bool) (text string, n int) {
	var b strings.Builder
	runes := []rune(s)
	last := rune(' ')
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if size > 1 && r != utf8.RuneError && plausible(r, size, last, raw[i+size:], strict) {
			b.WriteRune(r)
			last = r
			i += size
			n++
			continue
		}
		last = runes[i]
		b.WriteRune(last)
		i++
	}
	return b.String(), n
}

// plausible reports whether a letter that a sequence of UTF-8 gives would
// stand in a name at this place, so that the sequence is not text that only
// looks like one («É’», or é before a no-break space and »).
func plausible(r rune, size int, before rune, after []byte, strict bool) bool {
	switch {
	case r < 0xa0:
		return false
	case r < 0x180: // Latin-1 and Latin Extended-A
		return true
	case size == 2:
		return unicode.IsLetter(r) && (r < 0x250 && strict || unicode.In(r, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Armenian)) &&
			(strict || sameScriptNext(r, before, after))
	case size == 4:
		return unicode.IsPrint(r)
	case r >= 0x2000 && r < 0x2c00 || r == 0xfeff || r == 0xfffd:
		return true
	case r >= 0x1e00 && r < 0x2000:
		return unicode.IsLetter(r)
	}
	if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) && !unicode.IsPunct(r) {
		return false
	}
	return strict || !(before < utf8.RuneSelf && unicode.IsLetter(before)) && sameScriptNext(r, before, after)
}

// sameScriptNext reports whether a letter of a script that is not Latin has
// another of its kind beside it: alone, two western signs only look like one.
func sameScriptNext(r, before rune, after []byte) bool {
	if before > 0x24f && unicode.IsLetter(before) {
		return true
	}
	next, size := utf8.DecodeRune(after)
	return size > 1 && next != utf8.RuneError && next > 0x24f
}
