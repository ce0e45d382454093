package sheet

import "strings"

// formula holds the characters with which a cell starts that a spreadsheet
// would run.
const formula = "=+-@\t\r\n"

// Neutral returns a cell with a leading apostrophe if a spreadsheet would run
// it as a formula. Plain undoes exactly that.
func Neutral(cell string) string {
	if cell != "" && strings.IndexByte(formula, cell[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

// Plain returns a cell without the apostrophe that Neutral put before it.
func Plain(cell string) string {
	if Neutralised(cell) {
		return cell[1:]
	}
	return cell
}

// Neutralised reports whether a cell starts with an apostrophe and a character
// of formulas.
func Neutralised(cell string) bool {
	return len(cell) > 1 && cell[0] == '\'' && strings.IndexByte(formula, cell[1]) >= 0
}
