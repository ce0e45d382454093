package apsclient

import (
	"bytes"
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// cleaner makes strangers' text fit to be shown: no secrets, no HTML, no
// control characters, one line.
type cleaner struct {
	secrets *secrets // nil: none
}

// secrets are what is blanked. One that is fetched while the program runs joins
// those it began with.
type secrets struct {
	mu    sync.RWMutex
	pairs []string // each form of each secret, and what stands for it
	forms *strings.Replacer
}

// cover adds secrets, in all forms in which they may be echoed.
func (s *secrets) cover(all ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, secret := range all {
		if secret == "" {
			continue
		}
		quoted, _ := json.Marshal(secret)
		inJSON := string(quoted[1 : len(quoted)-1])
		for _, form := range []string{secret, escape(secret, ""), url.QueryEscape(secret), html.EscapeString(secret), inJSON, strings.ReplaceAll(inJSON, "/", `\/`)} {
			s.pairs = append(s.pairs, form, blanked)
		}
	}
	s.forms = strings.NewReplacer(s.pairs...)
}

func (s *secrets) blank(text string) string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.forms.Replace(text)
}

// in reports whether a text holds a secret.
func (s *secrets) in(text []byte) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for i := 0; i < len(s.pairs); i += 2 {
		if bytes.Contains(text, []byte(s.pairs[i])) {
			return true
		}
	}
	return false
}

const blanked = "(secret)"

// newCleaner returns a cleaner that blanks the given secrets, in whatever form
// they are echoed.
func newCleaner(known ...string) cleaner {
	c := cleaner{new(secrets)}
	c.secrets.cover(known...)
	return c
}

// bearing matches what an echoed request gives away.
var bearing = regexp.MustCompile(`(?i)(bearer\s+|basic\s+|oauth_signature"?\s*[=:]\s*"?|access_token"?\s*[:=]\s*"?)[^\s",}]{16,}`)

// leastBearing is the length of the shortest that matches.
const leastBearing = len("basic ") + 16

// text blanks secrets and removes tags and control characters; white space
// runs become one space.
func (c cleaner) text(s string) string {
	// Before and after: tags may be part of a secret, or stand within it.
	s = c.blank(oneLine(stripTags(c.blank(s))))
	if len(s) < leastBearing { // most of what a platform tells is short
		return s
	}
	return bearing.ReplaceAllString(s, "${1}"+blanked)
}

func (c cleaner) blank(s string) string {
	if c.secrets == nil {
		return s
	}
	return c.secrets.blank(s)
}

// body is an answer's body without the secrets that it echoes.
func (c cleaner) body(b []byte) []byte {
	if c.secrets == nil || !c.secrets.in(b) {
		return b
	}
	return []byte(c.secrets.blank(string(b)))
}

// line is text of at most most runes.
func (c cleaner) line(s string, most int) string {
	// A megabyte of text is not worth matching against.
	if len(s) > 64<<10 {
		s = s[:64<<10]
	}
	return shorten(c.text(s), most)
}

const (
	discreetWords = 120 // characters
	discreetWord  = 60
)

// discreet keeps the beginning of what a verifier says about a signature: up to
// the first word that is, or holds, what was signed. People need no more.
func discreet(s string) string {
	if i := strings.Index(s, "oauth_"); i >= 0 && strings.ContainsAny(s[i:], "=%") {
		s = s[:i] + strings.Repeat("x", discreetWord) // ends a word, or begins one
	}
	at := 0
	for word := range strings.SplitSeq(s, " ") {
		if len(word) >= discreetWord {
			return s[:at] + "…"
		}
		at += len(word) + 1
	}
	return shorten(s, discreetWords)
}

func shorten(s string, most int) string {
	n := 0
	for i := range s {
		if n == most {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// oneLine removes control and invisible formatting characters, among them
// terminal escapes and direction overrides, and folds white space.
func oneLine(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i, r := range s {
		switch {
		case unicode.IsSpace(r):
			space = true
			continue
		case r == utf8.RuneError:
			if _, size := utf8.DecodeRuneInString(s[i:]); size == 1 {
				continue
			}
		case unicode.Is(unicode.C, r):
			continue
		}
		if space && b.Len() > 0 {
			b.WriteByte(' ')
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}

var (
	htmlHidden = regexp.MustCompile(`(?is)<(script|style|head)\b.*?</(script|style|head)\s*>|<!--.*?-->|<!--.*`)
	htmlTitle  = regexp.MustCompile(`(?is)<title\b[^>]*>(.*?)</title`)
	htmlTag    = regexp.MustCompile(`(?s)<[/!?a-zA-Z][^>]*>?`)
)

// htmlText returns the words of a body: of a web page its title and text.
func htmlText(body []byte, contentType string) string {
	const enough = 16 << 10
	if len(body) > enough {
		body = body[:enough]
	}
	if !strings.Contains(strings.ToLower(contentType), "html") && !bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
		return stripTags(string(body))
	}
	page := string(body)
	title := ""
	if m := htmlTitle.FindStringSubmatch(page); m != nil {
		title = oneLine(html.UnescapeString(htmlTag.ReplaceAllString(m[1], " ")))
	}
	text := oneLine(stripTags(htmlHidden.ReplaceAllString(page, " ")))
	switch {
	case title == "" || strings.HasPrefix(text, title):
		return text
	case text == "":
		return title
	default:
		return title + ": " + text
	}
}

// stripTags removes tags before and after entities are resolved, so that an
// escaped tag does not come back as one.
func stripTags(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return s
	}
	s = htmlTag.ReplaceAllString(s, " ")
	s = html.UnescapeString(s)
	return htmlTag.ReplaceAllString(s, " ")
}
