// Package workbook reads a table out of an Excel workbook (.xlsx): bytes to
// records with the row and column a spreadsheet shows, and with what is stored
// in each cell.
//
// A file is copied to a private spool. Then the sheet that has the headings is
// read once, from its first byte to its last, into a second spool, from which
// chunks are read. So all damage is known before the first record is: nothing is
// read half. A part of the file counts only if its checksum is right.
//
// What the file says of itself is not believed where it can be told otherwise:
// sizes, counts, the sheet's dimension, the order of its parts. Memory and time
// have bounds in every direction.
//
// The package is told the headings to look for, and knows nothing else of what
// the columns mean. What is no such workbook is refused by its name.
package workbook
