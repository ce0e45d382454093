package csvimport

// Code says what was found. Its first letter is its severity.
type Code string

// Severity is error for a code that begins with E, warning for one with W.
func (c Code) Severity() Severity {
	if c != "" && c[0] == 'W' {
		return SeverityWarning
	}
	return SeverityError
}

// Already reports whether the code says that there is an order for the row, or an
// import, already.
func (c Code) Already() bool { return c == WAlreadyImported || c == WAlreadyOrdered }

// The file.
const (
	EEmptyFile         Code = "E_EMPTY_FILE"         // it has no bytes
	EFileTooLarge      Code = "E_FILE_TOO_LARGE"     // more bytes than are read
	ENotText           Code = "E_NOT_TEXT"           // a file of another kind, an archive, a picture
	ENotCSV            Code = "E_NOT_CSV"            // text of another kind: HTML, XML, JSON
	EEncoding          Code = "E_ENCODING"           // its letters cannot be told
	ENULByte           Code = "E_NUL_BYTE"           // NUL bytes: cut off or damaged
	EDelimiter         Code = "E_DELIMITER"          // its values are not separated as expected
	EUnterminatedQuote Code = "E_UNTERMINATED_QUOTE" // a quote that never closes
	EStrayQuote        Code = "E_STRAY_QUOTE"        // text behind a closing quote
	EUnreadable        Code = "E_UNREADABLE"         // our private copy could not be read
	ETooManyColumns    Code = "E_TOO_MANY_COLUMNS"   // more values than a spreadsheet has columns
	WSepLine           Code = "W_SEP_LINE"           // a line that only names the delimiter
	WPreamble          Code = "W_PREAMBLE"           // lines above the headings
	WBlankRows         Code = "W_BLANK_ROWS"         // blank rows, skipped
	WEncodingGuessed   Code = "W_ENCODING_GUESSED"   // read as Windows-1252
)

// The workbook that it is.
const (
	EDamaged        Code = "E_DAMAGED"         // it is not whole
	EEncrypted      Code = "E_ENCRYPTED"       // it only opens with a password
	ETooLarge       Code = "E_TOO_LARGE"       // unpacked it is beyond all bounds
	ESheetAmbiguous Code = "E_SHEET_AMBIGUOUS" // several sheets could be meant
	ESheetUnknown   Code = "E_SHEET_UNKNOWN"   // no sheet has the name asked for
	EHiddenRows     Code = "E_HIDDEN_ROWS"     // rows nobody saw, and nobody has said what is to become of them
	WSheet          Code = "W_SHEET"           // which of its sheets was read
	WHiddenRows     Code = "W_HIDDEN_ROWS"     // rows nobody saw, read like all others
	WHiddenSkipped  Code = "W_HIDDEN_SKIPPED"  // rows nobody saw, left out as asked
	WHiddenColumns  Code = "W_HIDDEN_COLUMNS"  // columns nobody saw, read like all others
	WTotalsRow      Code = "W_TOTALS_ROW"      // a total, left out
	WFormula        Code = "W_FORMULA"         // values that formulas gave
	WNumberCell     Code = "W_NUMBER_CELL"     // ids that are numbers
)

// Its headings.
const (
	ENoHeader        Code = "E_NO_HEADER"        // no heading line
	EHeaderMissing   Code = "E_HEADER_MISSING"   // a column is not there
	EHeaderDuplicate Code = "E_HEADER_DUPLICATE" // a column is there twice
	EHeaderRepeated  Code = "E_HEADER_REPEATED"  // the heading line again, further down
	EHeaderBilling   Code = "E_HEADER_BILLING"   // a heading of a date that is not understood
	ENoRows          Code = "E_NO_ROWS"          // nothing below the headings
	WHeadingAlias    Code = "W_HEADING_ALIAS"    // another heading was said to be this column's
	WHeaderSpelling  Code = "W_HEADER_SPELLING"  // written in another way
	WExtraColumn     Code = "W_EXTRA_COLUMN"     // a column that is not ours
	WReordered       Code = "W_REORDERED"        // columns in another order
)

