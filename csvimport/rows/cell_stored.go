package rows

import (
	"cmp"
	"math"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/cutoff"
	"bulkimport/csvimport/sheet"
)

// stored is what the file as a whole is told of the cells that a workbook keeps as
// something else than text.
type stored struct {
	number  column // the first column, plus one, in which a number stands for a text; 0: none
	formula column // the first with a formula in it, likewise
}

// wholeLimit is the least whole number of 16 digits: spreadsheets do not keep all of
// these.
const wholeLimit = 1e15

const (
	takeText   = "take the id from the export or the platform; format the column as Text first"
	mergedHint = "the cell is merged with another, which has the value: unmerge them, and fill each"
)

// parseStored reads the cell by what a workbook stores in it. It reports false where
// its text is all there is to know.
func (c *cell) parseStored(col column, v *sheet.Value, out *stored) bool {
	if v.Formula && out.formula == 0 {
		out.formula = col + 1
	}
	switch v.Type {
	case sheet.Text:
		if !v.Merged || col >= requiredColumns || !sheet.Blank(c.text) {
			return false
		}
		c.add(csvimport.EEmpty, "the cell is empty; a value is needed here", mergedHint)
	case sheet.Failed:
		c.add(csvimport.ESpreadsheetError, "the formula or column in this cell did not give a value ("+csvimport.Shown(c.text)+")", "mend the formula or type the value")
	case sheet.NoValue:
		c.add(csvimport.ESpreadsheetError, csvimport.Quoted(c.text)+" is a formula without a value: the program that wrote the workbook has not calculated it",
			"open the workbook in a spreadsheet and save it; where a name begins with =, format the column as Text and type it again")
	case sheet.Number:
		c.shown = c.text
		if !isWhole(v) {
			c.shown = v.Stored
		}
		taken := c.readNumber(col, v)
		if out.number == 0 && (taken && col == colAccountID || v.Formula && col == colCompany) {
			out.number = col + 1
		}
	case sheet.Date:
		c.readDate(col, v)
	case sheet.Truth:
		c.readTruth(col, v)
	}
	return true
}

// isWhole reports whether a number is an exact whole one.
func isWhole(v *sheet.Value) bool {
	return v.Number == math.Trunc(v.Number) && math.Abs(v.Number) < wholeLimit
}

// readNumber reads a number. It reports whether it was taken for the cell's text.
func (c *cell) readNumber(col column, v *sheet.Value) bool {
	q := csvimport.Quoted(c.shown)
	switch col {
	case colTenant:
		c.add(csvimport.ETenant, q+" is a number, not a domain name", "write the full domain name, for example contoso.onmicrosoft.com")
	case colEmail:
		c.add(csvimport.EEmail, q+" is a number, not an e-mail address", "write the address of the account's administrator")
	case colPlanID, colSubID:
		if isWhole(v) {
			c.add(csvimport.EGUID, q+" is a number, not an id: "+guidForm, takeText)
		} else {
			c.add(csvimport.EMangledNumber, q+" is what a spreadsheet made of an id without hyphens: most of its digits are gone",
				"take the id, with its hyphens, from the export or the platform; format the column as Text first")
		}
	case colCompany:
		return c.numberAsName(v)
	case colAccountID:
		return c.numberAsID(v)
	case colCutOff:
		hint := "write the date as 2026-12-01, or format the cell as a date"
		if !v.Time.IsZero() {
			hint += "; as a date it would be " + v.Time.Format(time.DateOnly)
		}
		c.add(csvimport.ECutOff, q+" is a number without the format of a date", hint)
	}
	return false
}

// numberAsID reads a number as that of an account.
func (c *cell) numberAsID(v *sheet.Value) bool {
	q := csvimport.Quoted(c.shown)
	switch {
	case math.Abs(v.Number) >= wholeLimit:
		c.add(csvimport.EMangledNumber, q+" has more digits than a spreadsheet keeps of a number: those after the 15th are gone", takeText)
	case v.Number < 0:
		c.add(csvimport.EAccountID, q+" is a negative number", takeText)
	case !isWhole(v):
		c.add(csvimport.EAccountID, q+" is a number with decimals", takeText)
	case v.Look == sheet.Disguised:
		c.add(csvimport.EAccountID, "the cell shows "+q+" and holds "+csvimport.Quoted(v.Stored)+": its format ("+csvimport.Shown(v.Format)+") shows other digits than those that are stored", takeText)
	default:
		return true
	}
	return false
}

// numberAsName reads a number as a company's name.
func (c *cell) numberAsName(v *sheet.Value) bool {
	q := csvimport.Quoted(c.shown)
	const compare = "take the name from the export or the platform; format the column as Text first"
	switch {
	case v.Formula:
		c.add(csvimport.ESpreadsheetError, "a formula gave the number "+q+" for a name; a name that begins with = may have become that formula", compare)
	case !isWhole(v), v.Look != sheet.AsStored:
		c.add(csvimport.EMangledNumber, q+" is a number: a spreadsheet may have made it of a name such as 1E10 or 04711", compare)
	default:
		c.add(csvimport.WLooksMangled, q+" is a number: a spreadsheet may have made it of a name such as 04711", "")
		return true
	}
	return false
}

// readDate reads a date, which only one column has.
func (c *cell) readDate(col column, v *sheet.Value) {
	switch {
	case col != colCutOff:
		c.shown = cmp.Or(v.Shown, c.text)
		what := "an id"
		if col == colCompany {
			what = "a name such as SEPT2"
		}
		c.add(csvimport.EMangledDate, csvimport.Quoted(c.shown)+" is a date: a spreadsheet may have made it of "+what, "take the value from the export or the platform; format the column as Text first")
	case v.Time.IsZero():
		c.add(csvimport.ECutOff, csvimport.Quoted(c.text)+" is no day that a spreadsheet knows", "")
	case v.Time.Year() < 2000 || v.Time.Year() > 2100:
		c.add(csvimport.ECutOff, csvimport.Quoted(c.text)+" is not in this century", "")
	default:
		c.text, c.day = v.Time.Format(cutoff.Layout), v.Time
	}
}

// doubtDate warns of a cut-off that was stored as a date.
func (c *cell) doubtDate(now time.Time) {
	if !c.day.IsZero() {
		c.faults = append(c.faults, doubtCutOff(c.day, now)...)
	}
}

// readTruth reads a truth value, which no column has.
func (c *cell) readTruth(col column, v *sheet.Value) {
	q := csvimport.Quoted(c.text)
	const hint = "write the value again; format the column as Text first"
	switch col {
	case colCompany:
		if v.Formula {
			c.add(csvimport.ESpreadsheetError, "a formula gave "+q+", a spreadsheet's TRUE or FALSE, for a name", hint)
			return
		}
		c.add(csvimport.WLooksMangled, q+" is a spreadsheet's TRUE or FALSE: it may have been a name", "")
	case colAccountID:
		c.add(csvimport.EAccountID, q+" is a spreadsheet's TRUE or FALSE, not a number", "write the account's number in digits, or leave the cell empty")
	case colCutOff:
		c.add(csvimport.ECutOff, q+" is a spreadsheet's TRUE or FALSE, not a date", "")
	case colTenant:
		c.add(csvimport.ETenant, q+" is a spreadsheet's TRUE or FALSE, not a domain name", hint)
	case colEmail:
		c.add(csvimport.EEmail, q+" is a spreadsheet's TRUE or FALSE, not an e-mail address", hint)
	default:
		c.add(csvimport.EGUID, q+" is a spreadsheet's TRUE or FALSE, not an id", takeText)
	}
}
