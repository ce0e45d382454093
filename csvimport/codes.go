package csvimport

// Severity tells what a finding does to its row.
type Severity string

const (
	SeverityError   Severity = "error"   // the row, or the file, cannot be imported
	SeverityWarning Severity = "warning" // it can, and a person should look
)

// Code says what was found; Meaning has the words. Its first letter is its severity.
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
	EEmptyFile         Code = "E_EMPTY_FILE"
	EFileTooLarge      Code = "E_FILE_TOO_LARGE"
	ENotText           Code = "E_NOT_TEXT"
	ENotCSV            Code = "E_NOT_CSV"
	EEncoding          Code = "E_ENCODING"
	ENULByte           Code = "E_NUL_BYTE"
	EDelimiter         Code = "E_DELIMITER"
	EUnterminatedQuote Code = "E_UNTERMINATED_QUOTE"
	EStrayQuote        Code = "E_STRAY_QUOTE"
	EUnreadable        Code = "E_UNREADABLE"
	ETooManyColumns    Code = "E_TOO_MANY_COLUMNS"
	WSepLine           Code = "W_SEP_LINE"
	WPreamble          Code = "W_PREAMBLE"
	WBlankRows         Code = "W_BLANK_ROWS"
	WEncodingGuessed   Code = "W_ENCODING_GUESSED"
)

// The workbook that it is.
const (
	EDamaged        Code = "E_DAMAGED"
	EEncrypted      Code = "E_ENCRYPTED"
	ETooLarge       Code = "E_TOO_LARGE"
	ESheetAmbiguous Code = "E_SHEET_AMBIGUOUS"
	ESheetUnknown   Code = "E_SHEET_UNKNOWN"
	EHiddenRows     Code = "E_HIDDEN_ROWS"
	WSheet          Code = "W_SHEET"
	WHiddenRows     Code = "W_HIDDEN_ROWS"
	WHiddenSkipped  Code = "W_HIDDEN_SKIPPED"
	WHiddenColumns  Code = "W_HIDDEN_COLUMNS"
	WTotalsRow      Code = "W_TOTALS_ROW"
	WFormula        Code = "W_FORMULA"
	WNumberCell     Code = "W_NUMBER_CELL"
)

// Its headings.
const (
	ENoHeader        Code = "E_NO_HEADER"
	EHeaderMissing   Code = "E_HEADER_MISSING"
	EHeaderDuplicate Code = "E_HEADER_DUPLICATE"
	EHeaderRepeated  Code = "E_HEADER_REPEATED"
	EHeaderBilling   Code = "E_HEADER_BILLING"
	ENoRows          Code = "E_NO_ROWS"
	WHeadingAlias    Code = "W_HEADING_ALIAS"
	WHeaderSpelling  Code = "W_HEADER_SPELLING"
	WExtraColumn     Code = "W_EXTRA_COLUMN"
	WReordered       Code = "W_REORDERED"
)

// Its rows.
const (
	EFieldCount       Code = "E_FIELD_COUNT"
	ENotARow          Code = "E_NOT_A_ROW"
	EDuplicateSubID   Code = "E_DUPLICATE_SUB_ID"
	WInOtherFile      Code = "W_IN_OTHER_FILE"
	WExtraEmptyFields Code = "W_EXTRA_EMPTY_FIELDS"
	WShortRow         Code = "W_SHORT_ROW"
	WSequentialIDs    Code = "W_SEQUENTIAL_IDS"
	WSharedAccountID  Code = "W_SHARED_ACCOUNT_ID"
	WSameID           Code = "W_SAME_ID"
)

