package delimited

import (
	"bufio"
	"errors"
	"io"
	"sort"

	"bulkimport/csvimport/sheet"
)

// locate returns the fault that find does.
func (t *Table) locate(off int64, kind sheet.Kind) (*sheet.Fault, error) {
	f, _, err := t.find(off, kind)
	return f, err
}

// find returns a fault at the record and column that hold the byte at off,
// before which the structure of the text is sound, and where that record starts.
func (t *Table) find(off int64, kind sheet.Kind) (*sheet.Fault, chunk, error) {
	f := &sheet.Fault{Kind: kind}
	from := chunk{line: 1, row: 1}
	if t.d.sep {
		from.row = 0
	}
	if n := sort.Search(len(t.chunks), func(i int) bool { return t.chunks[i].off > off }); n > 0 {
		from = t.chunks[n-1]
	}
	r := bufio.NewReaderSize(io.NewSectionReader(t.spool, from.off, t.spool.Size()-from.off), 64<<10)
	line, row, column, start := from.line, from.row, 0, from.off
	recordLine := line
	var in place
	edge, prevCR := true, false
	for at := from.off; at < off; at++ {
		c, err := r.ReadByte()
		if err != nil {
			return f, chunk{}, err
		}
		lineEnd := c == '\n' && !prevCR || c == '\r'
		if lineEnd {
			line++
		}
		switch {
		case in == inside:
			if c == '"' {
				in = outside
			}
		case c == '"' && edge:
			in, edge = inside, true
		case c == t.d.delim:
			column++
			edge = true
		case c == '\n' && prevCR: // the second half of CRLF
			start, recordLine = at+1, line
		case lineEnd:
			row++
			column, edge, start, recordLine = 0, true, at+1, line
		case c != ' ' && c != '\t':
			edge = false
		}
		prevCR = c == '\r'
	}
	f.Line, f.Row, f.Column = recordLine, row, column
	if kind == sheet.NulByte && start == off && onlyNUL(r) {
		f.Column = -1
	}
	return f, chunk{off: start, line: recordLine, row: row}, nil
}

// onlyNUL reports whether nothing but NUL bytes follows on the line.
func onlyNUL(r *bufio.Reader) bool {
	for range 4096 {
		switch c, err := r.ReadByte(); {
		case errors.Is(err, io.EOF), c == '\n', c == '\r':
			return true
		case err != nil || c != 0:
			return false
		}
	}
	return true
}

// highRecords counts the records with bytes that are not ASCII, in as much of
// the text as is quickly read, and returns one such cell with ? for these
// bytes.
func (t *Table) highRecords() (n int, sample string, err error) {
	r := t.Reader()
	for i := range t.chunks[:min(len(t.chunks), 16)] {
		_, err := r.Read(i, func(r *sheet.Record) bool {
			for _, c := range r.Cells {
				if ascii([]byte(c)) < len(c) {
					n++
					if sample == "" {
						sample = short(questions(c), 60)
					}
					break
				}
			}
			return true
		})
		if err != nil {
			return n, sample, err
		}
	}
	return n, sample, nil
}

func questions(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c >= 0x80 {
			b[i] = '?'
		}
	}
	return string(b)
}
