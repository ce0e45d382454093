package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
)

// Fault returns why the file can not be read as a table, or nil.
func (t *Table) Fault() *Fault { return t.fault }

// Encoding returns the name of the encoding, for example "utf-8".
func (t *Table) Encoding() string { return t.encoding }

// BOM reports whether the file starts with a byte order mark.
func (t *Table) BOM() bool { return t.bom }

// Delimiter returns the character between cells.
func (t *Table) Delimiter() byte { return t.d.delim }

// CRLF reports whether lines end as on Windows.
func (t *Table) CRLF() bool { return t.crlf }

// SepLine reports whether the first line names the delimiter.
func (t *Table) SepLine() bool { return t.d.sep }

// Preamble returns the rows above the headings that are not blank.
func (t *Table) Preamble() []Record { return t.d.preamble }

// Header returns the heading line, without the empty cells at its end.
func (t *Table) Header() Record { return t.d.header }

// Records returns an upper bound of the number of records.
func (t *Table) Records() int { return t.records }

// Size returns the size of the text in bytes.
func (t *Table) Size() int64 { return t.size }

// Chunks returns the number of chunks.
func (t *Table) Chunks() int { return len(t.chunks) }

// Guessed returns the chunk with the first letter that is not ASCII, in a file
// read as Windows-1252.
func (t *Table) Guessed() int {
	for i := len(t.chunks) - 1; i > 0; i-- {
		if t.chunks[i].off <= t.guessAt {
			return i
		}
	}
	return 0
}

// Close drops the private copy.
func (t *Table) Close() error { return t.spool.Close() }

// Read calls yield for each record of a chunk below the headings that is not
// blank, until yield returns false. The record is overwritten by the next one;
// its Cells are not.
func (t *Table) Read(i int, buf *Buffer, yield func(*Record) bool) error {
	buf.Blank = 0
	c := t.chunks[i]
	end := t.spool.size
	if i+1 < len(t.chunks) {
		end = t.chunks[i+1].off
	}
	n := end - c.off
	beyond := n > recordLimit
	if beyond {
		n = recordLimit
	}
	buf.raw = slices.Grow(buf.raw[:0], int(n))[:n]
	if m, err := t.spool.ReadAt(buf.raw, c.off); m < len(buf.raw) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return fmt.Errorf("cannot read the temporary copy: %w", err)
	}
	text := buf.raw
	if t.encoding == Windows1252 && ascii(text) < len(text) {
		buf.text = decode1252(buf.text[:0], text)
		text = buf.text
	}
	if i+1 == len(t.chunks) {
		text = bytes.TrimRight(text, "\x1a")
	}
	p := newParser(buf, text, t.d.delim, c.line, c.row, t.width, t.hasCR)
	if i == 0 && t.d.found {
		p.read()
	}
	for p.read() {
		r := &buf.rec
		r.Truncated = beyond && p.pos >= len(text)
		if r.Used == 0 && !r.Truncated {
			if buf.Blank == 0 {
				buf.BlankLine, buf.BlankRow = r.Line, r.Row
			}
			buf.Blank++
			continue
		}
		if !yield(r) {
			break
		}
	}
	if cap(buf.raw) > 1<<20 { // one huge record does not set the pace
		buf.raw, buf.text, buf.scratch = nil, nil, nil
	}
	return nil
}