// Its cells.
const (
	EEmpty               Code = "E_EMPTY"
	ETenant              Code = "E_TENANT"
	EGUID                Code = "E_GUID"
	EEmail               Code = "E_EMAIL"
	EAccountID           Code = "E_ACCOUNT_ID"
	ECutOff              Code = "E_CUT_OFF"
	ECutOffAmbiguous     Code = "E_CUT_OFF_AMBIGUOUS"
	EMangledNumber       Code = "E_MANGLED_NUMBER"
	EMangledDate         Code = "E_MANGLED_DATE"
	ESpreadsheetError    Code = "E_SPREADSHEET_ERROR"
	EMojibake            Code = "E_MOJIBAKE"
	ELostCharacters      Code = "E_LOST_CHARACTERS"
	EControlCharacter    Code = "E_CONTROL_CHARACTER"
	EFieldTooLong        Code = "E_FIELD_TOO_LONG"
	WBareQuote           Code = "W_BARE_QUOTE"
	WSpaceBeforeQuote    Code = "W_SPACE_BEFORE_QUOTE"
	WInvisible           Code = "W_INVISIBLE"
	WNeutralisedName     Code = "W_NEUTRALISED_NAME"
	WNewlineInName       Code = "W_NEWLINE_IN_NAME"
	WLooksMangled        Code = "W_LOOKS_MANGLED"
	WPossibleLoss        Code = "W_POSSIBLE_LOSS"
	WPlanByName          Code = "W_PLAN_BY_NAME"
	WGUIDRewritten       Code = "W_GUID_REWRITTEN"
	WMailto              Code = "W_MAILTO"
	WEmailNonASCII       Code = "W_EMAIL_NON_ASCII"
	WTextPrefix          Code = "W_TEXT_PREFIX"
	WNumberSuffix        Code = "W_NUMBER_SUFFIX"
	WLooksTruncated      Code = "W_LOOKS_TRUNCATED"
	WDateSerial          Code = "W_DATE_SERIAL"
	WCutOffInFuture      Code = "W_CUT_OFF_IN_FUTURE"
	WCutOffNotMonthStart Code = "W_CUT_OFF_NOT_MONTH_START"
)

// What the platform says before the first order.
const (
	EPlanUnknown         Code = "E_PLAN_UNKNOWN"
	EPlanRefused         Code = "E_PLAN_REFUSED"
	EAccountUnknown      Code = "E_ACCOUNT_UNKNOWN"
	EAccountAmbiguous    Code = "E_ACCOUNT_AMBIGUOUS"
	EAccountOfOtherRow   Code = "E_ACCOUNT_OF_OTHER_ROW"
	ETenantUnknown       Code = "E_TENANT_UNKNOWN"
	ESubscriptionUnknown Code = "E_SUBSCRIPTION_UNKNOWN"
	ESubscriptionTenant  Code = "E_SUBSCRIPTION_TENANT"
	WPlanDiffers         Code = "W_PLAN_DIFFERS"
	WAccountDiffers      Code = "W_ACCOUNT_DIFFERS"
	WAccountContradicts  Code = "W_ACCOUNT_CONTRADICTS"
	WAlreadyImported     Code = "W_ALREADY_IMPORTED"
	WSubscriptionState   Code = "W_SUBSCRIPTION_STATE"
	WTenantSplit         Code = "W_TENANT_SPLIT"
	WTenantPartial       Code = "W_TENANT_PARTIAL"
)

// What the ledger remembers.
const (
	WAlreadyOrdered     Code = "W_ALREADY_ORDERED"
	WChangedSinceExport Code = "W_CHANGED_SINCE_EXPORT"
)

// What an audit finds after the last.
const (
	ENotImported     Code = "E_NOT_IMPORTED"
	EOrderedTwice    Code = "E_ORDERED_TWICE"
	EOrderFailed     Code = "E_ORDER_FAILED"
	EOrderUnrecorded Code = "E_ORDER_UNRECORDED"
	EOtherAccount    Code = "E_OTHER_ACCOUNT"
	EOtherPlan       Code = "E_OTHER_PLAN"
	EOtherCutOff     Code = "E_OTHER_CUT_OFF"
	WNotReadable     Code = "W_NOT_READABLE"
	WOrderNotListed  Code = "W_ORDER_NOT_LISTED"
	WOrderOpen       Code = "W_ORDER_OPEN"
)

// What a person found of orders that nobody else can tell of.
const (
	EFound          Code = "E_FOUND"
	EAnswersDiffer  Code = "E_ANSWERS_DIFFER"
	EReferenceOther Code = "E_REFERENCE_OTHER"
	ENoNote         Code = "E_NO_NOTE"
	ENotInLedger    Code = "E_NOT_IN_LEDGER"
	EOrderNotShown  Code = "E_ORDER_NOT_SHOWN"
	EOrderOther     Code = "E_ORDER_OTHER"
	EOrderUntold    Code = "E_ORDER_UNTOLD"
	EOrderStands    Code = "E_ORDER_STANDS"
	ETooEarly       Code = "E_TOO_EARLY"
	ENothingDiffers Code = "E_NOTHING_DIFFERS"
	EAtWork         Code = "E_AT_WORK"
)
