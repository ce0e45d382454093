package workbook

import (
	"encoding/binary"
	"errors"
	"io"
	"math"
	"slices"
	"time"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/spool"
)

// A record in the spool is its length (uvarint), then
//
//	row number, flags, number of cells (uvarints)
//	and for each cell: column, kind (a byte), length (uvarints), text
//	of a Number: number (8 bytes), stored (length and bytes), Unix time, format of a Disguised one (length and bytes)
//	of a Date: number, Unix time in seconds (8 bytes each), what is shown (length and bytes)
//
// Where all cells are text that no formula gave, a record has no values.
const (
	flagHidden = 1 << iota
	flagTruncated
	flagValues
)

// The bits of a cell's kind.
const (
	kindType    = 7
	kindFormula = 8
	kindLook    = 4 // the bits above
)

// noDay is the time of a Date that is no day.
const noDay = math.MinInt64

// appendRecord appends a row as it is spooled, without its length.
func appendRecord(b []byte, r *row) []byte {
	flags := uint64(0)
	if r.hidden {
		flags |= flagHidden
	}
	if r.truncated {
		flags |= flagTruncated
	}
	for i := range r.cells {
		if v := &r.cells[i].value; v.Type != sheet.Text || v.Formula {
			flags |= flagValues
		}
	}
	b = binary.AppendUvarint(b, uint64(r.number))
	b = binary.AppendUvarint(b, flags)
	b = binary.AppendUvarint(b, uint64(len(r.cells)))
	for i := range r.cells {
		b = appendCell(b, &r.cells[i], r.textOf(&r.cells[i]))
	}
	return b
}

func appendCell(b []byte, c *cell, text []byte) []byte {
	kind := byte(c.value.Type) | byte(c.value.Look)<<kindLook
	if c.value.Formula {
		kind |= kindFormula
	}
	b = binary.AppendUvarint(b, uint64(c.column))
	b = append(b, kind)
	b = binary.AppendUvarint(b, uint64(len(text)))
	b = append(b, text...)
	switch c.value.Type {
	case sheet.Number:
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.value.Number))
		b = binary.AppendUvarint(b, uint64(len(c.value.Stored)))
		b = append(b, c.value.Stored...)
		b = appendTime(b, c.value.Time)
		if c.value.Look == sheet.Disguised {
			b = binary.AppendUvarint(b, uint64(len(c.value.Format)))
			b = append(b, c.value.Format...)
		}
	case sheet.Date:
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(c.value.Number))
		b = appendTime(b, c.value.Time)
		b = binary.AppendUvarint(b, uint64(len(c.value.Shown)))
		b = append(b, c.value.Shown...)
	}
	return b
}

func appendTime(b []byte, t time.Time) []byte {
	at := int64(noDay)
	if !t.IsZero() {
		at = t.Unix()
	}
	return binary.LittleEndian.AppendUint64(b, uint64(at))
}

// errSpool is a copy of our own that does not hold what was written to it.
var errSpool = errors.New("the temporary copy has changed")

// decoder takes values off the bytes of a record, which we wrote ourselves.
type decoder struct {
	text string // the whole of it, of which the cells are parts
	at   int
	bad  bool
}

func (d *decoder) uint() int {
	v, n := uvarint(d.text[d.at:])
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.at += n
	return v
}

func uvarint(s string) (v, n int) {
	for shift := 0; n < len(s) && shift < 63; shift += 7 {
		c := s[n]
		n++
		v |= int(c&0x7f) << shift
		if c < 0x80 {
			return v, n
		}
	}
	return 0, 0
}

func (d *decoder) bytes(n int) string {
	if n < 0 || n > len(d.text)-d.at {
		d.bad = true
		return ""
	}
	d.at += n
	return d.text[d.at-n : d.at]
}

func (d *decoder) fixed() uint64 {
	var v uint64
	for i, c := range []byte(d.bytes(8)) {
		v |= uint64(c) << (8 * i)
	}
	return v
}

// fullWidth is up to how many headings a record has a cell for each of them. Where
// there are more, the empty ones at the end are left out.
const fullWidth = 64

// decode makes a record of its bytes. values is room for those of its cells.
func decode(b []byte, rec *sheet.Record, width int, values *[]sheet.Value) error {
	d := decoder{text: string(b)}
	row, flags, count := d.uint(), d.uint(), d.uint()
	*rec = sheet.Record{Line: row, Row: row, Hidden: flags&flagHidden != 0, Truncated: flags&flagTruncated != 0}
	rec.Cells = make([]string, 0, max(min(width, fullWidth), min(count, sheet.MaxColumns)))
	if flags&flagValues != 0 {
		*values = (*values)[:0]
	}
	for range count {
		column := d.uint()
		if d.bad || column < len(rec.Cells) || column >= sheet.MaxColumns {
			return errSpool
		}
		for len(rec.Cells) < column {
			rec.Cells = append(rec.Cells, "")
		}
		kind := d.bytes(1)
		text := d.bytes(d.uint())
		if d.bad {
			return errSpool
		}
		rec.Cells = append(rec.Cells, text)
		v := sheet.Value{Type: sheet.Type(kind[0] & kindType), Formula: kind[0]&kindFormula != 0, Look: sheet.Look(kind[0] >> kindLook)}
		if v.Type != sheet.Text || !sheet.Blank(text) {
			rec.Used = len(rec.Cells)
		}
		d.value(&v)
		if flags&flagValues != 0 {
			for len(*values) < column {
				*values = append(*values, sheet.Value{})
			}
			*values = append(*values, v)
		}
	}
	if d.bad {
		return errSpool
	}
	rec.Width = max(width, rec.Used) // empty cells have no end in a sheet
	rec.Cells = rec.Cells[:min(len(rec.Cells), rec.Width)]
	for len(rec.Cells) < min(width, fullWidth) {
		rec.Cells = append(rec.Cells, "")
	}
	if flags&flagValues != 0 {
		for len(*values) < len(rec.Cells) {
			*values = append(*values, sheet.Value{})
		}
		rec.Values = (*values)[:len(rec.Cells)]
	}
	return nil
}

