package sheet

// Kind says why a file cannot be read as a table.
type Kind uint8

const (
	Empty          Kind = iota + 1 // no bytes, or only blank lines
	TooLarge                       // more bytes than allowed
	NotText                        // a workbook, an archive, a picture…; Detail names it
	NotCSV                         // text of another kind; Detail names it
	BadEncoding                    // the letters cannot be known; Detail is one of the Encoding… constants
	NulByte                        // NUL bytes in text
	BadDelimiter                   // the headings are not separated as expected; Detail is one of the Delimiter… constants
	OpenQuote                      // a quote opens and swallows what follows
	StrayQuote                     // text after a closing quote
	NoHeader                       // no row names enough of the headings
	Damaged                        // a workbook that is not whole; Detail is one of the Damage… constants
	Encrypted                      // a workbook that only opens with a password
	Inflated                       // unpacked it is beyond all bounds
	LockFile                       // what a spreadsheet puts beside a workbook while that is open
	SheetAmbiguous                 // several sheets could be meant: Names
	SheetUnknown                   // no sheet has the name asked for; Names are those there are
)

// Details of Damaged.
const (
	DamageCut       = "cut"       // it ends too early
	DamageBytes     = "bytes"     // bytes have changed: a checksum proves it
	DamageMissing   = "missing"   // a part is not there; Value names it
	DamageTwice     = "twice"     // a row, a cell or a part is there twice; Value names it
	DamageReference = "reference" // a cell refers to a text or format that is not there
	DamageContent   = "content"   // it is not written as workbooks are
)

// Details of BadEncoding.
const (
	EncodingMixed   = "mixed"   // a byte is not UTF-8 although the rest of the file is
	EncodingCut     = "cut"     // the file ends inside a character
	EncodingUnknown = "unknown" // a single-byte or double-byte code page that the bytes do not name
)

// Details of BadDelimiter.
const (
	DelimiterNone    = "none"    // the headings stand in one column
	DelimiterWrapped = "wrapped" // every line is one quoted cell
	DelimiterRows    = "rows"    // the rows use another delimiter than the headings
)

// Fault is the reason why a file cannot be read as a table, and where.
type Fault struct {
	Kind    Kind
	Detail  string
	Line    int      // physical line on which the record starts; 0 = the whole file
	Row     int      // the row number a spreadsheet shows
	LastRow int      // of a record's damage, the last row concerned
	Column  int      // index of the column, -1 = the whole line
	Value   string   // the text concerned, shortened
	Names   []string // of sheets: those that could be meant, or of NoHeader the hidden ones that have headings
	Count   int      // of records concerned, where it is known; the bytes allowed of TooLarge
	Byte    byte     // the offending byte of BadEncoding; the rows' delimiter of BadDelimiter
}
