package csvimport

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"math/bits"
	"slices"
	"sync"
)

// index keeps records, each under some keys, and finds them again: in memory
// while they are few, in temporary files beyond. First all records are added,
// then it is sealed, then it answers; answering is safe for concurrent use.
//
// A key is known by 32 bits of its hash, so what is found has to be compared
// with what was looked for.
type index struct {
	limit   int // records in memory
	seed    maphash.Seed
	records scratch // each: its length in 4 bytes, itself, and what fills 8 bytes
	keys    keyTable
	count   int
}

const (
	recordAlign  = 8
	recordHeader = 4
	recordGuess  = 256 // bytes of a record that are read before its length is known
	recordScan   = 256 << 10
)

var errIndexFull = errors.New("more than 32 GB of records")

func newIndex(limit int) index { return index{limit: limit, seed: maphash.MakeSeed()} }

// key is the hash under which a record is kept; kind keeps keys of different
// meaning apart.
func (x *index) key(kind byte, parts ...string) uint32 {
	h := uint64(kind) * 0x9e3779b97f4a7c15
	for _, s := range parts {
		h = (bits.RotateLeft64(h, 23) ^ maphash.String(x.seed, s)) * 0x9e3779b97f4a7c15
	}
	return uint32(h >> 32)
}

// add keeps a record and returns its address.
func (x *index) add(record []byte, keys ...uint32) (at uint32, err error) {
	place := x.records.size() / recordAlign
	if place >= 1<<32-1 {
		return 0, errIndexFull
	}
	if x.count++; x.count == x.limit+1 {
		x.keys.disk = true
		if err := x.records.spill(); err != nil {
			return 0, err
		}
	}
	var head [recordHeader]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(record)))
	var fill [recordAlign]byte
	for _, p := range [...][]byte{head[:], record, fill[:-(recordHeader+len(record))&(recordAlign-1)]} {
		if err := x.records.append(p); err != nil {
			return 0, err
		}
	}
	for _, k := range keys {
		if err := x.keys.add(k, uint32(place)); err != nil {
			return 0, err
		}
	}
	return uint32(place), nil
}

// seal ends the adding.
func (x *index) seal() error {
	if err := x.records.flush(); err != nil {
		return err
	}
	return x.keys.seal()
}

// find calls each with the addresses that are kept under a key, in the order in
// which they were added, as long as it wants more.
func (x *index) find(key uint32, each func(at uint32) (more bool, err error)) error {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	return x.keys.find(key, b, each)
}

// record returns the record at an address. It may use buf, and is not to be
// changed.
func (x *index) record(at uint32, buf *[]byte) ([]byte, error) {
	offset := int64(at) * recordAlign
	p, err := x.records.view(offset, recordGuess, buf)
	if err != nil {
		return nil, err
	}
	if len(p) < recordHeader {
		return nil, errBroken
	}
	n := int(binary.LittleEndian.Uint32(p)) + recordHeader
	if n > len(p) {
		if p, err = x.records.view(offset, n, buf); err != nil {
			return nil, err
		}
		if len(p) < n {
			return nil, errBroken
		}
	}
	return p[recordHeader:n], nil
}

var errBroken = errors.New("a temporary file ends too early")

// all calls each with all records in the order in which they were added, as long
// as it wants more.
func (x *index) all(each func(at uint32, record []byte) (more bool)) error {
	return x.scan(0, recordScan, each)
}

// scan is all from an address on, reading so many bytes at once.
func (x *index) scan(from uint32, window int, each func(at uint32, record []byte) (more bool)) error {
	var buf []byte
	for at := int64(from) * recordAlign; at < x.records.size(); {
		p, err := x.records.view(at, window, &buf)
		if err != nil {
			return err
		}
		read := 0
		for len(p)-read >= recordHeader {
			n := int(binary.LittleEndian.Uint32(p[read:])) + recordHeader
			if n > len(p)-read {
				break
			}
			if !each(uint32((at+int64(read))/recordAlign), p[read+recordHeader:read+n]) {
				return nil
			}
			read = min(len(p), (read+n+recordAlign-1)&^(recordAlign-1))
		}
		switch {
		case read > 0:
			at += int64(read)
		case len(p) < window:
			return errBroken
		default:
			window *= 2
		}
	}
	return nil
}

func (x *index) close() error {
	return errors.Join(x.records.close(), x.keys.close())
}

// buffers are for reading one record, or some keys.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// keyTable finds addresses by hashes: entries of 8 bytes, hash before address,
// sorted, and in memory where those with the same first bits begin.
type keyTable struct {
	disk   bool
	fresh  []uint64
	runs   scratch               // sorted, one after the other
	ends   [][keyParts + 1]int64 // where the parts of each run begin, in entries
	n      int
	sorted scratch
	starts []uint32
	shift  int
}

const (
	keySize  = 8
	keyParts = 64      // into which runs are cut, to be sorted each by itself
	keyRun   = 1 << 16 // entries of a run: half a megabyte
	keyRead  = 64      // entries read at once
)

func (t *keyTable) add(key, at uint32) error {
	t.n++
	t.fresh = append(t.fresh, uint64(key)<<32|uint64(at))
	if t.disk && len(t.fresh) >= keyRun {
		return t.run()
	}
	return nil
}

