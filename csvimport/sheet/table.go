package sheet

// Table is a table open for reading. It is safe for concurrent use.
type Table interface {
	// Facts returns what opening the table has found. It does not change.
	Facts() Facts
	// Reader returns a reader of the table's chunks. Each goroutine needs one
	// of its own.
	Reader() Reader
	// Close drops what the table keeps of its file. Nothing is read after it.
	Close() error
}

// Reader reads a table chunk by chunk. It must not be used by two goroutines at
// once.
type Reader interface {
	// Read calls yield for each record of a chunk below the headings that is
	// not blank, until yield returns false. Chunks are numbered from 0 and may
	// be read in any order and again. The record is overwritten by the next
	// one; its Cells are not.
	Read(chunk int, yield func(*Record) bool) (Skipped, error)
}

// Skipped are the blank rows that were passed over while a chunk was read.
type Skipped struct {
	Rows      int
	Line, Row int // of the first
}

// Facts are what is known of a table once it is open. If it has a fault, the
// others are as far as they were recognised.
type Facts struct {
	Fault    *Fault // why the file cannot be read as a table, nil if it can
	Style    Style  // how the table is written
	Notices  []Notice
	Preamble []Record // the rows above the headings that are not blank
	Header   Record   // the heading line, without the empty cells at its end
	Chunks   int      // how many there are
	Records  int      // an upper bound of their number
	Size     int64    // of the table in bytes, as text
	Book     *Book    // of which the table is a sheet; nil where it is a file of its own
}

// Book is what is known of the workbook around a table.
type Book struct {
	Sheet  string   // the name of the sheet that is read
	Chosen bool     // it was asked for by its name
	Others []string // names of the book's other sheets, in its order
	// Hidden rows below the headings that are not blank: how many, and the
	// first of them.
	Hidden     int
	HiddenRows []int
	Filtered   bool  // the sheet has a filter, which hides rows
	Columns    []int // those that are hidden, as far as the headings go
	// Totals is the row that the workbook itself calls the total of a table,
	// and that is left out; 0 if there is none.
	Totals int
}

// Notice is something about a table that can be read of which the one who saved
// it should know.
type Notice struct {
	Kind  NoticeKind
	Line  int // physical line, 0 = the whole file
	Chunk int // the first one concerned
}

// NoticeKind says what was noticed.
type NoticeKind uint8

const (
	GuessedEncoding NoticeKind = iota + 1 // letters that are not ASCII were read by Style.Encoding, which the file does not name
	SepLine                               // a line that only names the delimiter was left out
)
