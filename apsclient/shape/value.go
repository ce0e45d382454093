package shape

import "strings"

// Value is one value of an order that differs from row to row.
type Value uint8

const (
	Account       Value = iota + 1 // aps.id of the account that will own the subscription
	AccountNumber                  // the number people use
	Plan                           // aps.id of the service plan
	Reference                      // the caller's own, by which an order is found again
	Tenant                         // full domain name
	Subscription                   // the Azure subscription, a lower-case GUID
	CutOff                         // RFC 3339 with milliseconds; empty for none
	values
)

var names = [values]string{
	Account: "account", AccountNumber: "account_number", Plan: "plan", Reference: "reference",
	Tenant: "tenant", Subscription: "subscription", CutOff: "cut_off",
}

// String returns the value's name in a template.
func (v Value) String() string {
	if v > 0 && v < values {
		return names[v]
	}
	return "?"
}

// Names are all names of values, for words.
func Names() []string { return append([]string(nil), names[1:]...) }

// Values are the values of one row.
type Values [values]string

// style is how a value is written.
type style uint8

const (
	asText   style = iota
	asNumber       // without quotes
	asDate         // the day alone
)

// hole is a placeholder.
type hole struct {
	value    Value
	style    style
	optional bool
	before   string // text around it in the same string
	after    string
}

// dayLength is that of a date without its time.
const dayLength = len("2006-01-02")

// of is what is written for a row, without quotes.
func (h *hole) of(row *Values) string {
	text := row[h.value]
	if h.style == asDate && len(text) > dayLength {
		text = text[:dayLength]
	}
	return text
}

// told is the value in a text that was read back, a day as its beginning; ok is false if the text around it
// is another.
func (h *hole) told(text string) (value string, ok bool) {
	value, ok = strings.CutPrefix(text, h.before)
	if !ok {
		return "", false
	}
	value, ok = strings.CutSuffix(value, h.after)
	if h.style == asDate && len(value) == dayLength {
		value += "T00:00:00.000Z"
	}
	return value, ok
}

// holesIn finds the placeholders of a text. A text has one at most; problem says what
// is wrong, and at which byte of the text.
func holesIn(text string) (h *hole, problem string, at int) {
	begin := strings.Index(text, "${")
	if begin < 0 {
		return nil, "", 0
	}
	end := strings.IndexByte(text[begin:], '}')
	if end < 0 {
		return nil, "a placeholder does not end: } is missing", begin
	}
	end += begin
	h = &hole{before: text[:begin], after: text[end+1:]}
	name := text[begin+2 : end]
	name, h.optional = strings.CutSuffix(name, "?")
	name, kind, styled := strings.Cut(name, ":")
	for v, known := range names {
		if known == name && known != "" {
			h.value = Value(v)
		}
	}
	switch {
	case h.value == 0:
		return nil, "there is no placeholder ${" + name + "}: known are " + strings.Join(Names(), ", "), begin
	case strings.Contains(h.after, "${"):
		return nil, "one text holds several placeholders", begin
	case !styled:
	case kind == "number" && h.value == AccountNumber && h.before == "" && h.after == "":
		h.style = asNumber
	case kind == "date" && h.value == CutOff:
		h.style = asDate
	default:
		return nil, "${" + name + "} cannot be written as " + kind + ": an account_number alone can be as number, a cut_off as date", begin
	}
	switch {
	case h.value == CutOff && !h.optional:
		return nil, "a row may have no cut-off date: write ${" + text[begin+2:end] + "?}", begin
	case h.value != CutOff && h.optional:
		return nil, "every row has " + name + ": only ${cut_off?} has a question mark", begin
	}
	return h, "", 0
}
