package delimited

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/encoding/unicode/utf32"
	"golang.org/x/text/transform"

	"bulkimport/csvimport/sheet"
)

var utf8BOM = []byte("\xef\xbb\xbf")

// wide tells an encoding with more than one byte to a letter from the first
// bytes of a file, by its byte order mark or by where its zeros stand. It
// returns "" for all others, and the length of the mark.
func wide(head []byte) (name string, bom int) {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return sheet.UTF32LE, 4
	case bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return sheet.UTF32BE, 4
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return sheet.UTF16LE, 2
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return sheet.UTF16BE, 2
	}
	head = head[:min(len(head), 1024)]
	if len(head) < 8 {
		return "", 0
	}
	var zero [4]int
	for i, c := range head {
		if c == 0 {
			zero[i%4]++
		}
	}
	q := len(head) / 4
	most := func(n int) bool { return n*10 >= q*7 }
	few := func(n int) bool { return n*10 <= q }
	switch {
	case few(zero[0]) && most(zero[1]) && most(zero[2]) && most(zero[3]):
		return sheet.UTF32LE, 0
	case most(zero[0]) && most(zero[1]) && most(zero[2]) && few(zero[3]):
		return sheet.UTF32BE, 0
	case few(zero[0]) && few(zero[2]) && most(zero[1]) && most(zero[3]):
		return sheet.UTF16LE, 0
	case few(zero[1]) && few(zero[3]) && most(zero[0]) && most(zero[2]):
		return sheet.UTF16BE, 0
	}
	return "", 0
}

// wideEncoding returns the codec of a name that wide returned.
func wideEncoding(name string) (e encoding.Encoding, unit int64) {
	switch name {
	case sheet.UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), 2
	case sheet.UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), 2
	case sheet.UTF32LE:
		return utf32.UTF32(utf32.LittleEndian, utf32.IgnoreBOM), 4
	case sheet.UTF32BE:
		return utf32.UTF32(utf32.BigEndian, utf32.IgnoreBOM), 4
	}
	return nil, 1
}

// counter counts the bytes read through it.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// decoded returns a reader of UTF-8 text from a reader of a wide encoding.
func decoded(r io.Reader, name string) io.Reader {
	e, _ := wideEncoding(name)
	return transform.NewReader(r, e.NewDecoder())
}

// decode1252 appends Windows-1252 bytes to dst as UTF-8.
func decode1252(dst, src []byte) []byte {
	for len(src) > 0 {
		n := ascii(src)
		dst = append(dst, src[:n]...)
		for src = src[n:]; len(src) > 0 && src[0] >= utf8.RuneSelf; src = src[1:] {
			dst = utf8.AppendRune(dst, charmap.Windows1252.DecodeByte(src[0]))
		}
	}
	return dst
}

