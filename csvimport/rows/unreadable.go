package rows

import (
	"cmp"
	"fmt"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/guid"
	"bulkimport/csvimport/sheet"
)

// refusal says in words why a file cannot be read, and what to do.
func refusal(fault *sheet.Fault, header sheet.Record, name string) csvimport.Finding {
	code, message, hint := refusalWords(fault, name)
	at := csvimport.Place{Line: fault.Line, Row: fault.Row}
	if fault.Column >= 0 {
		at.Letter = sheet.Letter(fault.Column)
		at.Column = cmp.Or(columnAt(header, fault.Column), at.Letter)
	}
	f := csvimport.NewFinding(code, at, fault.Value, message, hint)
	if len(fault.Names) > 0 {
		f = f.Then(csvimport.ChooseSheet)
	}
	return f
}

// damaged says in words which rows of a file cannot be read, and why.
func damaged(fault *sheet.Fault, h *header) csvimport.Finding {
	f := refusal(fault, sheet.Record{Cells: h.names}, "")
	if fault.LastRow > fault.Row {
		f.Message = fmt.Sprintf("rows %d to %d cannot be read: %s", fault.Row, fault.LastRow, f.Message)
		return f
	}
	f.Message = "this row cannot be read: " + f.Message
	return f
}

// columnAt returns the name of a column of a file that cannot be read, as far
// as its headings tell.
func columnAt(header sheet.Record, i int) string {
	if i >= len(header.Cells) {
		return ""
	}
	if c, ok := foldedColumns[sheet.Fold(header.Cells[i])]; ok {
		return c.String()
	}
	return csvimport.Shown(strings.TrimSpace(header.Cells[i]))
}

const saveAs = "in Excel: File > Save As > CSV UTF-8 (Comma delimited)"

func refusalWords(fault *sheet.Fault, name string) (code csvimport.Code, message, hint string) {
	switch fault.Kind {
	case sheet.Empty:
		return csvimport.EEmptyFile, "", ""
	case sheet.TooLarge:
		return csvimport.EFileTooLarge, fmt.Sprintf("the file is larger than %d MB", fault.Count>>20), "split it into several files"
	case sheet.NotText:
		return csvimport.ENotText, notTextWords(fault.Detail), notTextHint(fault.Detail)
	case sheet.NotCSV:
		return csvimport.ENotCSV, notCSVWords(fault.Detail), notCSVHint(fault.Detail)
	case sheet.BadEncoding:
		return encodingWords(fault)
	case sheet.NulByte:
		return csvimport.ENULByte, "", ""
	case sheet.BadDelimiter:
		return delimiterWords(fault)
	case sheet.OpenQuote:
		return csvimport.EUnterminatedQuote, openQuoteWords(fault), `write "" for a quote inside a name`
	case sheet.StrayQuote:
		return csvimport.EStrayQuote, "", ""
	case sheet.NoHeader:
		return noHeaderWords(fault)
	}
	return bookRefusal(fault, name)
}

func openQuoteWords(fault *sheet.Fault) string {
	if fault.LastRow > 0 {
		return "a quote opens here and does not close where its value ends"
	}
	return "a quote opens here and never closes, or closes rows further down; everything between was swallowed"
}

func noHeaderWords(fault *sheet.Fault) (code csvimport.Code, message, hint string) {
	const first = "put back the first line: "
	line := strings.Join(neededNames(), ",")
	if len(fault.Names) > 0 {
		return csvimport.ENoHeader, "no sheet that can be seen has our headings, and a hidden one does: " + quotedNames(fault.Names), "show that sheet, or say that it is meant"
	}
	cells := strings.FieldsFunc(fault.Value, func(r rune) bool { return r == ',' || r == ';' || r == '\t' || r == '|' })
	if len(guid.Find(fault.Value)) > 0 || len(cells) > 0 && isTenant(strings.ToLower(strings.Trim(cells[0], ` "`))) {
		return csvimport.ENoHeader, "the first line is already a customer (" + csvimport.Quoted(strings.Trim(cells[0], ` "`)) + "); the heading line is missing", first + line
	}
	if len(cells) >= 4 {
		return csvimport.ENoHeader, "the headings are not ours (" + csvimport.Quoted(fault.Value) + "); they seem to be translated or renamed", first + line
	}
	return csvimport.ENoHeader, "no heading line was found in the first rows", first + line
}

