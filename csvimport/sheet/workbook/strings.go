package workbook

import (
	"encoding/binary"
	"errors"
	"io"
	"unicode/utf8"

	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/sheet/spool"
)

// cellLimit is the most characters that a cell holds. One more is kept of longer
// texts: so they are known to be too long.
const cellLimit = 32_767

// rawLimit is how much of a text is read in bytes before its escapes are
// resolved: seven bytes may stand for one character.
const rawLimit = (cellLimit + 1) * 7

// stringsLimit is the largest number of shared strings that is read.
const stringsLimit = 1 << 24

// How many times Options.MemoryBytes the shared strings and their places take before
// they go to disk: these are read in any order.
const (
	stringsMemory = 6
	placesMemory  = 2
)

// sharedStrings are the texts that cells refer to by number. They are kept as
// bytes in spools: a million of them fit on a small machine.
type sharedStrings struct {
	count  int
	text   cachedSpool
	places cachedSpool // eight bytes each: where the text starts, and how long it is
	buf    []byte
}

// lengthBits is how many bits of a place are the length.
const lengthBits = 18

// readStrings reads the shared strings of a book to their end.
func (b *book) readStrings() (*sharedStrings, error) {
	s, done, err := b.scan(b.strings)
	if err != nil {
		return nil, err
	}
	defer done()
	all := &sharedStrings{text: cachedSpool{Spool: spool.New(stringsMemory * b.memory)}, places: cachedSpool{Spool: spool.New(placesMemory * b.memory)}}
	if err := all.read(s); err != nil {
		all.Close()
		return nil, err
	}
	return all, nil
}

func (t *sharedStrings) read(s *scanner) error {
	if err := s.rootIs("sst"); err != nil {
		return err
	}
	text, place := newBatch(t.text.Spool), newBatch(t.places.Spool)
	var r runs
	var at uint64
	err := s.each(func(child string) error {
		if child != "si" {
			return nil
		}
		b, err := r.read(s)
		if err != nil {
			return err
		}
		if t.count++; t.count > stringsLimit {
			return refuse(sheet.Inflated, "")
		}
		if err := text.write(b); err != nil {
			return err
		}
		var p [8]byte
		binary.LittleEndian.PutUint64(p[:], at<<lengthBits|uint64(len(b)))
		at += uint64(len(b))
		return place.write(p[:])
	})
	if err == nil {
		err = s.finish()
	}
	return errors.Join(err, text.flush(), place.flush())
}

// at returns a text, which is only valid until the next. ok is false if there is
// none of that number.
func (t *sharedStrings) at(i int) (text []byte, ok bool, err error) {
	if i < 0 || i >= t.count {
		return nil, false, nil
	}
	var p [8]byte
	if err := t.places.read(p[:], int64(i)*8); err != nil {
		return nil, false, err
	}
	place := binary.LittleEndian.Uint64(p[:])
	n := int(place & (1<<lengthBits - 1))
	if cap(t.buf) < n {
		t.buf = make([]byte, max(n, 1<<10))
	}
	t.buf = t.buf[:n]
	return t.buf, true, t.text.read(t.buf, int64(place>>lengthBits))
}

// Close drops the texts.
func (t *sharedStrings) Close() error { return errors.Join(t.text.Close(), t.places.Close()) }

// cachedSpool reads a spool that is on disk in blocks, of which it keeps some:
// strings are mostly referred to in their order, and a few again and again.
type cachedSpool struct {
	*spool.Spool
	slots [cacheSlots]slot
}

// Blocks that are kept, and their size in bytes.
const (
	cacheSlots = 32
	cacheBlock = 16 << 10
)

type slot struct {
	number int64 // of the block, plus one
	block  []byte
}

func (c *cachedSpool) read(p []byte, off int64) error {
	if !c.OnDisk() {
		return short(c.ReadAt(p, off))
	}
	for len(p) > 0 {
		block, err := c.block(off / cacheBlock)
		if err != nil {
			return err
		}
		n := copy(p, block[min(off%cacheBlock, int64(len(block))):])
		if n == 0 {
			return errSpool
		}
		p, off = p[n:], off+int64(n)
	}
	return nil
}

func (c *cachedSpool) block(number int64) ([]byte, error) {
	s := &c.slots[number%cacheSlots]
	if s.number == number+1 {
		return s.block, nil
	}
	if s.block == nil {
		s.block = make([]byte, cacheBlock)
	}
	n, err := c.ReadAt(s.block[:cacheBlock], number*cacheBlock)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	s.number, s.block = number+1, s.block[:n]
	return s.block, nil
}

// short is an error of our own copy: it ends before what was written to it.
func short(_ int, err error) error {
	if errors.Is(err, io.EOF) {
		return errSpool
	}
	return err
}

// batch gathers what is written to a spool.
type batch struct {
	to  *spool.Spool
	buf []byte
}

// batchSize is how much is written at a time, in bytes.
const batchSize = 64 << 10

func newBatch(to *spool.Spool) *batch { return &batch{to, make([]byte, 0, batchSize)} }

func (b *batch) write(p []byte) error {
	if len(b.buf)+len(p) > cap(b.buf) {
		if err := b.flush(); err != nil {
			return err
		}
		if len(p) >= cap(b.buf) {
			_, err := b.to.Write(p)
			return err
		}
	}
	b.buf = append(b.buf, p...)
	return nil
}

func (b *batch) flush() error {
	_, err := b.to.Write(b.buf)
	b.buf = b.buf[:0]
	return err
}

// runs joins the runs of a text, as shared strings and inline ones have them.
type runs struct{ raw, text []byte }

// read reads the element that has just begun: t elements, alone or in runs.
// Phonetic runs are no part of the text. The text is only valid until the next.
func (r *runs) read(s *scanner) ([]byte, error) {
	r.raw = r.raw[:0]
	err := s.each(func(child string) error {
		switch child {
		case "t":
			return r.take(s)
		case "r":
			return s.each(func(child string) error {
				if child == "t" {
					return r.take(s)
				}
				return nil
			})
		}
		return nil
	})
	return r.resolved(), err
}

// take appends the text of the element that has just begun.
func (r *runs) take(s *scanner) error {
	for depth := s.depth; ; {
		tok, err := s.next()
		switch {
		case err != nil:
			return err
		case tok == textPart && s.depth == depth:
			r.raw = append(r.raw, s.text[:min(len(s.text), rawLimit-len(r.raw))]...)
		case tok == endTag && s.depth < depth:
			return nil
		}
	}
}

// resolved returns the text without escapes, and not much longer than a cell may
// be.
func (r *runs) resolved() []byte {
	r.text = unescape(r.text[:0], r.raw)
	if len(r.text) <= cellLimit {
		return r.text
	}
	n := 0
	for i := 0; i < len(r.text); n++ {
		if n > cellLimit {
			r.text = r.text[:i]
			break
		}
		_, size := utf8.DecodeRune(r.text[i:])
		i += size
	}
	return r.text
}

// noStrings is the damage of cells that refer to texts where there are none.
func noStrings(part string) error {
	if part == "" {
		part = "sharedStrings.xml"
	}
	return damaged(sheet.DamageMissing, part)
}
