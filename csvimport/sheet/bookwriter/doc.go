// Package bookwriter writes Excel workbooks (.xlsx), row by row: every cell is
// text, and a spreadsheet takes none of it for a number, a date or a formula.
//
// A [Book] has sheets, which are written one after the other, and properties. What
// a sheet looks like is said before its rows: styles of a small fixed set, headings
// that stay in sight and cannot be changed, a filter, cells to choose from a list.
// Memory holds the first rows of a sheet, by which its columns get their widths,
// and its notes. Pages are landscape and as wide as the table.
//
// Package workbook reads every text back as it was written.
package bookwriter