func encodingWords(fault *sheet.Fault) (code csvimport.Code, message, hint string) {
	switch fault.Detail {
	case sheet.EncodingMixed:
		return csvimport.EEncoding, fmt.Sprintf("a letter here is not written in UTF-8 (byte %02X), and the rest of the file is: the cell was probably pasted from another file", fault.Byte), "type it again"
	case sheet.EncodingCut:
		return csvimport.EEncoding, "the file ends in the middle of a character: it was cut off while it was saved or copied", "save or download it again"
	}
	message = "the file is not UTF-8, and in which other character set it was saved cannot be told"
	if fault.Count > 0 {
		message += ": letters may be wrong in " + csvimport.Plural(fault.Count, "row", "rows")
		if fault.Value != "" {
			message += ", for example " + csvimport.Quoted(fault.Value)
		}
	}
	return csvimport.EEncoding, message, saveAs
}

func delimiterWords(fault *sheet.Fault) (code csvimport.Code, message, hint string) {
	switch fault.Detail {
	case sheet.DelimiterRows:
		return csvimport.EDelimiter, "the rows use another delimiter (" + delimiterName(fault.Byte) + ") than the heading line", "write the heading line with the same delimiter as the rows"
	case sheet.DelimiterWrapped:
		return csvimport.EDelimiter, "each line is one value in quotes: the table was pasted into column A and saved", "in Excel: Data > Text to Columns, or open the original file again"
	}
	return csvimport.EDelimiter, "the first line has one column: " + csvimport.Quoted(fault.Value) + ". Expected commas, semicolons or tabs", saveAs
}

func delimiterName(c byte) string {
	switch c {
	case ',':
		return "commas"
	case ';':
		return "semicolons"
	case '\t':
		return "tabs"
	case '|':
		return "bars"
	}
	return csvimport.Quoted(string(rune(c)))
}

func notTextWords(detail string) string {
	const needed = ", neither CSV nor an .xlsx workbook"
	switch detail {
	case "xlsx", "xlsm":
		return "this is an Excel workbook (." + detail + "), not CSV"
	case "xlsb":
		return "this is a binary Excel workbook (.xlsb)" + needed
	case "xls":
		return "this is an old Excel file (.xls)" + needed
	case "ods":
		return "this is an OpenDocument spreadsheet (.ods)" + needed
	case "numbers":
		return "this is a Numbers document" + needed
	case "zip", "gzip", "bzip2", "xz", "zstd", "lz4", "7z", "rar", "compress", "tar":
		return "this is an archive (" + detail + ")" + needed
	case "png", "jpeg", "gif", "tiff":
		return "this is a picture (" + detail + ")" + needed
	case "pdf":
		return "this is a PDF document" + needed
	case "binary":
		return "this is not text"
	}
	return "this is a file of another kind (" + detail + ")" + needed
}

func notTextHint(detail string) string {
	switch detail {
	case "xlsx", "xlsm", "xlsb", "xls":
		return "in Excel: File > Save As > Excel Workbook (.xlsx), or CSV UTF-8. The file itself was not changed"
	case "ods":
		return "in LibreOffice: File > Save As > Excel 2007-365 (.xlsx), or Text CSV with character set UTF-8. The document itself was not changed"
	case "numbers":
		return "in Numbers: File > Export To > Excel (.xlsx), or CSV with text encoding UTF-8. The document itself was not changed"
	case "zip", "gzip", "bzip2", "xz", "zstd", "lz4", "7z", "rar", "compress", "tar":
		return "unpack it and give the file inside"
	}
	return "give the file that was exported"
}

func notCSVWords(detail string) string {
	switch detail {
	case "html":
		return "this is a web page, not CSV: a sign-in page, or a sheet that was saved as one"
	case "xml":
		return "this is an XML document, not CSV"
	case "json":
		return "this is JSON, not CSV"
	case "sylk", "dif":
		return "this is a spreadsheet in the old format " + strings.ToUpper(detail) + ", not CSV"
	case "markdown":
		return "this is a table drawn with bars and rules, not CSV"
	}
	return "this is text of another kind (" + detail + "), not CSV"
}

func notCSVHint(detail string) string {
	switch detail {
	case "html":
		return "sign in and download the file again, or save the sheet again as an Excel workbook (.xlsx) or CSV UTF-8"
	case "sylk", "dif":
		return saveAs
	}
	return "give the CSV file that was exported"
}

// Unreadable says in words why a table of any kind cannot be read, and what to do;
// header is as far as its headings were recognised, and name the table's file.
func Unreadable(fault *sheet.Fault, header sheet.Record, name string) csvimport.Finding {
	return refusal(fault, header, name)
}
