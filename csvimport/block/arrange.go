package block

import "bulkimport/csvimport/sheet"

// Arrange returns a writer that brings the columns of a results file into an order
// before out writes them: the operator's own, those named first, the others. Of other
// tables all stay where they are. names are those that Of takes.
func Arrange(out sheet.Writer, names, first []string) sheet.Writer {
	return &arranged{Writer: out, names: names, first: first}
}

type arranged struct {
	sheet.Writer
	names, first []string
	from         []int // which cell comes first, second, …; nil before the headings
	line         []string
}

func (a *arranged) Write(cells []string) error {
	if a.from == nil {
		a.from = Of(cells, a.names, nil).Order(a.first)
	}
	a.line = a.line[:0]
	for _, i := range a.from {
		a.line = append(a.line, sheet.Cell(cells, i))
	}
	return a.Writer.Write(append(a.line, cells[min(len(a.from), len(cells)):]...))
}