// Its rows.
const (
	EFieldCount       Code = "E_FIELD_COUNT"        // more or fewer values than headings
	ENotARow          Code = "E_NOT_A_ROW"          // a note, a total, a comment
	EDuplicateSubID   Code = "E_DUPLICATE_SUB_ID"   // an earlier row has this subscription
	WInOtherFile      Code = "W_IN_OTHER_FILE"      // an earlier file has this subscription
	WExtraEmptyFields Code = "W_EXTRA_EMPTY_FIELDS" // empty values behind the last heading
	WShortRow         Code = "W_SHORT_ROW"          // values at the end are missing, and optional
	WSequentialIDs    Code = "W_SEQUENTIAL_IDS"     // ids that only count up
	WSharedAccountID  Code = "W_SHARED_ACCOUNT_ID"  // one account with several tenants
	WSameID           Code = "W_SAME_ID"            // plan_id and sub_id are one id
)

// Its cells.
const (
	EEmpty               Code = "E_EMPTY"                   // a value is needed
	ETenant              Code = "E_TENANT"                  // no domain name
	EGUID                Code = "E_GUID"                    // no id
	EEmail               Code = "E_EMAIL"                   // no address
	EAccountID           Code = "E_ACCOUNT_ID"              // no account number
	ECutOff              Code = "E_CUT_OFF"                 // no date
	ECutOffAmbiguous     Code = "E_CUT_OFF_AMBIGUOUS"       // two dates in one
	EMangledNumber       Code = "E_MANGLED_NUMBER"          // scientific notation: digits are gone
	EMangledDate         Code = "E_MANGLED_DATE"            // a date made of something else
	ESpreadsheetError    Code = "E_SPREADSHEET_ERROR"       // what a formula wrote in place of a value
	EMojibake            Code = "E_MOJIBAKE"                // letters read in a wrong encoding
	ELostCharacters      Code = "E_LOST_CHARACTERS"         // letters that are gone
	EControlCharacter    Code = "E_CONTROL_CHARACTER"       // a character that cannot be seen
	EFieldTooLong        Code = "E_FIELD_TOO_LONG"          // longer than a cell can be
	WBareQuote           Code = "W_BARE_QUOTE"              // a quote in a value without quotes
	WSpaceBeforeQuote    Code = "W_SPACE_BEFORE_QUOTE"      // spaces beside the quotes
	WInvisible           Code = "W_INVISIBLE"               // characters that cannot be seen, left out
	WNeutralisedName     Code = "W_NEUTRALISED_NAME"        // an apostrophe against formulas, left out
	WNewlineInName       Code = "W_NEWLINE_IN_NAME"         // a line break in a name
	WLooksMangled        Code = "W_LOOKS_MANGLED"           // a spreadsheet may have made it of something else
	WPossibleLoss        Code = "W_POSSIBLE_LOSS"           // letters may be lost
	WPlanByName          Code = "W_PLAN_BY_NAME"            // a service plan's name in place of its id
	WGUIDRewritten       Code = "W_GUID_REWRITTEN"          // an id in another form
	WMailto              Code = "W_MAILTO"                  // a link to an address
	WEmailNonASCII       Code = "W_EMAIL_NON_ASCII"         // an address with letters beyond ASCII
	WTextPrefix          Code = "W_TEXT_PREFIX"             // a number kept as text
	WNumberSuffix        Code = "W_NUMBER_SUFFIX"           // a whole number with decimals
	WLooksTruncated      Code = "W_LOOKS_TRUNCATED"         // zeros where digits were
	WDateSerial          Code = "W_DATE_SERIAL"             // a spreadsheet's number of a day
	WCutOffInFuture      Code = "W_CUT_OFF_IN_FUTURE"       // billing starts later
	WCutOffNotMonthStart Code = "W_CUT_OFF_NOT_MONTH_START" // billing starts within a month
)

