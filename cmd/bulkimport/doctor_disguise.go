package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
)

// disguise puts something else in the place of whatever tells who or what somebody
// is, the same for the same wherever it stands. Of JSON it keeps the names of members,
// and of values those alone that are words of the platform: what it does not know is
// replaced.
type disguise struct {
	as    map[string]string // what stands for a value, in lower case
	forms map[string]string // the same for each way it is written
	taken map[string]int    // by kind

	longest  []string // the forms to look for, the longest first
	sorted   int      // so many there were when they were sorted
	learning bool     // what it says is thrown away: names are not looked for in sentences
}

// newDisguise returns a disguise that leaves some values as they are.
func newDisguise(kept ...string) *disguise {
	d := &disguise{as: make(map[string]string), forms: make(map[string]string), taken: make(map[string]int)}
	for _, value := range kept {
		d.as[strings.ToLower(value)] = value
	}
	return d
}

// Forms of values that are known by their form.
var (
	anEMail  = regexp.MustCompile(`(?i)[\pL\pN._%+'-]+(@|%40)[\pL\pN-]+(\.[\pL\pN-]+)+`)
	aDomain  = regexp.MustCompile(`(?i)\b[\pL\pN][\pL\pN-]*(\.[\pL\pN-]+)*\.\pL{2,}\b`)
	aCode    = regexp.MustCompile(`\b([A-Za-z]{1,4}-?)(\d{4,})\b`)
	aNumber  = regexp.MustCompile(`\b\d{5,}\b`)
	aRun     = regexp.MustCompile(`[A-Za-z0-9+/=_.~-]{24,}`) // as tokens and keys are
	aMoment  = regexp.MustCompile(`^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$`)
	aWord    = regexp.MustCompile(`^[a-z]+(_[a-z0-9]+)+$`)   // a name in a program
	aClass   = regexp.MustCompile(`^[A-Za-z][A-Za-z:._-]*$`) // of an error, or a status
	aType    = regexp.MustCompile(`^(https?://[A-Za-z0-9./_#-]+|[A-Za-z0-9_.:/-]+)$`)
	aVersion = regexp.MustCompile(`^\d{1,4}(\.\d{1,4}){0,3}$`)
	anAmount = regexp.MustCompile(`^-?\d{1,4}(\.\d+)?$`)
	aName    = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$-]*$`) // of a member
)

// secretMember reports whether a member holds what nobody may see.
func secretMember(member string) bool {
	member = strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(member))
	return slices.ContainsFunc([]string{"secret", "password", "passwd", "token", "credential", "authorization", "cookie", "signature",
		"privatekey", "apikey", "consumerkey", "session"}, func(part string) bool { return strings.Contains(member, part) })
}

// vocabulary reports whether a member's value is a word of the platform in this form.
func vocabulary(member, value string) bool {
	switch strings.ToLower(member) {
	case "status", "provisioningstatus", "paymentstatus", "subscriptionstatus", "unit", "currency", "code", "error":
		return aClass.MatchString(value)
	case "type":
		return aType.MatchString(value) && !guidIn(value)
	case "key", "attributeid":
		return aName.MatchString(value) && !guidIn(value)
	case "version", "versions":
		return aVersion.MatchString(value)
	}
	return !personal(member) && (aMoment.MatchString(value) || aWord.MatchString(value) || anAmount.MatchString(value) && !isID(member) || value == "true" || value == "false")
}

// personal reports whether a member's value is somebody's, whatever its form.
func personal(member string) bool {
	member = strings.ToLower(member)
	return slices.ContainsFunc([]string{"name", "user", "login", "contact", "owner", "alias", "phone", "mobile", "fax", "mail", "address",
		"street", "city", "zip", "postal", "birth", "tax", "vat", "iban", "card"}, func(part string) bool { return strings.Contains(member, part) })
}

// isID reports whether a member's value is somebody's, however short.
func isID(member string) bool {
	return strings.EqualFold(member, "id") || strings.HasSuffix(member, "Id") || strings.HasSuffix(member, "ID")
}

// spoken reports whether a member holds sentences of the platform.
func spoken(member string) bool {
	switch strings.ToLower(member) {
	case "message", "error", "error_description", "errormessage", "detail", "details", "reason", "http_request", "en_us", "en":
		return true
	}
	return false
}

func guidIn(text string) bool { return len(guids.FindString(text)) > 0 }

var guids = regexp.MustCompile(`(?i)[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// stand is what stands for a value of a kind; to makes it of a number.
func (d *disguise) stand(kind, value string, to func(n int) string) string {
	key := strings.ToLower(value)
	other, known := d.as[key]
	if !known {
		d.taken[kind]++
		other = to(d.taken[kind])
		d.as[key] = other
	}
	d.forms[value] = other
	return other
}

// whole is what stands for a value.
func (d *disguise) whole(value string) string {
	if _, _, ok := guid.Parse(value); ok {
		return d.guid(value)
	}
	if _, _, ours := csvimport.ParseReference(value); ours {
		return guids.ReplaceAllStringFunc(value, d.guid)
	}
	switch {
	case anEMail.FindString(value) == value:
		return d.email(value)
	case aDomain.FindString(value) == value:
		return d.domain(value)
	case strings.Trim(value, "0123456789") == "":
		return d.number(value)
	case aCode.FindString(value) == value:
		return d.code(value)
	}
	return d.stand("text", value, func(n int) string { return fmt.Sprintf("text %d", n) })
}

func (d *disguise) guid(value string) string {
	return d.stand("guid", value, func(n int) string { return fmt.Sprintf("%08x-0000-4000-8000-%012x", n, n) })
}

func (d *disguise) email(value string) string {
	return d.stand("email", value, func(n int) string { return fmt.Sprintf("person%d@example.com", n) })
}

func (d *disguise) domain(value string) string {
	if strings.HasSuffix(strings.ToLower(value), ".onmicrosoft.com") {
		return d.stand("tenant", value, func(n int) string { return fmt.Sprintf("tenant%d.onmicrosoft.com", n) })
	}
	return d.stand("host", value, func(n int) string { return fmt.Sprintf("host%d.example", n) })
}

// number keeps how many digits there are.
func (d *disguise) number(value string) string {
	return d.stand(fmt.Sprintf("number %d", len(value)), value, func(n int) string {
		return "9" + fmt.Sprintf("%0*d", max(len(value)-1, 1), n)
	})
}

func (d *disguise) code(value string) string {
	m := aCode.FindStringSubmatch(value)
	return d.stand("code "+m[1], value, func(n int) string { return fmt.Sprintf("%s%0*d", m[1], len(m[2]), n) })
}

// within replaces what is known, or known by its form, in a sentence.
func (d *disguise) within(text string) string {
	text = csvimport.Shorten(strings.ReplaceAll(text, edge, ""), longestSentence)
	var stood []string
	hold := func(other string) string {
		stood = append(stood, other)
		return edge + string(rune(firstMark+len(stood)-1)) + edge
	}
	put := func(pattern *regexp.Regexp, as func(string) string) {
		text = pattern.ReplaceAllStringFunc(text, func(found string) string { return hold(as(found)) })
	}
	put(guids, d.guid) // before what may be a part of one
	put(anEMail, d.email)
	for _, form := range d.known() {
		if strings.Contains(text, form) {
			text = strings.ReplaceAll(text, form, hold(d.forms[form]))
		}
	}
	put(aDomain, d.domain)
	put(aCode, d.code)
	put(aNumber, d.number)
	put(aRun, leaveOut)
	var b strings.Builder
	for i, part := range strings.Split(text, edge) {
		if i%2 == 1 {
			r, _ := utf8.DecodeRuneInString(part)
			part = stood[r-firstMark]
		}
		b.WriteString(part)
	}
	return b.String()
}

// What stands for a value while others are looked for: a letter that nobody uses,
// between two edges, which no sentence has.
const (
	edge            = "\x00"
	firstMark       = '\U000F0000'
	longestSentence = 4096 // characters; no more than so many values are in it
)

// known are the values that are looked for in a sentence, the longest first: one may
// be a part of another.
func (d *disguise) known() []string {
	if d.learning {
		return nil
	}
	if d.sorted != len(d.forms) {
		d.sorted = len(d.forms)
		d.longest = slices.DeleteFunc(slices.Collect(maps.Keys(d.forms)), func(form string) bool {
			return len(form) < leastKnown || strings.ContainsFunc(form, func(r rune) bool { return r == 0 || r >= firstMark })
		})
		slices.SortFunc(d.longest, longestFirst)
	}
	return d.longest
}

// leastKnown is the length of the shortest value that is looked for in a sentence, in
// bytes: a shorter one is a part of too many words.
const leastKnown = 3

func longestFirst(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) }

