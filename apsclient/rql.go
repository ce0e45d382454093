package apsclient

import (
	"strconv"
	"strings"
)

// expr is one RQL expression, escaped and ready to stand in a query.
type expr string

func eq(property, value string) expr { return call2("eq", property, escapeRQL(value)) }
func ge(property, value string) expr { return call2("ge", property, escapeRQL(value)) }

// startsWith is like(property,prefix*), with the wildcards of prefix itself
// taken literally.
func startsWith(property, prefix string) expr {
	return call2("like", property, escapeRQL(prefix)+"*")
}

func in(property string, values ...string) expr {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = escapeRQL(v)
	}
	return call2("in", property, "("+strings.Join(list, ",")+")")
}

// oneOf is eq for one value and in for several.
func oneOf(property string, values []string) expr {
	if len(values) == 1 {
		return eq(property, values[0])
	}
	return in(property, values...)
}

func and(list ...expr) expr { return expr("and(" + join(list) + ")") }
func or(list ...expr) expr  { return expr("or(" + join(list) + ")") }
func not(e expr) expr       { return "not(" + e + ")" }

// sortDown sorts from the greatest to the least. It is the form the vendor
// documents; a plus sign would be read as a space by some verifiers.
func sortDown(property string) expr { return expr("sort(-" + escapeProperty(property) + ")") }

func sortUp(property string) expr { return expr("sort(" + escapeProperty(property) + ")") }

func limit(start, count int) expr {
	return expr("limit(" + strconv.Itoa(start) + "," + strconv.Itoa(count) + ")")
}

func choose(properties ...string) expr {
	list := make([]string, len(properties))
	for i, p := range properties {
		list[i] = escapeProperty(p)
	}
	return expr("select(" + strings.Join(list, ",") + ")")
}

// implementing selects resources by APS type. The type stands as it is seen in
// clients on record: an address with its colon and slashes.
func implementing(apsType string) expr {
	return expr("implementing(" + escape(apsType, ":/") + ")")
}

// query joins expressions, all of which must hold.
func query(list ...expr) string { return join(list) }

func join(list []expr) string {
	var b strings.Builder
	for i, e := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(string(e))
	}
	return b.String()
}

func call2(name, property, rest string) expr {
	return expr(name + "(" + escapeProperty(property) + "," + rest + ")")
}

// escapeRQL escapes a value: everything RQL reserves, its wildcards, and all
// that is not ASCII, as UTF-8.
func escapeRQL(value string) string { return escape(value, "") }

// escapeProperty leaves the dots of a path; they are unreserved.
func escapeProperty(p string) string { return escape(p, "") }

const upperHex = "0123456789ABCDEF"

// escape percent-encodes all but the unreserved characters of RFC 3986 and
// those in keep.
func escape(s, keep string) string {
	n := 0
	for i := range len(s) {
		if !unreserved(s[i]) && strings.IndexByte(keep, s[i]) < 0 {
			n++
		}
	}
	if n == 0 {
		return s
	}
	b := make([]byte, 0, len(s)+2*n)
	for i := range len(s) {
		if strings.IndexByte(keep, s[i]) >= 0 {
			b = append(b, s[i])
		} else {
			b = appendEscaped(b, s[i:i+1])
		}
	}
	return string(b)
}

// appendEscaped appends s with all but the unreserved characters
// percent-encoded.
func appendEscaped(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; unreserved(c) {
			b = append(b, c)
		} else {
			b = append(b, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return b
}

func unreserved(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' ||
		c == '-' || c == '.' || c == '_' || c == '~'
}
