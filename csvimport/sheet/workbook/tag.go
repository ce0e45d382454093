package workbook

import "bytes"

// attr is an attribute as written.
type attr struct{ prefix, name, value []byte }

// start reads a start tag without its angle brackets.
func (s *scanner) start(tag []byte) error {
	empty := len(tag) > 0 && tag[len(tag)-1] == '/'
	if empty {
		tag = tag[:len(tag)-1]
	}
	end := 0
	for end < len(tag) && !isSpace(tag[end]) {
		end++
	}
	full := tag[:end]
	prefix, name, ok := splitName(full)
	if !ok || s.depth == depthLimit || s.depth == 0 && s.seen {
		return errContent
	}
	bound, err := s.attributes(tag[end:])
	if err != nil {
		return err
	}
	if s.depth == 0 {
		s.root(prefix)
	}
	s.name = name
	s.foreign = s.isForeign(prefix, bound)
	s.starts = append(s.starts, len(s.open))
	s.open = append(s.open, full...)
	s.depth++
	s.seen, s.pending = true, empty
	return nil
}

// splitName splits a name at its colon. It tells names from what is none, as far as
// ASCII goes.
func splitName(full []byte) (prefix, name []byte, ok bool) {
	if len(full) == 0 || nameBytes[full[0]] != inName {
		return nil, nil, false
	}
	colon := -1
	for i, c := range full {
		switch nameBytes[c] {
		case 0:
			return nil, nil, false
		case splitsName:
			if colon >= 0 {
				return nil, nil, false
			}
			colon = i
		}
	}
	if colon < 0 {
		return nil, full, true
	}
	prefix, name = full[:colon], full[colon+1:]
	return prefix, name, len(name) > 0 && nameBytes[name[0]] == inName
}

// What a byte may be in a name; 0: it is in none.
const (
	inName     = iota + 1 // anywhere
	withinName            // but not at its start
	splitsName            // a colon
)

var nameBytes = func() (t [256]uint8) {
	for c := range t {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c >= 0x80:
			t[c] = inName
		case c >= '0' && c <= '9', c == '-', c == '.':
			t[c] = withinName
		case c == ':':
			t[c] = splitsName
		}
	}
	return t
}()

// isSpace reports whether a byte is white space between attributes.
func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

// trimLeft cuts white space off the start.
func trimLeft(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	return b
}

// trimRight cuts white space off the end.
func trimRight(b []byte) []byte {
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}

// attributes reads the attributes of a tag. bound tells that one of them binds
// the name space of names without prefix.
func (s *scanner) attributes(b []byte) (bound bool, err error) {
	s.attrs = s.attrs[:0]
	for {
		rest := trimLeft(b)
		if len(rest) == 0 {
			return bound, nil
		}
		eq := bytes.IndexByte(rest, '=')
		if eq < 1 || len(rest) == len(b) || len(s.attrs) == attrLimit {
			return false, errContent
		}
		prefix, name, ok := splitName(trimRight(rest[:eq]))
		rest = trimLeft(rest[eq+1:])
		if !ok || len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
			return false, errContent
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 || bytes.IndexByte(rest[1:end+1], '<') >= 0 {
			return false, errContent
		}
		if _, err := s.decoded(rest[1 : end+1]); err != nil {
			return false, err
		}
		for i := range s.attrs {
			if bytes.Equal(s.attrs[i].name, name) && bytes.Equal(s.attrs[i].prefix, prefix) {
				return false, errContent
			}
		}
		s.attrs = append(s.attrs, attr{prefix, name, rest[1 : end+1]})
		bound = bound || prefix == nil && string(name) == "xmlns"
		b = rest[end+2:]
	}
}

// root notes the name space of the root element, and what stands for it.
func (s *scanner) root(prefix []byte) {
	s.prefixes = append(s.prefixes[:0], string(prefix))
	of := func(a *attr) (string, bool) {
		switch {
		case string(a.prefix) == "xmlns":
			return string(a.name), true
		case a.prefix == nil && string(a.name) == "xmlns":
			return "", true
		}
		return "", false
	}
	for i := range s.attrs {
		if p, ok := of(&s.attrs[i]); ok && p == string(prefix) {
			s.space = string(s.attrs[i].value)
		}
	}
	for i := range s.attrs {
		if p, ok := of(&s.attrs[i]); ok && p != string(prefix) && s.space != "" && string(s.attrs[i].value) == s.space {
			s.prefixes = append(s.prefixes, p)
		}
	}
}

// isForeign reports whether an element is in another name space than the root.
func (s *scanner) isForeign(prefix []byte, bound bool) bool {
	if bound && prefix == nil {
		for i := range s.attrs {
			if a := &s.attrs[i]; a.prefix == nil && string(a.name) == "xmlns" {
				return string(a.value) != s.space
			}
		}
	}
	for _, p := range s.prefixes {
		if string(prefix) == p {
			return false
		}
	}
	return true
}

// close reads an end tag.
func (s *scanner) close(name []byte) error {
	name = trimRight(name)
	if s.depth == 0 || !bytes.Equal(name, s.open[s.starts[s.depth-1]:]) {
		return errContent
	}
	s.pop()
	return nil
}

// pop forgets the element that ends.
func (s *scanner) pop() {
	s.depth--
	s.open = s.open[:s.starts[s.depth]]
	s.starts = s.starts[:s.depth]
}

// value returns an attribute without a prefix.
func (s *scanner) value(name string) (string, bool, error) {
	for i := range s.attrs {
		if a := &s.attrs[i]; a.prefix == nil && string(a.name) == name {
			text, err := s.decoded(a.value)
			return string(text), true, err
		}
	}
	return "", false, nil
}

// raw returns an attribute without a prefix as it is written, nil if it is not
// there. It is for numbers and references, which need no escaping.
func (s *scanner) raw(name string) []byte {
	for i := range s.attrs {
		if a := &s.attrs[i]; a.prefix == nil && string(a.name) == name {
			return a.value
		}
	}
	return nil
}

// prefixed returns an attribute with any prefix but xmlns.
func (s *scanner) prefixed(name string) (string, error) {
	for i := range s.attrs {
		if a := &s.attrs[i]; a.prefix != nil && string(a.prefix) != "xmlns" && string(a.name) == name {
			text, err := s.decoded(a.value)
			return string(text), err
		}
	}
	return "", nil
}
