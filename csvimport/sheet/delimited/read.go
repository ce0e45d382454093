package delimited

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"bulkimport/csvimport/sheet"
)

// Facts returns what opening the file has found.
func (t *Table) Facts() sheet.Facts {
	return sheet.Facts{
		Fault:    t.fault,
		Style:    sheet.Style{Delimiter: t.d.delim, CRLF: t.crlf, BOM: t.bom, Encoding: t.encoding},
		Notices:  t.notices(),
		Preamble: t.d.preamble,
		Header:   t.d.header,
		Chunks:   len(t.chunks),
		Records:  t.records,
		Size:     t.spool.Size(),
	}
}

// notices are about letters whose encoding was guessed and about a sep= line.
func (t *Table) notices() (all []sheet.Notice) {
	if t.encoding == sheet.Windows1252 {
		n := sheet.Notice{Kind: sheet.GuessedEncoding}
		for n.Chunk+1 < len(t.chunks) && t.chunks[n.Chunk+1].off <= t.guessAt {
			n.Chunk++
		}
		all = append(all, n)
	}
	if t.d.sep {
		all = append(all, sheet.Notice{Kind: sheet.SepLine, Line: 1})
	}
	return all
}

// Close drops the private copy.
func (t *Table) Close() error { return t.spool.Close() }

// reader reads chunks of a table, in room that it uses again and again.
type reader struct {
	table     *Table
	raw, text []byte
	buf       buffer
}

// Reader returns a reader of the table's chunks. Each goroutine needs one of
// its own.
func (t *Table) Reader() sheet.Reader { return &reader{table: t} }

func (r *reader) Read(chunk int, yield func(*sheet.Record) bool) (sheet.Skipped, error) {
	var skipped sheet.Skipped
	t := r.table
	c := t.chunks[chunk]
	end := t.spool.Size()
	if chunk+1 < len(t.chunks) {
		end = t.chunks[chunk+1].off
	}
	n := end - c.off
	beyond := n > recordLimit
	if beyond {
		n = recordLimit
	}
	r.raw = slices.Grow(r.raw[:0], int(n))[:n]
	if m, err := t.spool.ReadAt(r.raw, c.off); m < len(r.raw) {
		if err == nil || errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return skipped, fmt.Errorf("cannot read the temporary copy: %w", err)
	}
	text := r.raw
	if t.encoding == sheet.Windows1252 && ascii(text) < len(text) {
		r.text = decode1252(r.text[:0], text)
		text = r.text
	}
	if chunk+1 == len(t.chunks) {
		text = bytes.TrimRight(text, "\x1a")
	}
	if c.damage != nil {
		yield(r.damaged(c, text))
		return skipped, nil
	}
	p := newParser(&r.buf, text, t.d.delim, c.line, c.row, t.width, t.hasCR)
	if chunk == 0 && t.d.found {
		p.read()
	}
	for p.read() {
		rec := &r.buf.rec
		rec.Truncated = beyond && p.pos >= len(text)
		if rec.Used == 0 && !rec.Truncated {
			if skipped.Rows == 0 {
				skipped.Line, skipped.Row = rec.Line, rec.Row
			}
			skipped.Rows++
			continue
		}
		if !yield(rec) {
			break
		}
	}
	if cap(r.raw) > 1<<20 { // one huge record does not set the pace
		r.raw, r.text, r.buf.scratch = nil, nil, nil
	}
	return skipped, nil
}

// damaged returns the lines of a damaged stretch as one record.
func (r *reader) damaged(c chunk, text []byte) *sheet.Record {
	r.buf.rec = sheet.Record{
		Line: c.line, Row: c.row, Width: 1, Used: 1, Damage: c.damage,
		Cells: []string{strings.TrimRight(string(text), "\r\n\x1a")},
	}
	return &r.buf.rec
}
