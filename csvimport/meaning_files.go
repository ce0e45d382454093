package csvimport

// good is a row as it should be, below the headings, for examples.
const (
	headingLine = "tenant,plan_id,sub_id,company_name,email,account_id\n"
	goodRow     = "contoso.onmicrosoft.com,1b0b0c5e-4f1c-4a9e-8f0b-2f6f3f1f0a01,9c1e6a5e-1c7b-4b0e-9a63-0d2f4e8b7c15,Contoso,dana@contoso.com,\n"
)

// ofFiles are the codes of a file, of the workbook that it may be, and of its headings.
var ofFiles = [...]Meaning{
	{EEmptyFile, "the file is empty", "was it still open or still being copied? Save it again", "a file of 0 bytes"},
	{EFileTooLarge, "the file is larger than any that is read", "split it into several files", "a CSV file of many GB"},
	{ENotText, "the file is of another kind: an archive, a picture, an old workbook", "in the spreadsheet, save it as .xlsx or as CSV UTF-8", "a PDF that is called accounts.csv"},
	{ENotCSV, "the file is text of another kind, and no table", "open the original in a spreadsheet and save it as CSV UTF-8, or download it again", "<!DOCTYPE html>\n<html><body>Please sign in</body></html>\n"},
	{EEncoding, "the letters of the file cannot be read: it is not UTF-8, or not all of it is", "save the file as CSV UTF-8", "a file saved as CSV on an old Mac"},
	{ENULByte, "the file holds bytes of zero (NUL), which no text has: it was cut off or damaged while saving", "save it again, or take it from the export", headingLine + "contoso\x00.onmicrosoft.com\n"},
	{EDelimiter, "the values are not separated by commas, semicolons or tabs", "in the spreadsheet, save the table as CSV UTF-8", "tenant:plan_id:sub_id:company_name:email:account_id\na:b:c:d:e:f\n"},
	{EUnterminatedQuote, "a quote opens and never closes, and swallows what follows", `write "" for a quote inside a name`, headingLine + `contoso.onmicrosoft.com,1,2,"Contoso,dana@contoso.com,` + "\n"},
	{EStrayQuote, "there is text after the closing quote of a value", `put the whole value in quotes, and write "" for a quote inside it`, headingLine + `contoso.onmicrosoft.com,1,2,"Fabrikam" Inc,dana@contoso.com,` + "\n"},
	{EUnreadable, "the temporary copy of the file could not be read to its end", "check the disk, and try again", "the disk was full, or fails"},
	{ETooManyColumns, "there are more values than any spreadsheet has columns", "delete what does not belong to the table", "a row of 20,000 values"},
	{WSepLine, "the first line only names the delimiter; it was left out", "", "sep=,\n" + headingLine + goodRow},
	{WPreamble, "the lines above the headings were left out", "", "Accounts of November\n" + headingLine + goodRow},
	{WBlankRows, "blank rows were left out", "", headingLine + ",,,,,\n" + goodRow},
	{WEncodingGuessed, "the file is not UTF-8; it was read as Windows-1252", "if names are wrong, save the file as CSV UTF-8", headingLine + "contoso.onmicrosoft.com,1b0b0c5e-4f1c-4a9e-8f0b-2f6f3f1f0a01,9c1e6a5e-1c7b-4b0e-9a63-0d2f4e8b7c15,Gr\xfc\xdfe,dana@contoso.com,\n"},

	{EDamaged, "the workbook is damaged", "save it again from the spreadsheet, or download it again", "an .xlsx that was cut off while it was copied"},
	{EEncrypted, "the workbook is protected with a password", "in Excel: File > Info > Protect Workbook > Encrypt with Password, clear the password, and save", "an .xlsx that asks for a password"},
	{ETooLarge, "unpacked, the workbook is larger than any table of this kind", "copy the table into a new workbook, and save that", "an .xlsx of 1 MB that unpacks to many GB"},
	{ESheetAmbiguous, "several sheets of the workbook have our headings", "say which one is meant", "a workbook with the sheets November and December, both filled"},
	{ESheetUnknown, "the workbook has no sheet of this name", "write the name as it stands on the sheet's tab", "the sheet Novembre was asked for, and the tab says November"},
	{EHiddenRows, "rows are hidden or filtered out; whether they are meant is for you to say", "show them, delete them, or decide what becomes of them", "a filter that shows 40 of 180 rows"},
	{WSheet, "the workbook has several sheets; one was read", "", "a workbook with the sheets Accounts and Notes"},
	{WHiddenRows, "rows are hidden or filtered out; they were read like all others", "show them to see what is read", "a filter that shows 40 of 180 rows"},
	{WHiddenSkipped, "rows are hidden or filtered out; they were left out, as asked", "", "a filter that shows 40 of 180 rows"},
	{WHiddenColumns, "columns are hidden; they were read like all others", "", "column F account_id is hidden"},
	{WTotalsRow, "the workbook says that this row is the total of its table; it was left out", "", "a table of Excel with its total row switched on"},
	{WFormula, "values come from formulas; what the spreadsheet last computed was read", "check them, or write the values in their place", "=VLOOKUP(A2,Accounts!A:B,2) in account_id"},
	{WNumberCell, "ids are stored as numbers, in which leading zeros cannot stand", "format the column as text, and take the ids from the export", "account_id 1000042 in a cell of the format Number"},

	{ENoHeader, "there is no heading line", "put back the first line of the export", goodRow},
	{EHeaderMissing, "a column is not there; its cells may be empty, but the column must be there", "put the column back, as in the export", "tenant,plan_id,sub_id,company_name,account_id\na,b,c,d,e\n"},
	{EHeaderDuplicate, "a column is there twice, and either may be right", "delete one of them", "tenant,plan_id,sub_id,company_name,email,account_id,email\n" + goodRow},
	{EHeaderRepeated, "the heading line is there again, further down: two exports pasted together?", "delete this line and keep what is below it", headingLine + goodRow + headingLine},
	{EHeaderBilling, "a heading seems to be that of a date of billing, and is not understood", "call the column cut_off_date, or delete it", "tenant,plan_id,sub_id,company_name,email,account_id,billing start\n" + goodRow},
	{ENoRows, "there are no rows below the headings", "was the file saved before it was filled?", headingLine},
	{WHeadingAlias, "another heading was read as this column, as asked", "", "the heading Domain was said to be that of tenant"},
	{WHeaderSpelling, "a heading is written in another way, and was understood", "", "Tenant,Plan ID,sub_id,company_name,email,account_id\n" + goodRow},
	{WExtraColumn, "a column is not one of ours and is ignored", "", "tenant,plan_id,sub_id,company_name,email,account_id,notes\n" + "contoso.onmicrosoft.com,1b0b0c5e-4f1c-4a9e-8f0b-2f6f3f1f0a01,9c1e6a5e-1c7b-4b0e-9a63-0d2f4e8b7c15,Contoso,dana@contoso.com,,called them\n"},
	{WReordered, "the columns are in another order than exported", "", "plan_id,tenant,sub_id,company_name,email,account_id\n1b0b0c5e-4f1c-4a9e-8f0b-2f6f3f1f0a01,contoso.onmicrosoft.com,9c1e6a5e-1c7b-4b0e-9a63-0d2f4e8b7c15,Contoso,dana@contoso.com,\n"},
}
