package sheet

// Style is how a table is written as text.
type Style struct {
	Delimiter byte   // comma if 0
	CRLF      bool   // lines end as on Windows
	BOM       bool   // starts with a byte order mark
	Encoding  string // one of the names below, UTF8 if empty
}

// Names of encodings.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16-le"
	UTF16BE     = "utf-16-be"
	UTF32LE     = "utf-32-le"
	UTF32BE     = "utf-32-be"
	Windows1252 = "windows-1252"
	Unknown     = "unknown" // of files that cannot be read
)
