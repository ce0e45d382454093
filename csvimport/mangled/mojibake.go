package mangled

import (
	"math/bits"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/transform"

	"bulkimport/csvimport/normal"
)

// textLimit is the longest text in bytes that is tried in the code pages of East
// Asia: four for each character of the longest cell.
const textLimit = 4 * 32_767

// doubleBytePages write the code pages of East Asia as which UTF-8 is opened by
// mistake. They have no state.
var doubleBytePages = [...]transform.Transformer{
	simplifiedchinese.GBK.NewEncoder(), japanese.ShiftJIS.NewEncoder(), traditionalchinese.Big5.NewEncoder(), korean.EUCKR.NewEncoder(),
}

// wrongDoubleByte reports whether a text is UTF-8 that was read in a code page
// of East Asia, and what it was. All of it has to fit: western letters inside
// of western words, or several letters of another script.
func wrongDoubleByte(s string) (probably string, ok bool) {
	if len(s) > textLimit || !eastAsian(s) {
		return "", false
	}
	start, space := firstLetters(s), make([]byte, 0, 2*len(s))
	for _, page := range doubleBytePages {
		raw, _, err := transform.Append(page, space, start)
		if err != nil || !startsUTF8(raw) {
			continue
		}
		raw, _, err = transform.Append(page, space, []byte(s))
		if err != nil || !utf8.Valid(raw) {
			continue
		}
		if raw := string(raw); !normal.IsASCII(raw) && provesDoubleByte(raw) {
			return raw, true
		}
	}
	return "", false
}

// firstLetters returns a character outside of ASCII and the one behind it. In the code
// pages of East Asia few of their pairs make UTF-8, so that most names need no more.
func firstLetters(s string) []byte {
	s = s[max(0, strings.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })):]
	n := 0
	for i := range s {
		if n++; n > 2 {
			return []byte(s[:i])
		}
	}
	return []byte(s)
}

// startsUTF8 reports whether bytes are UTF-8, or would be with others behind them.
func startsUTF8(raw []byte) bool {
	for utf8.FullRune(raw) {
		r, size := utf8.DecodeRune(raw)
		if r == utf8.RuneError && size == 1 {
			return false
		}
		raw = raw[size:]
	}
	return true
}

// provesDoubleByte reports whether what a text becomes cannot be by chance:
// ordinary names of East Asia become letters of other scripts here and there.
func provesDoubleByte(raw string) bool {
	words, signs, others := 0, 0, 0
	last := rune(' ')
	for i, r := range raw {
		size := utf8.RuneLen(r)
		switch {
		case r < utf8.RuneSelf:
		case r < 0xa0:
			return false
		case r < 0x180:
			if insideWord(last, []byte(raw[i+size:])) {
				words++
			}
		case size == 4 || r >= 0x2010 && r < 0x20d0:
			signs++
		case unicode.IsLetter(r):
			others += size - 1
		}
		last = r
	}
	return words+signs > 0 && others == 0 || others > 5
}

// eastAsian reports whether a text has letters of East Asia.
func eastAsian(s string) bool {
	for _, r := range s {
		if r >= 0x2e80 && unicode.IsLetter(r) {
			return true
		}
	}
	return false
}

// wrongPage is a code page as which UTF-8 is opened by mistake.
type wrongPage struct {
	page *charmap.Charmap
	// all asks that all letters of the cell outside of ASCII fit: in these
	// pages ordinary letters of a language, or pairs of them, stand where
	// UTF-8 has its leading bytes (Ó and Ł of SPÓŁKA in Windows-1250).
	all bool
	// letters marks pages whose leading bytes are letters: there one
	// sequence of two letters is no proof.
	letters bool
	// other lets the text be of another script than Latin.
	other bool
}

var wrongPages = [...]wrongPage{
	{page: charmap.Windows1252, other: true},
	{page: charmap.Macintosh, all: true, other: true},
	{page: charmap.CodePage437, all: true, other: true},
	{page: charmap.CodePage850, all: true, other: true},
	{page: charmap.Windows1250, all: true, letters: true},
	{page: charmap.Windows1251, all: true, letters: true, other: true},
	{page: charmap.Windows1253, all: true, letters: true},
	{page: charmap.Windows1254, all: true, letters: true},
	{page: charmap.Windows1257, all: true, letters: true},
}

// pages is a set of wrongPages: a bit for each, by its place.
type pages uint16

// standing is in which pages a character is a byte that leads others in UTF-8, and in
// which one that follows.
type standing struct{ leads, follows pages }

// standings has the characters outside of ASCII that some page has, by their upper byte
// and their lower.
var standings = func() (t [0x100]*[0x100]standing) {
	for i, w := range wrongPages {
		for b := utf8.RuneSelf; b < 0x100; b++ {
			for _, r := range [...]rune{w.page.DecodeByte(byte(b)), rune(b)} {
				c, ok := w.encodeRune(r)
				if !ok {
					continue
				}
				if t[r>>8] == nil {
					t[r>>8] = new([0x100]standing)
				}
				at := &t[r>>8][r&0xff]
				if leads(c) {
					at.leads |= 1 << i
				} else if follows(c) {
					at.follows |= 1 << i
				}
			}
		}
	}
	return t
}()

// leads reports whether a byte starts a sequence of UTF-8.
func leads(b byte) bool { return b >= 0xc2 && b <= 0xf4 }

// follows reports whether a byte goes on with a sequence of UTF-8.
func follows(b byte) bool { return b&0xc0 == 0x80 }

