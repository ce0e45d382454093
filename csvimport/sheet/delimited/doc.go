// Package delimited reads and writes tables as delimited text, CSV above all:
// bytes to records with their physical line, spreadsheet row and column letter.
//
// A file is opened in one pass that copies it to a private spool, recognises
// file type, encoding, delimiter and heading line, and checks the structure of
// all quotes. Every chunk starts at the start of a record whose line and row
// are known.
//
// It is told the headings to look for, and knows nothing else of what the
// columns mean. What is not delimited text is refused by its name
// ([sheet.NotText], [sheet.NotCSV]), other containers of tables as well:
// whoever reads several kinds looks at a file's first bytes beforehand.
package delimited