// What the platform says before the first order.
const (
	EPlanUnknown         Code = "E_PLAN_UNKNOWN"         // no such service plan
	EPlanRefused         Code = "E_PLAN_REFUSED"         // the estimate refuses the order
	EAccountUnknown      Code = "E_ACCOUNT_UNKNOWN"      // no such account
	EAccountAmbiguous    Code = "E_ACCOUNT_AMBIGUOUS"    // several accounts
	EAccountOfOtherRow   Code = "E_ACCOUNT_OF_OTHER_ROW" // name and e-mail of the account are another row's
	ETenantUnknown       Code = "E_TENANT_UNKNOWN"       // no such tenant
	ESubscriptionUnknown Code = "E_SUBSCRIPTION_UNKNOWN" // the tenant has no such subscription
	ESubscriptionTenant  Code = "E_SUBSCRIPTION_TENANT"  // it is another tenant's
	WPlanDiffers         Code = "W_PLAN_DIFFERS"         // the name beside the id is not the plan's
	WAccountDiffers      Code = "W_ACCOUNT_DIFFERS"      // name or e-mail are not the account's
	WAccountContradicts  Code = "W_ACCOUNT_CONTRADICTS"  // neither is
	WAlreadyImported     Code = "W_ALREADY_IMPORTED"     // nothing will be sent
	WSubscriptionState   Code = "W_SUBSCRIPTION_STATE"   // it is not active
	WTenantSplit         Code = "W_TENANT_SPLIT"         // a tenant with two accounts
	WTenantPartial       Code = "W_TENANT_PARTIAL"       // not all of a tenant's subscriptions
)

// What the ledger remembers.
const (
	WAlreadyOrdered     Code = "W_ALREADY_ORDERED"      // an earlier run has to do with it
	WChangedSinceExport Code = "W_CHANGED_SINCE_EXPORT" // not as it was downloaded
)

// What an audit finds after the last.
const (
	ENotImported     Code = "E_NOT_IMPORTED"     // the subscription shows as not imported
	EOrderedTwice    Code = "E_ORDERED_TWICE"    // two orders stand
	EOrderFailed     Code = "E_ORDER_FAILED"     // the order ended badly
	EOrderUnrecorded Code = "E_ORDER_UNRECORDED" // there is an order the file does not know of
	EOtherAccount    Code = "E_OTHER_ACCOUNT"    // imported under another account
	EOtherPlan       Code = "E_OTHER_PLAN"       // ordered with another plan
	EOtherCutOff     Code = "E_OTHER_CUT_OFF"    // ordered with another date
	WNotReadable     Code = "W_NOT_READABLE"     // whether it is imported is not told
	WOrderNotListed  Code = "W_ORDER_NOT_LISTED" // the platform does not list the order
	WOrderOpen       Code = "W_ORDER_OPEN"       // the order is not at its end
)

// What a person found of orders that nobody else can tell of.
const (
	EFound          Code = "E_FOUND"           // neither a number nor a word that is understood
	EAnswersDiffer  Code = "E_ANSWERS_DIFFER"  // two rows that contradict each other
	EReferenceOther Code = "E_REFERENCE_OTHER" // the row's reference is another subscription's, or another order's of it
	ENoNote         Code = "E_NO_NOTE"         // a word that needs somebody's reason has none
	ENotInLedger    Code = "E_NOT_IN_LEDGER"   // the ledger has nothing of the subscription
	EOrderNotShown  Code = "E_ORDER_NOT_SHOWN" // the platform shows no order of this number
	EOrderOther     Code = "E_ORDER_OTHER"     // it is another's
	EOrderUntold    Code = "E_ORDER_UNTOLD"    // the platform does not tell whose it is
	EOrderStands    Code = "E_ORDER_STANDS"    // the row has another order, or has one where none is said to be
	ETooEarly       Code = "E_TOO_EARLY"       // an order may still turn up
	ENothingDiffers Code = "E_NOTHING_DIFFERS" // there is no difference that could be closed
	EAtWork         Code = "E_AT_WORK"         // another run is at work on it
)