// leaveOut leaves out what looks like a key: letters and digits in a long run.
func leaveOut(run string) string {
	if strings.ContainsAny(run, "0123456789") {
		return "(left out)"
	}
	return run
}

// address replaces what names somebody in the path or the query of a request.
func (d *disguise) address(text string) string {
	text = guids.ReplaceAllStringFunc(text, d.guid)
	text = anEMail.ReplaceAllStringFunc(text, d.email)
	return aCode.ReplaceAllStringFunc(text, d.code)
}

// pair is a member of an object.
type pair struct {
	name  string
	value any
}

// json disguises a JSON text. It fails where the text is none.
func (d *disguise) json(text []byte) (json.RawMessage, error) {
	if !json.Valid(text) {
		return nil, errors.New("it is not JSON")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	value, err := readJSON(decoder, 0)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	d.write(&b, "", value)
	return b.Bytes(), nil
}

const deepest = 100

// readJSON reads a value, the members of an object in their order.
func readJSON(decoder *json.Decoder, depth int) (any, error) {
	if depth > deepest {
		return nil, errors.New("it is nested too deep")
	}
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		members := []pair{}
		for decoder.More() {
			name, err := decoder.Token()
			if err != nil {
				return nil, err
			}
			value, err := readJSON(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			members = append(members, pair{name.(string), value})
		}
		_, err = decoder.Token()
		return members, err
	case json.Delim('['):
		list := []any{}
		for decoder.More() {
			value, err := readJSON(decoder, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, value)
		}
		_, err = decoder.Token()
		return list, err
	}
	return token, nil
}

// write writes a value that a member of this name has, disguised.
func (d *disguise) write(b *bytes.Buffer, member string, value any) {
	switch value := value.(type) {
	case []pair:
		b.WriteByte('{')
		for i, p := range value {
			if i > 0 {
				b.WriteByte(',')
			}
			writeText(b, d.memberName(p.name))
			b.WriteByte(':')
			name := p.name
			if name == "value" {
				name = nameOf(value)
			}
			d.write(b, name, p.value)
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i, v := range value {
			if i > 0 {
				b.WriteByte(',')
			}
			d.write(b, member, v)
		}
		b.WriteByte(']')
	case string:
		writeText(b, d.text(member, value))
	case json.Number:
		b.WriteString(d.figure(member, value.String()))
	default:
		text, _ := json.Marshal(value)
		b.Write(text)
	}
}

// nameOf is by what the value of a pair is known: {"key": …, "value": …}.
func nameOf(members []pair) string {
	for _, p := range members {
		switch text, _ := p.value.(string); p.name {
		case "key", "id", "name", "attributeID", "parameterId":
			return text
		}
	}
	return "value"
}

func writeText(b *bytes.Buffer, text string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // of a text, into memory
	b.Truncate(b.Len() - 1)
}

func (d *disguise) memberName(name string) string {
	if other, known := d.forms[name]; known {
		return other
	}
	if aName.MatchString(name) && !guidIn(name) {
		return name
	}
	return d.whole(name)
}

func (d *disguise) text(member, value string) string {
	switch {
	case value == "":
		return ""
	case secretMember(member):
		return "(secret)"
	case vocabulary(member, value):
		return value
	case spoken(member):
		return d.within(value)
	}
	return d.whole(value)
}

// figure replaces numbers that are long enough to be somebody's, and ids of any
// length.
func (d *disguise) figure(member, value string) string {
	if secretMember(member) {
		return "0"
	}
	if _, err := strconv.ParseUint(value, 10, 64); err == nil && (isID(member) || len(value) >= 5) {
		return d.number(value)
	}
	return value
}
