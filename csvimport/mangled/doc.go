// Package mangled recognises what spreadsheets and wrong code pages have made of a
// text: error values, numbers and dates in place of names, ids that count up, letters read in an
// encoding that was not theirs.
//
// It knows texts alone, and guesses nothing: it says what a text looks like, and
// what it probably was. What that means in a column is for others to say.
package mangled
