package rows

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/planname"
	"bulkimport/csvimport/sheet"
)

// parseGUID reads the cell as an id, in whatever form people and programs
// write ids, as long as no digit has to be guessed.
func (c *cell) parseGUID() guid.ID {
	if id, lower, ok := guid.Parse(c.text); ok {
		return c.takeGUID(id, lower)
	}
	s, invisible := normal.Clean(c.text)
	s, directed := normal.Undirect(s)
	if invisible || directed {
		c.add(csvimport.WInvisible, "", "")
	}
	if s == "" {
		c.text = s
		c.add(csvimport.EEmpty, "the cell is empty; an id is needed here", "take the id from the export or the platform")
		return guid.ID{}
	}
	plain := strings.Map(plainDash, strings.Trim(s, "{}()[]"))
	if hex := strings.ToLower(plain); len(hex) == 32 && guid.IsHex(hex) {
		plain = hex[:8] + "-" + hex[8:12] + "-" + hex[12:16] + "-" + hex[16:20] + "-" + hex[20:]
	}
	if id, _, ok := guid.Parse(plain); ok {
		c.text = strings.ToLower(plain)
		if plain != s {
			c.add(csvimport.WGUIDRewritten, "the id "+csvimport.Quoted(s)+" was read as "+c.text, "")
			if digits(s) && strings.Trim(s[15:], "0") == "" {
				c.add(csvimport.WLooksTruncated, csvimport.Quoted(s)+" ends in zeros after the 15th digit: a spreadsheet may have read the id as a number", "")
			}
		}
		return c.doubtGUID(id)
	}
	c.text = s
	if !c.spoilt() {
		c.explainGUID()
	}
	return guid.ID{}
}

// takeGUID takes a text that is an id as it stands, lower if it has no capitals.
func (c *cell) takeGUID(id guid.ID, lower bool) guid.ID {
	if !lower {
		c.text = strings.ToLower(c.text)
	}
	return c.doubtGUID(id)
}

// doubtGUID warns of an id that names nothing.
func (c *cell) doubtGUID(id guid.ID) guid.ID {
	if id == (guid.ID{}) {
		c.add(csvimport.WLooksTruncated, "the id is all zeros, which programs write where there is none", "take the id from the export or the platform")
	}
	return id
}

// parsePlan reads the cell as a service plan: its id; where the platform's plans are
// known, the name that one of them has; or name | id.
func (c *cell) parsePlan(plans *planname.Index) guid.ID {
	text := c.text
	if id, lower, ok := guid.Parse(text); ok {
		return c.takeGUID(id, lower)
	}
	if text == "" {
		return c.parseGUID()
	}
	if plans != nil {
		if found := plans.Named(text); len(found) > 0 {
			return c.planNamed(text, found)
		}
	}
	if i := strings.LastIndexByte(text, '|'); i > 0 && oneIDBehind(text[:i], text[i+1:]) {
		name, _ := normal.Clean(text[:i])
		c.text = text[i+1:]
		id := c.parseGUID()
		if !c.bad() && plans != nil {
			if called, is := plans.Is(c.text, name); !is {
				c.add(csvimport.WPlanDiffers, "the plan with this id is called "+csvimport.Quoted(called)+", not "+csvimport.Quoted(name), "")
			}
		}
		return id
	}
	id := c.parseGUID()
	n := len(c.faults) - 1
	if !c.bad() || c.faults[n].code != csvimport.EGUID {
		return id
	}
	if plans != nil {
		if begun := plans.Begun(c.text); len(begun) == 1 {
			c.faults[n].hint = "did you mean " + planname.Words(begun) + "?"
			return id
		}
	}
	if !namesPlan(c.text) {
		return id
	}
	if plans == nil {
		c.faults[n].hint = "a plan's name is understood where the platform's plans can be looked up; without them, write the id"
		return id
	}
	c.faults[n] = fault{code: csvimport.EPlanUnknown, message: "no service plan is called " + csvimport.Quoted(text), next: csvimport.ListPlans}
	if near := plans.Near(text); len(near) > 0 {
		c.faults[n].hint, c.faults[n].next = "did you mean "+planname.Words(near)+"?", 0
	}
	return id
}

// oneIDBehind reports whether an id stands behind a plan's name. A name may have ids
// in it, but an id is none.
func oneIDBehind(name, behind string) bool {
	_, _, noName := guid.Parse(strings.TrimSpace(name))
	_, _, isID := guid.Parse(strings.TrimSpace(behind))
	return isID && !noName || len(guid.Find(name))+len(guid.Find(behind)) == 1
}

