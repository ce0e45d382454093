package delimited

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/spool"
)

// DefaultMaxBytes is the size in bytes up to which files are read.
const DefaultMaxBytes = 1 << 30

// headLimit is how much of a text is looked at for headings.
const headLimit = 4 << 20

// Options say what to expect of a file.
type Options struct {
	Headings []string // the headings to look for
	MaxBytes int64    // largest file read, DefaultMaxBytes if 0

	// Sound reports whether the cells of a record show, besides their number, that
	// it is one. If given, a record with a quote at fault costs the lines up to
	// the next from which two records are sound; nil: it costs the file.
	Sound func(header, cells []string) bool

	// How the work is cut, in bytes; the defaults are measured.
	MemoryBytes int64 // files up to this size are kept in memory, 4 MB if 0
	BlockBytes  int   // of text scanned at a time, 1 MB if 0
	ChunkBytes  int   // a chunk ends with the record in which it reaches this size, 64 KB if 0
}

// Table is a file open for reading. It is safe for concurrent use.
type Table struct {
	spool    *spool.Spool
	fault    *sheet.Fault
	encoding string
	bom      bool
	hasCR    bool
	crlf     bool
	d        dialect
	width    int // of the heading line, without empty cells at its end
	chunks   []chunk
	records  int
	guessAt  int64 // offset of the first byte that is not UTF-8, if read as Windows-1252
}

var _ sheet.Table = (*Table)(nil)

// Open copies a file to a private spool and recognises what it is. The error
// is never about the content: see Facts.
func Open(r io.Reader, opt Options) (*Table, error) {
	opt.MaxBytes = cmp.Or(opt.MaxBytes, DefaultMaxBytes)
	opt.BlockBytes = cmp.Or(opt.BlockBytes, 1<<20)
	opt.ChunkBytes = cmp.Or(opt.ChunkBytes, 64<<10)
	t := &Table{encoding: sheet.UTF8, d: dialect{delim: ','}, spool: spool.New(cmp.Or(opt.MemoryBytes, 4<<20))}
	if err := t.open(r, opt); err != nil {
		t.spool.Close()
		return nil, err
	}
	return t, nil
}

func (t *Table) open(r io.Reader, opt Options) error {
	raw := &counter{r: io.LimitReader(r, opt.MaxBytes+1)}
	br := bufio.NewReaderSize(raw, 64<<10)
	head, err := br.Peek(16 << 10)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return err
	}
	if len(head) == 0 {
		t.fault = &sheet.Fault{Kind: sheet.Empty, Column: -1}
		return nil
	}
	if t.fault = recogniseBytes(head); t.fault != nil {
		t.encoding = sheet.Unknown
		return nil
	}
	var text io.Reader = br
	name, bom := wide(head)
	if name != "" {
		t.encoding, t.bom = name, bom > 0
		br.Discard(bom)
		text = decoded(br, name)
	} else {
		for {
			b, err := br.Peek(len(utf8BOM))
			if err != nil || !bytes.Equal(b, utf8BOM) {
				break
			}
			t.bom = true
			br.Discard(len(utf8BOM))
		}
	}
	watch, scan, err := t.copyText(text, opt)
	if err != nil {
		return err
	}
	if raw.n > opt.MaxBytes {
		t.fault = &sheet.Fault{Kind: sheet.TooLarge, Column: -1, Count: int(opt.MaxBytes)}
		return nil
	}
	// The mark is as long as a letter.
	if _, unit := wideEncoding(t.encoding); raw.n%unit != 0 {
		t.fault = &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingCut, Column: -1}
		return nil
	}
	if watch == nil {
		return nil
	}
	return t.judge(watch, scan, opt)
}

// recogniseBytes refuses what is not text.
func recogniseBytes(head []byte) *sheet.Fault {
	name := binaryKind(head)
	if name == "" {
		if w, _ := wide(head); w == "" && looksBinary(head) {
			name = "binary"
		}
	}
	if name == "" {
		return nil
	}
	return &sheet.Fault{Kind: sheet.NotText, Detail: name, Column: -1}
}

