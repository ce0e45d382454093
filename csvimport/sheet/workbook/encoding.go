package workbook

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// utf8Text returns the text of a part as UTF-8: parts may be written in UTF-16 as
// well, with a mark or without.
func utf8Text(r io.Reader) (io.Reader, error) {
	br := bufio.NewReaderSize(r, 4<<10)
	head, err := br.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf")):
		br.Discard(3)
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		br.Discard(2)
		return &wideReader{r: br}, nil
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		br.Discard(2)
		return &wideReader{r: br, big: true}, nil
	case bytes.HasPrefix(head, []byte("<\x00")):
		return &wideReader{r: br}, nil
	case bytes.HasPrefix(head, []byte("\x00<")):
		return &wideReader{r: br, big: true}, nil
	}
	return br, nil
}

// wideReader decodes UTF-16. Half a character is an error.
type wideReader struct {
	r    *bufio.Reader
	big  bool
	rest []byte // decoded, not handed out yet
	room [4 << 10]byte
}

func (w *wideReader) Read(p []byte) (int, error) {
	if len(w.rest) == 0 {
		w.rest = w.room[:0]
		for len(w.rest) < len(w.room)-utf8.UTFMax {
			r, err := w.letter()
			if errors.Is(err, io.EOF) && len(w.rest) > 0 {
				break
			}
			if err != nil {
				return 0, err
			}
			w.rest = utf8.AppendRune(w.rest, r)
		}
	}
	n := copy(p, w.rest)
	w.rest = w.rest[n:]
	return n, nil
}

func (w *wideReader) letter() (rune, error) {
	unit, err := w.unit()
	if err != nil || !utf16.IsSurrogate(unit) {
		return unit, err
	}
	low, err := w.unit()
	if errors.Is(err, io.EOF) {
		return 0, errContent
	}
	if err != nil {
		return 0, err
	}
	r := utf16.DecodeRune(unit, low)
	if r == utf8.RuneError {
		return 0, errContent
	}
	return r, nil
}

func (w *wideReader) unit() (rune, error) {
	a, err := w.r.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := w.r.ReadByte()
	if errors.Is(err, io.EOF) {
		return 0, errContent
	}
	if w.big {
		a, b = b, a
	}
	return rune(a) | rune(b)<<8, err
}

// knownEncoding reports whether a declaration names an encoding that is read.
// UTF-16 text has become UTF-8 by now, and still says what it was.
func knownEncoding(declaration []byte) bool {
	_, after, ok := strings.Cut(string(declaration), "encoding")
	if !ok {
		return true
	}
	after = strings.TrimLeft(after, " \t\r\n=")
	if after == "" || after[0] != '"' && after[0] != '\'' {
		return false
	}
	name, _, ok := strings.Cut(after[1:], after[:1])
	switch strings.ToLower(name) {
	case "utf-8", "utf8", "utf-16", "utf-16le", "utf-16be", "us-ascii", "ascii":
		return ok
	}
	return false
}

// unescape appends a cell's text with its escapes resolved: _x000D_ stands for the
// character with that number, _x005F_ for an underscore. What is no character by
// itself becomes U+FFFD.
func unescape(to, b []byte) []byte {
	for {
		i := bytes.Index(b, []byte("_x"))
		if i < 0 {
			return append(to, b...)
		}
		unit, ok := escape(b[i:])
		if !ok {
			to = append(to, b[:i+2]...)
			b = b[i+2:]
			continue
		}
		to = append(to, b[:i]...)
		b = b[i+escapeSize:]
		if utf16.IsSurrogate(unit) {
			low, ok := escape(b)
			if r := utf16.DecodeRune(unit, low); ok && r != utf8.RuneError {
				unit, b = r, b[escapeSize:]
			} else {
				unit = utf8.RuneError
			}
		}
		to = utf8.AppendRune(to, unit)
	}
}

const escapeSize = len("_xHHHH_")

// escape reads an escape at the start of a text.
func escape(b []byte) (rune, bool) {
	if len(b) < escapeSize || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c|0x20 >= 'a' && c|0x20 <= 'f':
			r = r<<4 | rune(c|0x20-'a'+10)
		default:
			return 0, false
		}
	}
	return r, true
}