// planNamed takes the plan of a name, if one only has it.
func (c *cell) planNamed(name string, found []csvimport.Plan) guid.ID {
	if len(found) > 1 {
		c.add(csvimport.EPlanUnknown, fmt.Sprintf("%d service plans are called %s", len(found), csvimport.Quoted(name)), "write the id of one: "+planname.Words(found))
		return guid.ID{}
	}
	c.text = found[0].APSID
	id := c.parseGUID()
	c.add(csvimport.WPlanByName, csvimport.Quoted(name)+" was read as plan "+c.text, "")
	return id
}

// namesPlan reports whether a text that is no id looks like a name, and not like an
// id that lost something, an address or a link.
func namesPlan(text string) bool {
	if strings.ContainsAny(text, "@/") || strings.HasSuffix(strings.ToLower(text), ".onmicrosoft.com") || len(guid.Find(text)) > 0 {
		return false
	}
	letters, all := 0, 0
	for _, r := range text {
		all++
		if unicode.IsLetter(r) && !guid.IsHex(string(r)) {
			letters++
		}
	}
	return 4*letters >= all && letters > 1
}

// plainDash makes a hyphen of what typography makes of hyphens.
func plainDash(r rune) rune {
	if r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == 0xfe58 || r == 0xfe63 || r == 0xff0d {
		return '-'
	}
	return r
}

const guidForm = "an id has 32 digits and letters a to f, as in 1b4e28ba-2fa1-41d2-883f-0016d3cca427"

// explainGUID says why the cell is no id.
func (c *cell) explainGUID() {
	s := c.text
	const code = csvimport.EGUID
	const copyIt = "copy the id again from the export or the platform"
	if mangled.IsScientific(s) {
		c.add(csvimport.EMangledNumber, csvimport.Quoted(s)+" is what a spreadsheet made of an id without hyphens: most of its digits are gone",
			copyIt+", with its hyphens")
		return
	}
	ids := guid.Find(s)
	lower := strings.ToLower(s)
	switch {
	case len(ids) == 1 && strings.Contains(lower, "://"):
		c.add(code, csvimport.Quoted(s)+" is a link, not an id", "take the part after /subscriptions/: "+ids[0])
	case len(ids) > 1:
		c.add(code, csvimport.Quoted(s)+" holds two ids", "keep one; each subscription needs a row of its own")
	case len(ids) == 1:
		c.add(code, csvimport.Quoted(s)+" holds more than an id", "keep only the id: "+ids[0])
	case strings.Contains(s, "@"):
		c.add(code, csvimport.Quoted(s)+" is an e-mail address, not an id", "was a column moved? "+copyIt)
	case strings.HasSuffix(lower, ".onmicrosoft.com"):
		c.add(code, csvimport.Quoted(s)+" is a domain name, not an id", "was a column moved? "+copyIt)
	default:
		c.add(code, csvimport.Quoted(s)+" is not an id: "+guidFlaw(s), copyIt)
	}
}

// guidFlaw names the flaw nearest to an id.
func guidFlaw(s string) string {
	bare := strings.Map(func(r rune) rune {
		if plainDash(r) == '-' {
			return -1
		}
		return r
	}, s)
	at := 0
	for _, r := range s {
		at++
		if guid.IsHex(string(r)) || r == '-' {
			continue
		}
		if n := utf8.RuneCountInString(bare); n < 24 || n > 40 {
			break
		}
		switch r {
		case 'o', 'O':
			return fmt.Sprintf("it has the letter %c at position %d (zero?)", r, at)
		case 'l', 'I', 'i':
			return fmt.Sprintf("it has the letter %c at position %d (one?)", r, at)
		case ' ', '\u00a0':
			return fmt.Sprintf("it has a space at position %d", at)
		}
		return fmt.Sprintf("it has %q at position %d; %s", r, at, guidForm)
	}
	if !guid.IsHex(bare) {
		return guidForm
	}
	switch n := len(s); {
	case len(bare) == 32:
		return "its hyphens are not where they belong (8-4-4-4-12)"
	case n >= 20 && n <= 50:
		return fmt.Sprintf("it has %d characters, an id has 36", n)
	}
	return guidForm
}

// ParseID reads a text as the id in a cell is read: in whatever form people and
// programs write ids. Where it is none ok is false, and the finding, whose place is
// the caller's to say, tells why.
func ParseID(text string) (id string, why csvimport.Finding, ok bool) {
	c := cell{text: sheet.Plain(strings.TrimLeft(strings.TrimSpace(text), "'"))}
	parsed := c.parseGUID()
	if !c.bad() {
		return parsed.String(), why, true
	}
	for _, f := range c.faults {
		if f.code.Severity() == csvimport.SeverityError {
			return "", csvimport.NewFinding(f.code, csvimport.Place{}, text, f.message, f.hint), false
		}
	}
	return "", why, false
}