// copyText copies the decoded text to the spool, recognises its dialect from
// the head, and scans all of it.
func (t *Table) copyText(text io.Reader, opt Options) (*letters, *scanner, error) {
	names := make(map[string]bool, len(opt.Headings))
	for _, h := range opt.Headings {
		names[sheet.Fold(h)] = true
	}
	head, whole, err := readHead(text)
	if err != nil {
		return nil, nil, err
	}
	head = bytes.TrimPrefix(head, utf8BOM) // a second mark, after a wide one
	if kind := textKind(head); kind != "" {
		t.fault = &sheet.Fault{Kind: sheet.NotCSV, Detail: kind, Column: -1}
		return nil, nil, nil
	}
	if sevenBit(head) {
		t.fault, t.encoding = &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1}, sheet.Unknown
		return nil, nil, nil
	}
	t.d = recognise(head, names)
	start, line, row := t.d.off, t.d.header.Line, t.d.header.Row
	if !t.d.found {
		start, line, row = 0, 1, 1
		if t.d.sep {
			row = 0
		}
	}
	scan := newScanner(t.d.delim, int64(start), line, row, int64(opt.ChunkBytes))
	watch := &letters{}
	// The head is scanned from the headings on, the rest as a whole.
	skip := start
	look := func(b []byte) {
		watch.add(b)
		t.hasCR = t.hasCR || bytes.IndexByte(b, '\r') >= 0
		n := min(skip, len(b))
		skip -= n
		scan.add(b[n:])
	}
	for b := range slices.Chunk(head, opt.BlockBytes) {
		look(b)
	}
	t.crlf = bytes.Contains(head, []byte("\r\n"))
	if _, err := t.spool.Write(head); err != nil {
		return nil, nil, err
	}
	if !whole {
		if err := copyBlocks(t.spool, text, opt.BlockBytes, look); err != nil {
			return nil, nil, err
		}
	}
	watch.end()
	scan.end()
	t.chunks = scan.chunks
	t.records = scan.row - row + 1
	t.checkRows(head)
	return watch, scan, nil
}

// readHead reads up to headLimit bytes, and tells whether that is all.
func readHead(text io.Reader) (head []byte, whole bool, err error) {
	for _, size := range [...]int{64 << 10, headLimit} {
		head = append(make([]byte, 0, size), head...)
		n, err := io.ReadFull(text, head[len(head):size])
		head = head[:len(head)+n]
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return head, true, nil
		}
		if err != nil {
			return nil, false, err
		}
	}
	return head, false, nil
}

// copyBlocks copies a text and shows it, block by block. What is shown was copied;
// the next block is copied meanwhile.
func copyBlocks(to io.Writer, text io.Reader, size int, show func([]byte)) error {
	free, full := make(chan []byte, 2), make(chan []byte)
	free <- make([]byte, size)
	free <- make([]byte, size)
	var group errgroup.Group
	group.Go(func() error {
		defer close(full)
		for {
			block := <-free
			n, err := io.ReadFull(text, block)
			last := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
			if err != nil && !last {
				return err
			}
			if _, err := to.Write(block[:n]); err != nil {
				return err
			}
			if full <- block[:n]; last {
				return nil
			}
		}
	})
	for b := range full {
		show(b)
		free <- b[:size]
	}
	return group.Wait()
}