// value reads what follows a cell's text.
func (d *decoder) value(v *sheet.Value) {
	switch v.Type {
	case sheet.Number:
		v.Number = math.Float64frombits(d.fixed())
		v.Stored = d.bytes(d.uint())
		v.Time = d.time()
		if v.Look == sheet.Disguised {
			v.Format = d.bytes(d.uint())
		}
	case sheet.Date:
		v.Number = math.Float64frombits(d.fixed())
		v.Time = d.time()
		v.Shown = d.bytes(d.uint())
	}
}

func (d *decoder) time() time.Time {
	at := int64(d.fixed())
	if at == noDay {
		return time.Time{}
	}
	return time.Unix(at, 0).UTC()
}

// chunk is where a chunk starts in the spool, and the row above it.
type chunk struct {
	off   int64
	above int
}

// headRows is in how many rows the headings are looked for.
const headRows = 15

// place is where a record lies in the spool.
type place struct {
	row       int
	off, next int64
}

// recordWriter writes records to a spool and notes where chunks start. The rows in
// which the headings are looked for are chunks of their own.
type recordWriter struct {
	spool   *spool.Spool
	out     *batch
	buf     []byte
	off     int64
	size    int64 // of a chunk
	last    int   // row
	mixed   bool  // rows stand in another order than their numbers
	records int
	head    []place
	chunks  []chunk
}

func newRecordWriter(memory, size int64) *recordWriter {
	s := spool.New(memory)
	return &recordWriter{spool: s, out: newBatch(s), size: size}
}

// write writes the bytes of a record.
func (w *recordWriter) write(row int, record []byte) error {
	w.mixed = w.mixed || row < w.last
	from := w.off
	var prefix [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(prefix[:], uint64(len(record)))
	if err := w.out.write(prefix[:n]); err != nil {
		return err
	}
	if err := w.out.write(record); err != nil {
		return err
	}
	w.off += int64(n + len(record))
	if k := len(w.chunks); k == 0 || row <= headRows || from-w.chunks[k-1].off >= w.size || w.last <= headRows {
		w.chunks = append(w.chunks, chunk{from, w.last})
	}
	if row <= headRows {
		w.head = append(w.head, place{row, from, w.off})
	}
	w.last = row
	w.records++
	return nil
}

// add writes a row.
func (w *recordWriter) add(r *row) error {
	w.buf = appendRecord(w.buf[:0], r)
	return w.write(r.number, w.buf)
}

// sorted returns a writer with the same records in the order of their rows.
func (w *recordWriter) sorted(memory int64) (*recordWriter, error) {
	type entry struct {
		row  int32
		size int32
		off  int64
	}
	all := make([]entry, 0, w.records)
	in := &recordReader{spool: w.spool, end: w.off}
	for {
		off := in.off()
		record, err := in.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		row, _ := binary.Uvarint(record)
		all = append(all, entry{int32(row), int32(in.off() - off), off})
	}
	slices.SortFunc(all, func(a, b entry) int { return int(a.row - b.row) })
	out := newRecordWriter(memory, w.size)
	for _, e := range all {
		in := &recordReader{spool: w.spool, at: e.off, end: e.off + int64(e.size)}
		record, err := in.next()
		if err == nil {
			err = out.write(int(e.row), record)
		}
		if err != nil {
			out.spool.Close()
			return nil, err
		}
	}
	return out, out.out.flush()
}

// recordReader reads the bytes of records, one after the other.
type recordReader struct {
	spool   *spool.Spool
	at, end int64 // of the spool: what is not in the buffer yet
	buf     []byte
	pos     int
}

// readAhead is how much is read of the spool at a time, in bytes.
const readAhead = 32 << 10

// off is where the next record starts.
func (r *recordReader) off() int64 { return r.at - int64(len(r.buf)-r.pos) }

// next returns the bytes of the next record, which are only valid until the one
// after it; io.EOF if there is none.
func (r *recordReader) next() ([]byte, error) {
	for {
		size, n := binary.Uvarint(r.buf[r.pos:])
		if n > 0 && uint64(len(r.buf)-r.pos-n) >= size {
			from := r.pos + n
			r.pos = from + int(size)
			return r.buf[from:r.pos], nil
		}
		if r.at == r.end {
			if r.pos < len(r.buf) {
				return nil, errSpool
			}
			return nil, io.EOF
		}
		want := readAhead
		if n > 0 && size > 1<<30 {
			return nil, errSpool
		} else if n > 0 {
			want = max(want, n+int(size))
		}
		rest := copy(r.buf, r.buf[r.pos:])
		want = int(min(int64(want), r.end-r.at))
		r.buf = slices.Grow(r.buf[:rest], want)[:rest+want]
		r.pos = 0
		if _, err := r.spool.ReadAt(r.buf[rest:], r.at); err != nil {
			if errors.Is(err, io.EOF) {
				err = errSpool
			}
			return nil, err
		}
		r.at += int64(want)
	}
}
