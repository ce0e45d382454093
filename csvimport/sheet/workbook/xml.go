package workbook

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"unicode/utf8"
)

// Bounds of what the scanner holds at a time.
const (
	windowSize = 64 << 10 // bytes, as long as no tag needs more
	tagLimit   = 1 << 20  // the longest tag in bytes
	depthLimit = 256      // elements inside each other
	attrLimit  = 512      // of one element
)

// token is what the scanner has come to.
type token uint8

const (
	startTag token = iota + 1
	endTag
	textPart // of a text, which may come in several parts
	endOfPart
)

// Why a text is not XML as workbooks have it.
var (
	errCut     = errors.New("the text ends before its root element does")
	errContent = errors.New("the text is not XML as workbooks have it")
)

// scanner reads the XML of a part, token by token, through a window that does
// not grow with the part. It knows what workbooks need: no document type, no
// entities but the five, UTF-8 or UTF-16. What it accepts is well-formed.
type scanner struct {
	src     io.Reader
	buf     []byte
	pos     int // of the next token
	checked int // up to here the bytes are sound UTF-8 without control characters
	eof     bool

	depth   int    // of open elements
	open    []byte // their names, as written
	starts  []int  // where each begins
	seen    bool   // the root was there
	cdata   bool   // inside of a CDATA section
	pending bool   // the last start tag was empty: its end comes next

	name    []byte // of the element, without its prefix
	foreign bool   // it is in another name space than the root
	attrs   []attr
	text    []byte // of a textPart
	scratch []byte

	names    map[string]string // of elements, so that each is made a string once
	space    string            // of the root
	prefixes []string          // those that stand for it
}

func newScanner(r io.Reader) (*scanner, error) {
	s := &scanner{buf: make([]byte, 0, windowSize)}
	text, err := utf8Text(r)
	if err != nil {
		return nil, err
	}
	s.src = text
	return s, nil
}

// fill reads more into the window, keeping what is not used yet. It reports
// whether there is more.
func (s *scanner) fill() (bool, error) {
	if s.eof {
		return false, nil
	}
	if s.pos > 0 {
		n := copy(s.buf, s.buf[s.pos:])
		s.buf, s.checked, s.pos = s.buf[:n], s.checked-s.pos, 0
	}
	if len(s.buf) == cap(s.buf) {
		if cap(s.buf) >= tagLimit {
			return false, errContent
		}
		s.buf = append(make([]byte, 0, 2*cap(s.buf)), s.buf...)
	}
	had := len(s.buf)
	for len(s.buf) == had {
		n, err := s.src.Read(s.buf[had:cap(s.buf)])
		s.buf = s.buf[:had+n]
		if errors.Is(err, io.EOF) {
			s.eof = true
			break
		}
		if err != nil {
			return false, err
		}
	}
	return len(s.buf) > had, s.check()
}

// check looks at the bytes that are new: XML has no control characters, and no
// bytes that are not UTF-8.
func (s *scanner) check() error {
	b := s.buf[s.checked:]
	plain := true
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' {
			return errContent
		}
		plain = plain && c < utf8.RuneSelf
	}
	if plain {
		s.checked = len(s.buf)
		return nil
	}
	end := len(b)
	if !s.eof {
		for i := 1; i < utf8.UTFMax && i <= len(b); i++ {
			if c := b[len(b)-i]; utf8.RuneStart(c) {
				if !utf8.FullRune(b[len(b)-i:]) {
					end = len(b) - i
				}
				break
			}
		}
	}
	if !utf8.Valid(b[:end]) || bytes.Contains(b[:end], []byte("\xef\xbf\xbe")) || bytes.Contains(b[:end], []byte("\xef\xbf\xbf")) {
		return errContent
	}
	s.checked += end
	return nil
}

// sound is what of the window can be used.
func (s *scanner) sound() []byte { return s.buf[s.pos:s.checked] }

// next goes to the next token. Comments and instructions are passed over.
func (s *scanner) next() (token, error) {
	if s.pending {
		s.pending = false
		s.pop()
		return endTag, nil
	}
	for {
		if s.cdata {
			if tok, err := s.cdataPart(); tok != 0 || err != nil {
				return tok, err
			}
			continue
		}
		b := s.sound()
		if len(b) == 0 {
			more, err := s.fill()
			switch {
			case err != nil:
				return 0, err
			case more:
				continue
			case s.pos < len(s.buf):
				return 0, errContent // half a letter
			case s.depth > 0 || !s.seen:
				return 0, errCut
			}
			return endOfPart, nil
		}
		if b[0] != '<' {
			if tok, err := s.textPart(); tok != 0 || err != nil {
				return tok, err
			}
			continue
		}
		tok, err := s.markup()
		if tok != 0 || err != nil {
			return tok, err
		}
	}
}

// textPart takes text up to the next tag, or as much of it as there is.
func (s *scanner) textPart() (token, error) {
	b := s.sound()
	end := bytes.IndexByte(b, '<')
	if end < 0 {
		if !s.eof && len(b) < windowSize/2 {
			if _, err := s.fill(); err != nil {
				return 0, err
			}
			if b = s.sound(); bytes.IndexByte(b, '<') >= 0 || len(b) < windowSize/2 && !s.eof {
				return 0, nil
			}
		}
		end = len(b)
		// Neither a reference nor a line end is cut in two.
		if i := bytes.LastIndexByte(b, '&'); i >= 0 && bytes.IndexByte(b[i:], ';') < 0 && !s.eof {
			if len(b)-i > 16 {
				return 0, errContent
			}
			end = i
		} else if b[end-1] == '\r' && !s.eof {
			end--
		}
		if end == 0 {
			_, err := s.fill()
			return 0, err
		}
	}
	b = b[:end]
	s.pos += end
	if bytes.Contains(b, []byte("]]>")) {
		return 0, errContent
	}
	if s.depth == 0 {
		if len(bytes.Trim(b, " \t\r\n")) > 0 {
			return 0, errContent
		}
		return 0, nil
	}
	var err error
	s.text, err = s.decoded(b)
	return textPart, err
}

