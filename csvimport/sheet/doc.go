// Package sheet reads what spreadsheets make of a table, and writes it back:
// bytes to records with their physical line, spreadsheet row and column letter.
//
// A table is opened in one pass that copies it to a private spool, recognises
// file type, encoding, delimiter and heading line, and checks the structure of
// all quotes. Damage that would need a guess is a [Fault], never an error: an
// error means that reading or writing the bytes themselves failed. A table
// without a fault is read in chunks, in any order and by several goroutines at
// once, because every chunk starts at the start of a record whose line and row
// are known.
//
// The package knows nothing of what the columns mean; it is told the headings
// to look for.
package sheet
