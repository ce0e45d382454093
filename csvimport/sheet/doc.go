// Package sheet says what a table is that a spreadsheet saved, whatever file it
// came in, and what it takes to write one.
//
// A container of tables has a package of its own below this one, in which Open
// returns a [Table] and NewWriter a [Writer]. Whoever works on tables knows
// these contracts only, not the container.
//
// What a workbook stores in a cell beyond its text stands in a [Value], and what
// is known of the workbook around a table in a [Book].
//
// Damage that would need a guess is a [Fault], never an error: an error means
// that reading or writing the bytes themselves failed. A table without a fault
// is read in chunks, in any order and by several goroutines at once.
//
// The package knows nothing of what the columns mean.
package sheet
