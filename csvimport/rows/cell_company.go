package rows

import (
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/mangled"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/sheet"
)

// parseCompany reads the cell as a company name. A name is never guessed: what
// cannot be told is refused, what may be wrong is kept and said.
func (c *cell) parseCompany() {
	s := c.text
	if mangled.Unlikely(s) {
		return
	}
	raw := s
	if sheet.Neutralised(strings.TrimSpace(s)) {
		s = sheet.Plain(strings.TrimSpace(s))
		c.add(csvimport.WNeutralisedName, "the apostrophe before "+csvimport.Quoted(s)+" was left out: it only keeps spreadsheets from running the name as a formula", "")
	}
	if !normal.IsPlain(s) {
		if _, invisible := normal.Clean(s); invisible || strings.ContainsFunc(s, normal.IsNoBreakSpace) {
			c.add(csvimport.WInvisible, "the name held no-break spaces or characters that cannot be seen; they were replaced or left out", "")
		}
	}
	c.text = normal.Company(s)
	if c.text == "" {
		c.add(csvimport.EEmpty, "the cell is empty; the company's name is needed here", "")
		return
	}
	if probably, ok := mangled.Mojibake(raw); ok {
		c.addMojibake(probably)
		return
	}
	if c.spoilt() {
		return
	}
	c.doubtCompany()
}

// doubtCompany warns of names that a spreadsheet may have made of others.
func (c *cell) doubtCompany() {
	s := c.text
	if strings.Contains(s, "\n") {
		c.add(csvimport.WNewlineInName, "", "")
	}
	if strings.Contains(s, "??") {
		c.add(csvimport.WPossibleLoss, csvimport.Quoted(s)+" may have lost letters: ? stands where one could not be saved", "")
	}
	switch {
	case mangled.IsTruth(s):
		c.add(csvimport.WLooksMangled, csvimport.Quoted(s)+" is a spreadsheet's TRUE or FALSE: it may have been a name", "")
	case mangled.IsScientific(s):
		c.add(csvimport.WLooksMangled, csvimport.Quoted(s)+" is a number in scientific notation: a spreadsheet may have made it of a name", "")
	case mangled.IsDate(s):
		c.add(csvimport.WLooksMangled, csvimport.Quoted(s)+" is a date: a spreadsheet may have made it of a name such as SEPT2", "")
	}
}
