package workbook

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/spool"
)

// DefaultMaxBytes is the size in bytes up to which files are read.
const DefaultMaxBytes = 1 << 30

// headNames is how many of the headings make a heading line.
const headNames = 3

// Options say what to expect of a file.
type Options struct {
	Headings []string // the headings to look for
	Sheet    string   // the name of the sheet to be read; empty: the one that has the headings
	MaxBytes int64    // largest file read, DefaultMaxBytes if 0

	// How the work is cut, in bytes; the defaults are measured.
	MemoryBytes int64 // copies up to this size are kept in memory, of shared texts up to eight times this, 4 MB if 0
	ChunkBytes  int64 // a chunk ends with the record in which it reaches this size, 64 KB if 0
}

// Table is a sheet open for reading. It is safe for concurrent use.
type Table struct {
	facts   sheet.Facts
	records *recordWriter // nil if there is a fault
	merged  []area
}

var _ sheet.Table = (*Table)(nil)

// Open copies a file to a private spool, recognises what it is, and reads the
// sheet that is meant. The error is never about the content: see Facts.
func Open(r io.Reader, opt Options) (*Table, error) {
	opt.MaxBytes = cmp.Or(opt.MaxBytes, DefaultMaxBytes)
	opt.MemoryBytes = cmp.Or(opt.MemoryBytes, 4<<20)
	opt.ChunkBytes = cmp.Or(opt.ChunkBytes, 64<<10)
	t := &Table{}
	err := t.open(r, opt)
	if err != nil {
		t.facts.Fault, err = asFault(err)
	}
	if err != nil {
		t.Close()
		return nil, fmt.Errorf("cannot read the temporary copy: %w", err)
	}
	t.facts.Style = sheet.Style{CRLF: true, BOM: true}
	return t, nil
}

func (t *Table) open(r io.Reader, opt Options) error {
	raw := spool.New(opt.MemoryBytes)
	defer raw.Close()
	n, err := io.Copy(raw, io.LimitReader(r, opt.MaxBytes+1))
	if err != nil {
		return err
	}
	if n > opt.MaxBytes {
		f := refuse(sheet.TooLarge, "")
		f.Count = int(opt.MaxBytes)
		return f
	}
	head := make([]byte, min(n, 16<<10))
	if _, err := raw.ReadAt(head, 0); err != nil {
		return err
	}
	switch {
	case isLock(head):
		return refuse(sheet.LockFile, "")
	case strings.HasPrefix(string(head), compoundMagic):
		kind, encrypted, err := compoundKind(raw)
		if err != nil {
			return err
		}
		if encrypted {
			return refuse(sheet.Encrypted, "")
		}
		return refuse(sheet.NotText, kind)
	}
	a, err := openArchive(raw, n)
	if err != nil {
		// Of what is not whole we still say what it was.
		names := localNames(head)
		kind := zipKind(names, func(name string) bool {
			return slices.ContainsFunc(names, func(n string) bool { return partKey(n) == name })
		})
		var f *faultError
		if errors.As(err, &f) && f.Kind == sheet.Damaged && kind != "" && len(names) > 0 {
			return refuse(sheet.NotText, kind)
		}
		return err
	}
	b, err := openBook(a, opt.MemoryBytes)
	if err != nil {
		return err
	}
	return t.read(b, opt)
}

// read chooses a sheet and reads it.
func (t *Table) read(b *book, opt Options) error {
	c := chooser{book: b, names: make(map[string]bool, len(opt.Headings))}
	for _, h := range opt.Headings {
		c.names[sheet.Fold(h)] = true
	}
	defer c.close()
	chosen, err := c.choose(opt.Sheet)
	if err != nil {
		return err
	}
	t.facts.Book = &sheet.Book{Sheet: chosen.name, Chosen: opt.Sheet != ""}
	for i := range b.sheets {
		if other := &b.sheets[i]; other != chosen {
			t.facts.Book.Others = append(t.facts.Book.Others, other.name)
		}
	}
	l := &loader{Table: t, chooser: &c, out: newRecordWriter(opt.MemoryBytes, opt.ChunkBytes)}
	err = l.load(chosen, opt)
	if err != nil {
		l.out.spool.Close()
		return err
	}
	t.records = l.out
	return nil
}

// Facts returns what opening the file has found.
func (t *Table) Facts() sheet.Facts { return t.facts }

// Close drops the private copy.
func (t *Table) Close() error {
	if t.records == nil {
		return nil
	}
	return t.records.spool.Close()
}

// reader reads chunks of a table, in room that it uses again and again.
type reader struct {
	table  *Table
	in     recordReader
	rec    sheet.Record
	values []sheet.Value
}

// Reader returns a reader of the table's chunks. Each goroutine needs one of its
// own.
func (t *Table) Reader() sheet.Reader { return &reader{table: t} }

// chunkAt returns where a chunk starts and ends, and the row above it. The first
// begins below the headings.
func (t *Table) chunkAt(i int) (from, to int64, above int) {
	all := t.records.chunks
	to = t.records.off
	if i+1 < len(all) {
		to = all[i+1].off
	}
	return all[i].off, to, all[i].above
}

func (r *reader) Read(chunk int, yield func(*sheet.Record) bool) (sheet.Skipped, error) {
	var skipped sheet.Skipped
	t := r.table
	from, to, above := t.chunkAt(chunk)
	r.in = recordReader{spool: t.records.spool, at: from, end: to, buf: r.in.buf[:0]}
	for {
		record, err := r.in.next()
		if errors.Is(err, io.EOF) {
			return skipped, nil
		}
		if err == nil {
			err = decode(record, &r.rec, len(t.facts.Header.Cells), &r.values)
		}
		if err != nil {
			return skipped, fmt.Errorf("cannot read the temporary copy: %w", err)
		}
		if blank := r.rec.Row - above - 1; blank > 0 {
			if skipped.Rows == 0 {
				skipped.Line, skipped.Row = above+1, above+1
			}
			skipped.Rows += blank
		}
		above = r.rec.Row
		if t.facts.Book.Totals == r.rec.Row {
			continue
		}
		t.merge(&r.rec, &r.values)
		if !yield(&r.rec) {
			return skipped, nil
		}
	}
}

// merge marks the empty cells that are part of a merged one.
func (t *Table) merge(rec *sheet.Record, values *[]sheet.Value) {
	for _, a := range t.merged {
		if rec.Row < a.top {
			break
		}
		if rec.Row > a.bottom {
			continue
		}
		for i := a.left; i <= a.right && i < len(rec.Cells); i++ {
			if rec.Cells[i] != "" || i == a.left && rec.Row == a.top {
				continue
			}
			if rec.Values == nil {
				*values = slices.Grow((*values)[:0], len(rec.Cells))[:len(rec.Cells)]
				clear(*values)
				rec.Values = *values
			}
			rec.Values[i].Merged = true
		}
	}
}