// sequences returns the pages in which some character is a byte that leads others in
// UTF-8, and the next one a byte that follows.
func sequences(s string) (in pages) {
	var last pages
	for _, r := range s {
		if r < utf8.RuneSelf || r > 0xffff || standings[r>>8] == nil {
			last = 0
			continue
		}
		is := standings[r>>8][r&0xff]
		in |= last & is.follows
		last = is.leads
	}
	return in
}

// Mojibake reports whether a text is UTF-8 that was read in another encoding,
// and what it was, if that can be told.
func Mojibake(s string) (probably string, ok bool) {
	if normal.IsASCII(s) {
		return "", false
	}
	in := sequences(s)
	if in == 0 {
		return wrongDoubleByte(s)
	}
	var space [256]byte
	for ; in != 0; in &= in - 1 {
		w := wrongPages[bits.TrailingZeros16(uint16(in))]
		raw, fits := w.encode(space[:0], s)
		if w.all && (!fits || !utf8.Valid(raw)) {
			continue
		}
		if text, ok := w.unread(raw, s); ok {
			return text, true
		}
	}
	if text, ok := wrongDoubleByte(s); ok {
		return text, true
	}
	// Programs drop characters that cannot be seen, and with them a part of
	// such sequences; their starts are like nothing else.
	if strings.Contains(s, "ðŸ") || strings.Contains(s, "â€") {
		return "", true
	}
	return "", false
}

// encode returns the bytes that give s when read in the code page, one for
// each character, and whether all of s can be had so. Characters that
// are not in the page become a byte that is in no UTF-8 sequence.
func (w wrongPage) encode(raw []byte, s string) (_ []byte, fits bool) {
	fits = true
	for _, r := range s {
		b, ok := w.encodeRune(r)
		if !ok {
			if w.all {
				return raw, false
			}
			fits, b = false, 0xff
		}
		raw = append(raw, b)
	}
	return raw, fits
}

// encodeRune returns the byte that gives r when read in the code page.
func (w wrongPage) encodeRune(r rune) (b byte, ok bool) {
	if r < utf8.RuneSelf || w.page == charmap.Windows1252 && r < 0xa0 {
		return byte(r), true // Windows leaves five bytes undefined and reads them as controls
	}
	return w.page.EncodeRune(r)
}

// unread decodes the UTF-8 sequences in raw whose letters are plausible, and
// tells whether they prove anything. Everything else stays as it was read.
func (w wrongPage) unread(raw []byte, s string) (text string, proof bool) {
	var b strings.Builder
	runes := []rune(s)
	last := rune(' ')
	latin, other, signs, wide := 0, 0, 0, 0
	mixed := false // inside a word of ASCII letters
	for i := 0; i < len(raw); {
		r, size := utf8.DecodeRune(raw[i:])
		if size > 1 && r != utf8.RuneError && w.plausible(r, last, raw[i:]) {
			if r < 0x180 || r >= 0x1e00 && r < 0x2c00 || size == 4 {
				latin++
			} else {
				other++
				if size > 2 {
					wide++
				}
			}
			if !unicode.IsLetter(runes[i+size-1]) {
				signs++
			}
			mixed = mixed || raw[i] == 0xc3 && insideWord(last, raw[i+size:])
			b.WriteRune(r)
			last = r
			i += size
			continue
		}
		last = runes[i]
		b.WriteRune(last)
		i++
	}
	switch {
	case latin+other == 0, other > 0 && !w.other && wide < 3:
		return "", false
	case w.letters && other > 0:
		return b.String(), latin+other > 2
	case w.letters:
		return b.String(), latin > 1 || signs > 0 || mixed
	}
	return b.String(), true
}

// insideWord reports whether a letter of the Latin-1 block stands in a word of
// small ASCII letters.
func insideWord(before rune, after []byte) bool {
	small := func(r rune) bool { return r >= 'a' && r <= 'z' }
	next := rune(' ')
	if len(after) > 0 {
		next = rune(after[0])
	}
	return small(before) || before >= 'A' && before <= 'Z' && small(next)
}

// plausible reports whether the letter r, which the sequence at the start of
// raw gives, would stand in a name after another, so that the sequence is not
// text that only looks like one (É’, BLÅ–GUL, é before a no-break space and »).
func (w wrongPage) plausible(r, before rune, raw []byte) bool {
	size := utf8.RuneLen(r)
	switch {
	case r < 0xa0:
		return false
	case r < 0x100:
		return true
	case r < 0x180: // Latin Extended-A
		return w.all && !w.letters || raw[1] < 0x91 || raw[1] > 0x97 || before < 'A' || before > 'Z'
	case size == 2:
		return unicode.IsLetter(r) && unicode.In(r, unicode.Greek, unicode.Cyrillic, unicode.Hebrew, unicode.Arabic, unicode.Armenian) &&
			(w.all || sameScriptNext(before, raw[size:]))
	case size == 4:
		return unicode.IsPrint(r)
	case r >= 0x2000 && r < 0x2c00 || r == 0xfeff || r == utf8.RuneError:
		return true
	case r >= 0x1e00 && r < 0x2000:
		return unicode.IsLetter(r)
	}
	if !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r) && !unicode.Is(unicode.Mc, r) && !unicode.IsPunct(r) {
		return false
	}
	return w.all || !(before < utf8.RuneSelf && unicode.IsLetter(before)) && sameScriptNext(before, raw[size:])
}

// sameScriptNext reports whether a letter of a script that is not Latin has
// another of its kind beside it: alone, two western signs only look like one.
func sameScriptNext(before rune, after []byte) bool {
	if before > 0x24f && unicode.IsLetter(before) {
		return true
	}
	next, size := utf8.DecodeRune(after)
	return size > 1 && next != utf8.RuneError && next > 0x24f
}
