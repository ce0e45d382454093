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
	Line  int // physical line on which it starts, from 1
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
	// Truncated records are beyond all bounds; only their start was read.
	Truncated bool
}
