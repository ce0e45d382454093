// Package rows reads the operator's file, one typed row or its findings for each
// record, and writes the tables that go back: the template, the annotated file,
// the rows in normal form, and the results.
package rows
