package sheet

// Mark says how a cell was written.
type Mark uint8

const (
	Quoted      Mark = 1 << iota // in quotes
	BareQuote                    // not in quotes, with quotes in its text
	SpacedQuote                  // in quotes, with spaces before or after them
)

// Record is one record of a table.
type Record struct {
	Line  int // physical line on which it starts, from 1; the row where there are no lines
	Row   int // the row number a spreadsheet shows
	Cells []string
	// Width counts the values of the record. Cells holds fewer where values
	// after the last heading are empty, and no more than MaxColumns+1.
	Width int
	// Used counts the values up to the last that is not blank.
	Used int
	// Marks has the mark of each cell, or is nil where no cell has one that
	// needs attention: it is only valid until the next record is read.
	Marks []Mark
	// Values says what a workbook stores in each cell, or is nil where all of
	// them are text: it is only valid until the next record is read.
	Values []Value
	// Hidden rows are in the table, and whoever looked at it did not see them.
	Hidden bool
	// Damage is the fault of lines that cannot be told apart; their text stands in
	// the one cell.
	Damage *Fault
	// Truncated records are beyond all bounds; only their start was read.
	Truncated bool
}
