package sheet

// Writer writes a table, record by record. The first error sticks.
type Writer interface {
	// Write writes one record. It does not keep cells.
	Write(cells []string) error
	// Blank writes a row without values.
	Blank() error
	// Failed reports whether writing has failed; Close returns the error.
	Failed() bool
	// Close writes what is left and returns the first error of all. It does
	// not close the writer below.
	Close() error
}
