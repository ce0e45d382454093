package rows

import (
	"strings"
	"unicode"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/normal"
)

// isTenant reports whether s is a full domain name in lower case: labels of
// letters, digits and hyphens (RFC 1123), at least two, the last not a number.
func isTenant(s string) bool {
	if len(s) < 4 || len(s) > 253 {
		return false
	}
	start, labels := 0, 0
	var last uint8
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			k := classes[s[i]]
			if k&(classLower|classDigit|classHyphen) == 0 {
				return false
			}
			last |= k
			continue
		}
		n := i - start
		if n == 0 || n > 63 || s[start] == '-' || s[i-1] == '-' {
			return false
		}
		labels++
		if i == len(s) {
			return labels > 1 && n > 1 && last&classLower != 0
		}
		start, last = i+1, 0
	}
	return false
}

// parseTenant reads the cell as a tenant's domain name.
func (c *cell) parseTenant() {
	if isTenant(c.text) {
		return
	}
	s, invisible := normal.Clean(c.text)
	s, directed := normal.Undirect(s)
	if invisible || directed {
		c.add(csvimport.WInvisible, "", "")
	}
	c.text = strings.ToLower(strings.TrimSuffix(s, "."))
	if isTenant(c.text) {
		return
	}
	c.text = s
	if s == "" {
		c.add(csvimport.EEmpty, "the cell is empty; the tenant's full domain name is needed here", "for example contoso.onmicrosoft.com")
		return
	}
	if c.spoilt() {
		return
	}
	why, hint := tenantFlaw(strings.ToLower(s))
	c.add(csvimport.ETenant, csvimport.Quoted(s)+" "+why, hint)
}

// tenantFlaw says why a text is no domain name, and what may be meant.
func tenantFlaw(s string) (why, hint string) {
	const full = "write the full domain name, for example contoso.onmicrosoft.com"
	bare := strings.Map(plainDash, strings.Trim(s, "{}()[]"))
	if _, _, ok := guid.Parse(bare); ok {
		return "is an id; the domain name of the tenant is needed here", full
	}
	if rest, ok := cutScheme(s); ok {
		host, _, _ := strings.Cut(rest, "/")
		if isTenant(host) {
			return "is a web address", "leave out https://: " + host
		}
		return "is a web address", full
	}
	if host, _, ok := strings.Cut(s, "/"); ok && isTenant(host) {
		return "is a web address", "keep only the domain name: " + host
	}
	if parts := strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || r == ';' || r == ',' || r == '|' }); len(parts) > 1 && isTenant(parts[0]) && isTenant(parts[1]) {
		return "holds two domain names", "keep one; each subscription needs a row of its own"
	}
	if _, domain, ok := strings.Cut(s, "@"); ok {
		if isTenant(domain) {
			return "is an e-mail address", "the tenant's domain name is needed here: " + domain + "?"
		}
		return "is an e-mail address", full
	}
	switch {
	case isTenant(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, s)):
		return "has a space inside", full
	case isTenant(strings.ReplaceAll(s, ",", ".")):
		return "has a comma where a dot belongs", "did you mean " + strings.ReplaceAll(s, ",", ".") + "?"
	case strings.Contains(s, "_"):
		return "has an underscore, which no domain name has", full
	case isTenant(s + ".onmicrosoft.com"):
		return "is not a full domain name", s + ".onmicrosoft.com?"
	case !normal.IsASCII(s):
		return "has letters that no tenant's domain name has", full
	}
	return "is not a domain name", full
}

// cutScheme cuts the scheme from a web address.
func cutScheme(s string) (string, bool) {
	for _, scheme := range [...]string{"https://", "http://"} {
		if rest, ok := strings.CutPrefix(s, scheme); ok {
			return rest, true
		}
	}
	return s, false
}
