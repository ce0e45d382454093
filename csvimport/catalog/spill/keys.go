package spill

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

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
