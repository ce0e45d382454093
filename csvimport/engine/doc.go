// Package engine places at most one order for each row, follows each to its end,
// and tells what became of every row.
package engine
