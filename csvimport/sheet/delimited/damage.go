package delimited

import (
	"io"
	"slices"

	"bulkimport/csvimport/sheet"
)

// What the search for sound records below a damaged one may cost. A file with
// more damage than that is damaged as a whole.
const (
	damageLimit  = 1000     // stretches
	searchLimit  = 64 << 20 // bytes read as records, in all searches together
	searchWindow = 64 << 10 // of one search; if nothing sound is in it, searchFar
	searchFar    = 4 << 20
)

// recover goes on behind damaged records, as long as it is sure where: at the
// next line from which two records, or all that are left, are sound. Each
// stretch of damaged lines becomes a chunk of its own. Where no such line comes,
// the fault is the file's.
func (t *Table) recover(scan *scanner, opt Options) error {
	budget := searchLimit
	for n := 0; scan.fault != 0; n++ {
		t.chunks = scan.chunks
		fault, start, err := t.find(scan.at, scan.fault)
		if err != nil || opt.Sound == nil || n == damageLimit || start.off <= int64(t.d.off) {
			t.fault = fault
			return err
		}
		next, err := t.nextSound(start, opt.Sound, &budget)
		if err != nil || next.off == 0 {
			t.fault = fault
			return err
		}
		fault.LastRow = next.row - 1
		start.damage = fault
		scan.restart(start, next)
		if err := t.scanOn(scan, opt.BlockBytes); err != nil {
			return err
		}
	}
	t.chunks = scan.chunks
	t.records = scan.row - t.d.header.Row + 1
	return nil
}

// scanOn scans the copy from where the scanner stands.
func (t *Table) scanOn(scan *scanner, most int) error {
	block := make([]byte, min(most, 4<<10))
	for scan.fault == 0 {
		n, err := t.spool.ReadAt(block, scan.off)
		scan.add(block[:n])
		if err == io.EOF || err == nil && n == 0 {
			scan.end()
			return nil
		}
		if err != nil {
			return err
		}
		if len(block) < most { // damage may be near
			block = make([]byte, min(most, 4*len(block)))
		}
	}
	return nil
}

// nextSound returns the first line below the one that starts at from at which
// reading may go on; its offset is 0 if there is none.
func (t *Table) nextSound(from chunk, sound func(header, cells []string) bool, budget *int) (chunk, error) {
	var window []byte
	for _, size := range [...]int64{searchWindow, searchFar} {
		left := t.spool.Size() - from.off
		window = slices.Grow(window[:0], int(min(size, left)))[:min(size, left)]
		if _, err := t.spool.ReadAt(window, from.off); err != nil && err != io.EOF {
			return chunk{}, err
		}
		s := search{table: t, sound: sound, budget: budget, whole: int64(len(window)) == left, b: window}
		if next := s.below(from); next.off > 0 || s.whole {
			return next, nil
		}
	}
	return chunk{}, nil
}

// search looks for the line at which reading may go on.
type search struct {
	table  *Table
	sound  func(header, cells []string) bool
	budget *int
	b      []byte // from the damaged record on
	whole  bool   // to the end of the text
	buf    buffer
}

// below returns the first line below the first, of those searched.
func (s *search) below(from chunk) chunk {
	p := newParser(&s.buf, s.b, s.table.d.delim, from.line, from.row, s.table.width, s.table.hasCR)
	line := chunk{off: from.off, line: from.line, row: from.row}
	for at := 0; *s.budget > 0; {
		p.step(at)
		if at = p.lineEnd(); at >= len(s.b) && !s.whole {
			break
		}
		at = min(at, len(s.b))
		line.off, line.line, line.row = from.off+int64(at), line.line+1, line.row+1
		if line.line == from.line+1 && s.whole && sheet.BlankBytes(s.b[at:]) {
			return line // one line, the last, has swallowed nothing
		}
		if at == len(s.b) {
			break
		}
		p.step(at)
		if s.soundFrom(p) {
			return line
		}
		*s.budget -= max(p.pos-at, 1)
	}
	return chunk{}
}

// soundFrom reports whether two records, or all that are left, are sound. At
// least one has to be.
func (s *search) soundFrom(p *parser) bool {
	for n := 0; n < 2; {
		if !p.read() {
			return s.whole && n > 0
		}
		r := &s.buf.rec
		if n == 0 && r.Used == 0 {
			return false
		}
		if p.broken || p.pos >= len(s.b) && !s.whole {
			return false
		}
		if r.Used == 0 {
			continue
		}
		if t := s.table; r.Width != t.width && r.Width != t.d.header.Width || !s.sound(t.d.header.Cells, r.Cells) {
			return false
		}
		n++
	}
	return true
}