// run sorts what is in memory and writes it down.
func (t *keyTable) run() error {
	if err := t.runs.spill(); err != nil {
		return err
	}
	slices.Sort(t.fresh)
	var ends [keyParts + 1]int64
	base := t.runs.size() / keySize
	for part := range ends {
		i := len(t.fresh)
		if part < keyParts {
			i, _ = slices.BinarySearch(t.fresh, uint64(part)<<58)
		}
		ends[part] = base + int64(i)
	}
	t.ends = append(t.ends, ends)
	for _, e := range t.fresh {
		var b [keySize]byte
		binary.LittleEndian.PutUint64(b[:], e)
		if err := t.runs.append(b[:]); err != nil {
			return err
		}
	}
	t.fresh = t.fresh[:0]
	return nil
}

// seal sorts all entries.
func (t *keyTable) seal() error {
	// Some 32 entries have the same first bits.
	wide := max(0, bits.Len(uint(t.n))-5)
	t.shift = 32 - wide
	t.starts = make([]uint32, 0, 1<<wide+1)
	var sum uint32
	write := func(entries []uint64) error {
		for _, e := range entries {
			for len(t.starts) <= int(e>>32>>t.shift) {
				t.starts = append(t.starts, sum)
			}
			sum++
			var b [keySize]byte
			binary.LittleEndian.PutUint64(b[:], e)
			if err := t.sorted.append(b[:]); err != nil {
				return err
			}
		}
		return nil
	}
	if !t.disk {
		slices.Sort(t.fresh)
		t.sorted.mem = make([]byte, 0, t.n*keySize)
		if err := write(t.fresh); err != nil {
			return err
		}
	} else if err := t.merge(write); err != nil {
		return err
	}
	for len(t.starts) < 1<<wide+1 {
		t.starts = append(t.starts, sum)
	}
	t.fresh, t.ends = nil, nil
	return errors.Join(t.sorted.flush(), t.runs.close())
}

// merge sorts what the runs have of each part and writes it.
func (t *keyTable) merge(write func([]uint64) error) error {
	if err := t.run(); err != nil {
		return err
	}
	if err := t.runs.flush(); err != nil {
		return err
	}
	if err := t.sorted.spill(); err != nil {
		return err
	}
	var buf []byte
	for part := range keyParts {
		t.fresh = t.fresh[:0]
		for _, ends := range t.ends {
			p, err := t.runs.view(ends[part]*keySize, int(ends[part+1]-ends[part])*keySize, &buf)
			if err != nil {
				return err
			}
			for ; len(p) >= keySize; p = p[keySize:] {
				t.fresh = append(t.fresh, binary.LittleEndian.Uint64(p))
			}
		}
		slices.Sort(t.fresh)
		if err := write(t.fresh); err != nil {
			return err
		}
	}
	return nil
}

// find calls each with the addresses of a key in rising order, as long as it
// wants more.
func (t *keyTable) find(key uint32, buf *[]byte, each func(at uint32) (more bool, err error)) error {
	if t.n == 0 {
		return nil
	}
	first := uint64(key) >> t.shift
	from, to := t.starts[first], t.starts[first+1]
	for to-from > 2*keyRead { // many entries of some key: halve them
		middle := from + (to-from)/2
		p, err := t.sorted.view(int64(middle)*keySize, keySize, buf)
		if err != nil {
			return err
		}
		if len(p) < keySize {
			return errBroken
		}
		if uint32(binary.LittleEndian.Uint64(p)>>32) < key {
			from = middle + 1
		} else {
			to = middle
		}
	}
	return t.scan(key, from, t.starts[first+1], buf, each)
}

func (t *keyTable) scan(key, from, to uint32, buf *[]byte, each func(at uint32) (more bool, err error)) error {
	for ; from < to; from += keyRead {
		p, err := t.sorted.view(int64(from)*keySize, int(min(to-from, keyRead))*keySize, buf)
		if err != nil {
			return err
		}
		for ; len(p) >= keySize; p = p[keySize:] {
			e := binary.LittleEndian.Uint64(p)
			if k := uint32(e >> 32); k < key {
				continue
			} else if k > key {
				return nil
			}
			if more, err := each(uint32(e)); err != nil || !more {
				return err
			}
		}
	}
	return nil
}

// twins calls each with the addresses of keys that several records may have.
func (t *keyTable) twins(each func(at []uint32) error) error {
	var buf []byte
	var last uint32
	var same []uint32
	for from := 0; from < t.n; from += keyRun {
		p, err := t.sorted.view(int64(from)*keySize, min(t.n-from, keyRun)*keySize, &buf)
		if err != nil {
			return err
		}
		for ; len(p) >= keySize; p = p[keySize:] {
			e := binary.LittleEndian.Uint64(p)
			if k := uint32(e >> 32); k != last {
				if len(same) > 1 {
					if err := each(same); err != nil {
						return err
					}
				}
				last, same = k, same[:0]
			}
			same = append(same, uint32(e))
		}
	}
	if len(same) > 1 {
		return each(same)
	}
	return nil
}

func (t *keyTable) close() error { return errors.Join(t.runs.close(), t.sorted.close()) }

// appendText appends a text with its length before it.
func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// takeText returns what appendText appended, and what follows it.
func takeText[T string | []byte](b T) (s, rest T) {
	var n, read int
	for i := 0; i < len(b); i++ {
		n |= int(b[i]&0x7f) << (7 * i)
		if b[i] < 0x80 {
			read = i + 1
			break
		}
	}
	if read == 0 || n < 0 || n > len(b)-read {
		return b[:0], b[:0]
	}
	return b[read : read+n], b[read+n:]
}