// ascii returns the length of the ASCII text at the start of b.
func ascii(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if (b[i]|b[i+1]|b[i+2]|b[i+3]|b[i+4]|b[i+5]|b[i+6]|b[i+7])&0x80 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// letters watches a stream of text, in blocks, for what tells its encoding.
type letters struct {
	off     int64 // of the next block
	carry   []byte
	multi   bool  // some well-formed sequence of several bytes
	bad     bool  // some byte that is not UTF-8
	seen    int   // sequences and bytes that are none, of the first so many
	wrong   int   // bytes that are none among them
	badOff  int64 // of the first
	badByte byte
	cut     bool // the file ends inside a character
	nul     bool
	nulOff  int64
	page    codePage
}

// add looks at the next block.
func (l *letters) add(b []byte) {
	if !l.nul {
		if i := bytes.IndexByte(b, 0); i >= 0 {
			l.nul, l.nulOff = true, l.off+int64(i)
		}
	}
	if l.multi && l.bad && l.seen >= lettersSeen {
		l.off += int64(len(b))
		return
	}
	if ascii(b) == len(b) && len(l.carry) == 0 {
		l.page.skip(b)
		l.off += int64(len(b))
		return
	}
	if !l.multi {
		l.page.add(b)
	}
	block := b
	start := l.off
	l.off += int64(len(b))
	if len(l.carry) > 0 {
		block = append(l.carry, b...)
		start -= int64(len(l.carry))
		l.carry = nil
	}
	whole := trimPartial(block)
	if len(whole) < len(block) {
		l.carry = bytes.Clone(block[len(whole):])
	}
	l.sequences(whole, start)
}

// lettersSeen is how many sequences and other bytes are counted.
const lettersSeen = 64

// sequences looks at the sequences of whole, which starts at off and ends with
// a whole one.
func (l *letters) sequences(whole []byte, off int64) {
	for i := 0; i < len(whole); {
		i += ascii(whole[i:])
		if i == len(whole) {
			return
		}
		if l.seen >= lettersSeen && utf8.Valid(whole[i:]) {
			l.multi = true
			return
		}
		r, size := utf8.DecodeRune(whole[i:])
		bad := r == utf8.RuneError && size == 1
		switch {
		case !bad:
			l.multi = true
		case !l.bad:
			l.bad, l.badOff, l.badByte = true, off+int64(i), whole[i]
		}
		if l.seen < lettersSeen {
			l.seen++
			if bad {
				l.wrong++
			}
		} else if l.bad && l.multi {
			return
		}
		i += size
	}
}

// chance reports whether the well-formed sequences may be so by chance.
func (l *letters) chance() bool { return l.wrong*2 > l.seen }

// end closes the stream.
func (l *letters) end() {
	l.page.end()
	if len(l.carry) == 0 {
		return
	}
	if !l.bad {
		l.bad, l.cut = true, true
		l.badOff, l.badByte = l.off-int64(len(l.carry)), l.carry[0]
	}
	l.carry = nil
}

// codePage gathers evidence for and against Windows-1252 in text that is not
// UTF-8. Two western letters in a row that are not ASCII are common, four are
// none; signs stand between words, not inside them.
type codePage struct {
	undefined bool // a byte that Windows-1252 does not use
	long      bool // four and more letters in a row that are not ASCII
	runs      int  // runs of three
	high      int  // letters that are not ASCII
	odd       int  // signs and odd capitals inside words
	fit       int  // letters that are not ASCII and stand well

	before, last byte // the bytes before the next
	run          int  // letters and signs in a row up to last
}

// skip passes over ASCII text.
func (p *codePage) skip(b []byte) {
	if p.last >= utf8.RuneSelf {
		p.add(b)
		return
	}
	switch n := len(b); {
	case n > 1:
		p.before, p.last = b[n-2], b[n-1]
	case n == 1:
		p.before, p.last = p.last, b[0]
	}
}

// add looks at the next bytes.
func (p *codePage) add(b []byte) {
	for i := 0; i < len(b); i++ {
		if p.last < utf8.RuneSelf {
			n := ascii(b[i:])
			p.skip(b[i : i+n])
			if i += n; i == len(b) {
				return
			}
		}
		p.step(b[i])
	}
}

// end looks at the last byte.
func (p *codePage) end() { p.step('\n') }

// step judges the last byte now that the next is known.
func (p *codePage) step(next byte) {
	c := p.last
	switch {
	case c < utf8.RuneSelf || spacing1252(c):
		p.run = 0
	default:
		p.run++
		p.high++
		switch {
		case p.run == 3:
			p.runs++
		case p.run > 3:
			p.long = true
		}
	}
	if c >= utf8.RuneSelf {
		p.undefined = p.undefined || unused1252(c)
		if odd1252(p.before, c, next) {
			p.odd++
		} else if c >= 0xc0 {
			p.fit++
		}
	}
	p.before, p.last = c, next
}

// unused1252 reports whether Windows-1252 leaves a byte undefined, or has a sign
// there that stands in no name (ˆ, ˜, ¤) and in other code pages is the euro.
func unused1252(c byte) bool {
	switch c {
	case 0x81, 0x8d, 0x8f, 0x90, 0x9d, 0x88, 0x98, 0xa4:
		return true
	}
	return false
}

// spacing1252 reports whether a byte is a space, dash or quote in Windows-1252.
func spacing1252(c byte) bool {
	return c >= 0x91 && c <= 0x97 || c == 0x82 || c == 0x84 || c == 0x85 || c == 0xa0 || c == 0xab || c == 0xbb
}

// odd1252 reports whether c, as Windows-1252, cannot stand between these
// neighbours in a name: a sign inside a word, or a capital after small letters.
func odd1252(before, c, after byte) bool {
	small := func(c byte) bool { return c >= 'a' && c <= 'z' || c >= 0xc0 }
	letter := func(c byte) bool { return small(c) || c >= 'A' && c <= 'Z' }
	switch c {
	case 0x8a, 0x8c, 0x8e, 0x9f: // Š Œ Ž Ÿ
		return before >= 'a' && before <= 'z'
	case 0x82, 0x84, 0x86, 0x87, 0x89, 0xa1, 0xbf: // ‚ „ † ‡ ‰ ¡ ¿ never end a word
		return letter(before)
	case 0xde, 0xfe: // Þ þ never end a word; Ş ş of Windows-1254 do
		return !letter(after) && (letter(before) || before == '.')
	case 0x83, 0x91, 0x92, 0x96, 0x97, 0x9a, 0x9c, 0x9e, 0xa0, 0xaa, 0xad, 0xb4, 0xb7, 0xba:
		return false // letters, dashes, apostrophes, and what is used as one
	}
	if c >= 0xc0 && c != 0xd7 && c != 0xf7 {
		return c < 0xdf && before >= 'a' && before <= 'z' && !letter(after) // a quote of the Mac
	}
	return letter(before) && (small(after) || sign1252(after))
}

// sign1252 reports whether a byte is a sign that stands at no letter's end in
// Windows-1252.
func sign1252(c byte) bool {
	return c >= 0xa1 && c < 0xc0 && !spacing1252(c) && c != 0xaa && c != 0xad && c != 0xae && c != 0xb4 && c != 0xb7 && c != 0xba
}

// refuses reports whether the text cannot be Windows-1252.
func (p *codePage) refuses() bool {
	return p.undefined || p.long || p.runs > 1 && p.runs*6 > p.high || p.odd > 1 || p.odd*4 > p.fit
}