// judge decides, in the order of the rules, what stands against reading the
// text.
func (t *Table) judge(watch *letters, scan *scanner, opt Options) (err error) {
	switch {
	case t.d.first.Width == 0 && !watch.nul:
		t.fault = &sheet.Fault{Kind: sheet.Empty, Column: -1}
	case watch.bad && (watch.multi || t.bom || watch.cut):
		detail := sheet.EncodingMixed
		switch {
		case watch.cut:
			detail = sheet.EncodingCut
		case watch.chance() && !t.bom:
			detail = sheet.EncodingUnknown
		}
		t.fault, err = t.locate(watch.badOff, sheet.BadEncoding)
		t.fault.Detail, t.fault.Byte = detail, watch.badByte
	case watch.bad && (watch.page.refuses() || t.hasCR && !scan.lfEnds):
		t.fault = &sheet.Fault{Kind: sheet.BadEncoding, Detail: sheet.EncodingUnknown, Column: -1}
		t.fault.Count, t.fault.Value, err = t.highRecords()
	case watch.nul:
		t.fault, err = t.locate(watch.nulOff, sheet.NulByte)
	case !t.d.found:
		t.fault = t.noHeader()
	case t.fault != nil: // rows with another delimiter
	case scan.fault != 0:
		err = t.recover(scan, opt)
	}
	switch {
	case t.fault != nil && t.fault.Kind == sheet.BadEncoding:
		t.encoding = sheet.Unknown
	case watch.bad:
		t.encoding, t.guessAt = sheet.Windows1252, watch.badOff
	}
	if err != nil {
		return fmt.Errorf("cannot read the temporary copy: %w", err)
	}
	return nil
}

// noHeader tells a heading line that is missing from one that is not separated
// as expected.
func (t *Table) noHeader() *sheet.Fault {
	first := t.d.first
	f := &sheet.Fault{Kind: sheet.NoHeader, Line: first.Line, Row: first.Row, Column: -1, Value: short(first.Cells[0], 60)}
	r := t.d.merged
	if r.Width == 0 {
		if t.d.columns > 1 {
			return f
		}
		r = first
	}
	f.Kind, f.Detail = sheet.BadDelimiter, sheet.DelimiterNone
	f.Line, f.Row, f.Value = r.Line, r.Row, short(r.Cells[0], 60)
	if strings.HasPrefix(first.Cells[0], `"`) && strings.ContainsAny(r.Cells[0], delimiters) {
		f.Detail = sheet.DelimiterWrapped
	}
	return f
}

// checkRows compares the first rows with the headings: where all of them use
// another delimiter, nothing below can be read.
func (t *Table) checkRows(head []byte) {
	if !t.d.found {
		return
	}
	t.width = t.d.header.Used
	t.d.header.Cells = t.d.header.Cells[:min(t.width, len(t.d.header.Cells))]
	var own, other buffer
	p := newParser(&own, head[t.d.off:], t.d.delim, t.d.header.Line, t.d.header.Row, 0, true)
	p.read()
	rows, line, row := 0, 0, 0
	var delim byte
	for rows < headerRows {
		start := p.pos
		if !p.read() {
			break
		}
		if own.rec.Used == 0 {
			continue
		}
		c := otherDelimiter(&other, head[t.d.off+start:t.d.off+p.pos], t.d.delim, own.rec.Width, t.width)
		if c == 0 || delim != 0 && c != delim {
			return
		}
		if rows == 0 {
			delim, line, row = c, own.rec.Line, own.rec.Row
		}
		rows++
	}
	if rows > 0 {
		t.fault = &sheet.Fault{Kind: sheet.BadDelimiter, Detail: sheet.DelimiterRows, Line: line, Row: row, Column: -1, Byte: delim}
	}
}

// otherDelimiter returns the delimiter under which a record has as many values
// as there are headings, if it has not under the headings' own.
func otherDelimiter(buf *buffer, record []byte, delim byte, have, want int) byte {
	if have >= want-1 {
		return 0
	}
	for i := range len(delimiters) {
		c := delimiters[i]
		if c == delim {
			continue
		}
		if p := newParser(buf, record, c, 1, 1, 0, true); p.read() && buf.rec.Width >= want-1 && buf.rec.Used <= want {
			return c
		}
	}
	return 0
}

// short cuts a text to n characters for display.
func short(s string, n int) string {
	s = strings.ToValidUTF8(s[:min(len(s), 4*n+4)], "?")
	i := 0
	for j := range s {
		if i == n {
			return s[:j]
		}
		i++
	}
	return s
}