// cdataPart takes text of a CDATA section.
func (s *scanner) cdataPart() (token, error) {
	b := s.sound()
	end := bytes.Index(b, []byte("]]>"))
	if end >= 0 {
		s.cdata = false
		s.pos += end + len("]]>")
	} else {
		end = len(b) - len("]]\r")
		for end > 0 && (b[end-1] == '\r' || !utf8.RuneStart(b[end])) {
			end--
		}
		if end <= 0 {
			more, err := s.fill()
			if err == nil && !more {
				err = errCut
			}
			return 0, err
		}
		s.pos += end
	}
	s.scratch = lineEnds(s.scratch[:0], b[:end])
	s.text = s.scratch
	return textPart, nil
}

// markup reads what begins with <. It returns 0 where nothing is to be told.
func (s *scanner) markup() (token, error) {
	for {
		b := s.sound()
		if len(b) >= 2 {
			switch {
			case b[1] == '?':
				return 0, s.instruction()
			case b[1] == '!':
				if done, err := s.declared(); done || err != nil {
					return 0, err
				}
			case b[1] == '/':
				if i := bytes.IndexByte(b, '>'); i >= 0 {
					s.pos += i + 1
					return endTag, s.close(b[2:i])
				}
			default:
				if i := tagEnd(b); i >= 0 {
					s.pos += i + 1
					return startTag, s.start(b[1:i])
				}
			}
		}
		more, err := s.fill()
		if err != nil {
			return 0, err
		}
		if !more {
			return 0, errCut
		}
	}
}

// tagEnd returns the position of the > that ends a tag, which is none inside of
// quotes; -1 if it is not there yet.
func tagEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '>':
			return i
		case '"', '\'':
			n := bytes.IndexByte(b[i+1:], b[i])
			if n < 0 {
				return -1
			}
			i += n + 1
		}
	}
	return -1
}

// declared reads what begins with <!: a comment or a CDATA section. A document
// type has no business in a workbook. done is false where more text is needed.
func (s *scanner) declared() (done bool, err error) {
	b := s.sound()
	const comment, section = "<!--", "<![CDATA["
	switch {
	case bytes.HasPrefix(b, []byte(comment)):
		s.pos += len(comment)
		return true, s.comment()
	case bytes.HasPrefix(b, []byte(section)):
		if s.depth == 0 {
			return true, errContent
		}
		s.pos += len(section)
		s.cdata = true
		return true, nil
	case strings.HasPrefix(comment, string(b)) || strings.HasPrefix(section, string(b)):
		return false, nil
	}
	return true, errContent
}

// comment passes over a comment. Two hyphens in it can only be its end.
func (s *scanner) comment() error {
	if err := s.passOver("--"); err != nil {
		return err
	}
	for len(s.sound()) == 0 {
		more, err := s.fill()
		if err != nil {
			return err
		}
		if !more {
			return errCut
		}
	}
	if s.sound()[0] != '>' {
		return errContent
	}
	s.pos++
	return nil
}

// instruction passes over <?…?>. The first one names the encoding.
func (s *scanner) instruction() error {
	if b := s.sound(); !s.seen && s.depth == 0 {
		if end := bytes.Index(b, []byte("?>")); end >= 0 && bytes.HasPrefix(b, []byte("<?xml")) && !knownEncoding(b[:end]) {
			return errContent
		}
	}
	s.pos += len("<?")
	return s.passOver("?>")
}

// passOver goes behind an end, through any amount of text.
func (s *scanner) passOver(end string) error {
	for {
		b := s.sound()
		if i := bytes.Index(b, []byte(end)); i >= 0 {
			s.pos += i + len(end)
			return nil
		}
		if n := len(b) - len(end); n > 0 {
			s.pos += n
		}
		more, err := s.fill()
		if err != nil {
			return err
		}
		if !more {
			return errCut
		}
	}
}

// skip goes to the end of the element that has just begun.
func (s *scanner) skip() error {
	for depth := s.depth; ; {
		tok, err := s.next()
		if err != nil {
			return err
		}
		if tok == endTag && s.depth < depth {
			return nil
		}
	}
}

// finish reads what is left of the part: only then is it known to be whole.
func (s *scanner) finish() error {
	for {
		if tok, err := s.next(); err != nil || tok == endOfPart {
			return err
		}
	}
}

// each goes over the children of the element that has just begun, up to its end.
// What child does not read of one is passed over.
func (s *scanner) each(child func(name string) error) error {
	for depth := s.depth; ; {
		tok, err := s.next()
		if err != nil {
			return err
		}
		switch {
		case tok == endTag && s.depth < depth:
			return nil
		case tok != startTag:
			continue
		}
		at := s.depth
		if !s.foreign {
			if err := child(s.interned()); err != nil {
				return err
			}
		}
		if s.depth >= at {
			if err := s.toEnd(at); err != nil {
				return err
			}
		}
	}
}

// interned returns the name of the element that has just begun.
func (s *scanner) interned() string {
	if name, ok := s.names[string(s.name)]; ok {
		return name
	}
	name := string(s.name)
	if s.names == nil {
		s.names = map[string]string{}
	}
	if len(s.names) < 256 {
		s.names[name] = name
	}
	return name
}

// toEnd goes to where the element at a depth has ended.
func (s *scanner) toEnd(depth int) error {
	for s.depth >= depth {
		if _, err := s.next(); err != nil {
			return err
		}
	}
	return nil
}
