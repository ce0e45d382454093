// Package check says all that can be said of a file's rows before the first
// order, and, after the last, what is not as it should be.
package check
