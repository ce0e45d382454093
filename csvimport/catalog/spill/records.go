package spill

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"math/bits"
	"sync"
)

// Index keeps records, each under some keys, and finds them again: in memory
// while they are few, in temporary files beyond. First all records are added,
// then it is sealed, then it answers; answering is safe for concurrent use.
//
// A key is known by 32 bits of its hash, so what is found has to be compared
// with what was looked for.
type Index struct {
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

// New returns an index that keeps up to limit records in memory.
func New(limit int) Index { return Index{limit: limit, seed: maphash.MakeSeed()} }

// Key is the hash under which a record is kept; kind keeps keys of different
// meaning apart.
func (x *Index) Key(kind byte, parts ...string) uint32 {
	h := uint64(kind) * 0x9e3779b97f4a7c15
	for _, s := range parts {
		h = (bits.RotateLeft64(h, 23) ^ maphash.String(x.seed, s)) * 0x9e3779b97f4a7c15
	}
	return uint32(h >> 32)
}

// Add keeps a record and returns its address.
func (x *Index) Add(record []byte, keys ...uint32) (at uint32, err error) {
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

// Seal ends the adding.
func (x *Index) Seal() error {
	if err := x.records.flush(); err != nil {
		return err
	}
	return x.keys.seal()
}

// Find calls each with the addresses that are kept under a key, in the order in
// which they were added, as long as it wants more.
func (x *Index) Find(key uint32, each func(at uint32) (more bool, err error)) error {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	return x.keys.find(key, b, each)
}

// LookUp is Find with the records, each of which is valid only until the call
// returns.
func (x *Index) LookUp(key uint32, each func(at uint32, record []byte) (more bool, err error)) error {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	return x.Find(key, func(at uint32) (bool, error) {
		record, err := x.record(at, b)
		if err != nil {
			return false, err
		}
		return each(at, record)
	})
}

// Read gives the record at an address to use, which must not keep or change it.
func (x *Index) Read(at uint32, use func(record []byte)) error {
	b := buffers.Get().(*[]byte)
	defer buffers.Put(b)
	record, err := x.record(at, b)
	use(record)
	return err
}

// Twins calls each with the addresses of keys that several records may have.
func (x *Index) Twins(each func(at []uint32) error) error { return x.keys.twins(each) }

// Len is the number of records.
func (x *Index) Len() int { return x.count }

// record returns the record at an address. It may use buf, and is not to be
// changed.
func (x *Index) record(at uint32, buf *[]byte) ([]byte, error) {
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

// All calls each with all records in the order in which they were added, as long
// as it wants more.
func (x *Index) All(each func(at uint32, record []byte) (more bool)) error {
	return x.scan(0, recordScan, each)
}

// After is All from an address on, for those who want only the next few.
func (x *Index) After(from uint32, each func(at uint32, record []byte) (more bool)) error {
	return x.scan(from, 4*recordGuess, each)
}

// scan is All from an address on, reading so many bytes at once.
func (x *Index) scan(from uint32, window int, each func(at uint32, record []byte) (more bool)) error {
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

// Close gives up all records, and what is on disk.
func (x *Index) Close() error {
	return errors.Join(x.records.close(), x.keys.close())
}

// buffers are for reading one record, or some keys.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// AppendText appends a text with its length before it.
func AppendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// TakeText returns what AppendText appended, and what follows it. Of text that is
// damaged both are empty.
func TakeText[T string | []byte](b T) (s, rest T) {
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
