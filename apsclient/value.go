package apsclient

import (
	"bytes"
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"bulkimport/apsclient/tree"
)

// decodeJSON decodes one JSON value.
func decodeJSON(body []byte) (tree.Node, error) { return decodeWith(new(tree.Parser), body) }

func decodeWith(p *tree.Parser, body []byte) (tree.Node, error) {
	body = bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
	if amplifies(body) {
		return tree.Node{}, errTooMany
	}
	v, err := p.Parse(body)
	if err != nil {
		return tree.Node{}, notJSON(body)
	}
	return v, nil
}

// How much an answer may hold. A value takes a hundred times the memory of what
// is written for it, at worst; no list of the platform comes near these.
const (
	mostValues     = 1 << 20
	mostContainers = 1 << 18 // objects and lists
)

var errTooMany = fmt.Errorf("%w, or holds more than %d values", errTooLarge, mostValues)

// amplifies reports whether a text of JSON would take far more memory than it is
// long.
func amplifies(body []byte) bool {
	if len(body) < mostContainers {
		return false
	}
	values, containers, quoted := 0, 0, false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '{', c == '[':
			containers++
		case c == ',':
			values++
		}
	}
	return values > mostValues || containers > mostContainers
}

// lookup follows a dotted path: a member that is itself named with dots goes
// first, and a list is searched for the element whose key, id or name is the
// next step, which then stands for its value.
func lookup(v tree.Node, path string) (tree.Node, bool) {
	if list, ok := v.List(); ok {
		return lookupKeyed(list, path)
	}
	if found, ok := v.Field(path); ok {
		return found, true
	}
	// The shortest first step wins; longer ones are for keys with dots.
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if inner, ok := v.Field(path[:i]); ok {
			if found, ok := lookup(inner, path[i+1:]); ok {
				return found, true
			}
		}
	}
	return tree.Node{}, false
}

// lookupKeyed finds path as the key of an element of a key and value list.
func lookupKeyed(list []tree.Node, path string) (tree.Node, bool) {
	for _, element := range list {
		for _, name := range []string{"key", "id", "name"} {
			field, _ := element.Field(name)
			if key, ok := field.Text(); ok && key == path {
				return element.Field("value")
			}
		}
	}
	return tree.Node{}, false
}

// text is a scalar as text: strings without control characters, numbers as written,
// nothing for anything else. What comes in here goes into files and onto screens.
func text(v tree.Node) string {
	t, _ := v.Scalar()
	return printable(t)
}

func textAt(v tree.Node, path string) string {
	found, _ := lookup(v, path)
	return text(found)
}

// idAt is an id as text. One with control characters is none: without them it would
// be another's.
func idAt(v tree.Node, path string) string {
	found, _ := lookup(v, path)
	id, _ := found.Scalar()
	if printable(id) != id {
		return ""
	}
	return id
}

// printable is s without control characters, but for line breaks and tabs, and without
// what turns text about.
func printable(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c < ' ' || c == 0x7f || c == 0xc2 || c == 0xe2 || c == 0xf3 { // these begin those beyond ASCII, and others
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	return strings.Map(func(r rune) rune {
		if turns(r) || unicode.IsControl(r) && r != '\n' && r != '\r' && r != '\t' {
			return -1
		}
		return r
	}, s)
}

// turns reports whether a character turns the text behind it about, or is a tag that
// nobody sees. Names need neither; the marks of a single place stay.
func turns(r rune) bool {
	return r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r >= 0xe0000 && r <= 0xe007f
}

// words is text meant for people: a scalar, a text by language (English
// first), or a list of such.
func words(v tree.Node) string {
	if list, ok := v.List(); ok {
		var parts []string
		for _, element := range list {
			if t := words(element); t != "" {
				parts = append(parts, t)
			}
		}
		return strings.Join(parts, "; ")
	}
	best, rank := "", 0
	var of string
	for name, field := range v.Fields() {
		t := text(field)
		if r := languageRank(name); t != "" && (best == "" || r < rank || r == rank && name < of) {
			best, rank, of = t, r, name
		}
	}
	return cmp.Or(best, text(v))
}

// languageRank puts English, then what is plainly a message, before other
// members.
func languageRank(key string) int {
	switch key = strings.ToLower(key); {
	case key == "en_us" || key == "en-us":
		return 0
	case key == "en" || strings.HasPrefix(key, "en_") || strings.HasPrefix(key, "en-"):
		return 1
	case key == "message" || key == "text" || key == "value":
		return 2
	default:
		return 3
	}
}

// truth reads a flag however it is written, and whether it was there.
func truth(v tree.Node) (value, known bool) {
	switch strings.ToLower(strings.TrimSpace(text(v))) {
	case "true", "yes", "y", "1":
		return true, true
	case "false", "no", "n", "0":
		return false, true
	default:
		return false, false
	}
}

var timeLayouts = []string{
	time.RFC3339Nano,
	"2006-01-02T15:04:05.999999999Z0700",
	"2006-01-02T15:04Z07:00",
	"2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02 15:04:05.999999999Z0700",
	"2006-01-02 15:04:05.999999999 Z0700",
	time.RFC1123, // RFC 1123 has zones by name, of which only GMT and UTC are certain
	time.RFC1123Z,
}

// moment reads an instant: RFC 3339 and its relatives, or seconds or
// milliseconds since 1970. What is not understood is zero, and so is a time that
// states no zone: read in a wrong one it would be hours off.
func moment(text string) time.Time {
	t := strings.TrimSpace(text)
	for _, layout := range timeLayouts {
		at, err := time.Parse(layout, t)
		if err != nil {
			continue
		}
		if layout == time.RFC1123 && !strings.HasSuffix(t, "GMT") && !strings.HasSuffix(t, "UTC") {
			return time.Time{}
		}
		return at.UTC()
	}
	if n, err := strconv.ParseInt(t, 10, 64); err == nil && n > 0 {
		if n > 1e11 {
			return time.UnixMilli(n).UTC()
		}
		return time.Unix(n, 0).UTC()
	}
	return time.Time{}
}

// elements returns the list an answer is, or the list within the object it is.
func elements(v tree.Node) (list []tree.Node, ok bool) {
	if list, ok = v.List(); ok {
		return list, true
	}
	for _, name := range []string{"items", "data", "orders", "results", "content"} {
		field, _ := v.Field(name)
		if list, ok = field.List(); ok {
			return list, true
		}
	}
	return nil, false
}

// only is the one element of a list of one, and anything else itself: some platforms
// answer with a list where one thing was asked for.
func only(v tree.Node) tree.Node {
	if list, _ := v.List(); len(list) == 1 {
		return list[0]
	}
	return v
}
