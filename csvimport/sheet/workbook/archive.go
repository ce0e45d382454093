package workbook

import (
	"archive/zip"
	"compress/flate"
	"encoding/binary"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"net/url"
	"path"
	"strings"

	"bulkimport/csvimport/sheet"
)

// Bounds of an archive.
const (
	directoryLimit = 4 << 20  // bytes of its directory
	unpackedLimit  = 2 << 30  // bytes of all parts that are read, together
	bombSize       = 32 << 20 // from this size on a part may not be
	bombRatio      = 200      // this many times as large as it is packed
)

// archive is the parts of a workbook, by name.
type archive struct {
	parts    map[string]*zip.File // by partKey
	size     int64                // of the file in bytes
	unpacked int64                // bytes read so far
	broken   error                // our own copy could not be read
}

// openArchive reads the directory of a zip archive. Names that are there twice
// are damage: readers differ in which of the two they take.
func openArchive(r io.ReaderAt, size int64) (*archive, error) {
	a := &archive{size: size}
	copied := &bounded{r: r, left: directoryLimit, on: a}
	z, err := zip.NewReader(copied, size)
	copied.left = -1
	switch {
	case a.broken != nil:
		return nil, a.broken
	case copied.spent:
		return nil, refuse(sheet.Inflated, "")
	case errors.Is(err, zip.ErrInsecurePath):
	case err != nil:
		return nil, damaged(sheet.DamageCut, "")
	}
	a.parts = make(map[string]*zip.File, len(z.File))
	for _, f := range z.File {
		key := partKey(f.Name)
		if strings.HasSuffix(key, "/") {
			continue
		}
		if a.parts[key] != nil {
			return nil, damaged(sheet.DamageTwice, f.Name)
		}
		a.parts[key] = f
	}
	return a, nil
}

// bounded hands on what is read of the copy, up to a bound while there is one,
// and tells its failures from damage.
type bounded struct {
	r     io.ReaderAt
	left  int64 // -1: no bound
	spent bool
	on    *archive
}

func (b *bounded) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 { // a directory may say so
		return 0, zip.ErrFormat
	}
	if b.left >= 0 {
		if b.left -= int64(len(p)); b.left < 0 {
			b.left, b.spent = 0, true
			return 0, zip.ErrFormat
		}
	}
	n, err := b.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) && b.on.broken == nil {
		b.on.broken = err
	}
	return n, err
}

// partKey is the name of a part as parts are compared: without case, and with the
// slashes that some programs write the other way round.
func partKey(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// has reports whether there is a part of that name.
func (a *archive) has(name string) bool { return a.find(name) != nil }

func (a *archive) find(name string) *zip.File {
	if f := a.parts[partKey(name)]; f != nil {
		return f
	}
	if plain, err := url.PathUnescape(name); err == nil {
		return a.parts[partKey(plain)]
	}
	return nil
}

// open opens a part for reading. Only what is read to its end has been checked.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.find(name)
	if f == nil {
		return nil, damaged(sheet.DamageMissing, name)
	}
	const encrypted = 1
	if f.Flags&encrypted != 0 {
		return nil, refuse(sheet.Encrypted, "")
	}
	r, err := f.Open()
	if err != nil {
		if a.broken != nil {
			err = a.broken
		}
		return nil, err
	}
	p := &part{archive: a, ReadCloser: r, packed: min(int64(f.CompressedSize64), a.size)}
	if f.CRC32 == 0 { // package zip does not compare what is not there
		p.sum = crc32.NewIEEE()
	}
	return p, nil
}

// part is a part being read.
type part struct {
	io.ReadCloser
	archive *archive
	packed  int64
	size    int64
	sum     hash.Hash32 // nil where package zip compares
}

func (p *part) Read(b []byte) (int, error) {
	n, err := p.ReadCloser.Read(b)
	p.size += int64(n)
	p.archive.unpacked += int64(n)
	if p.size > bombSize && p.size/bombRatio > p.packed || p.archive.unpacked > unpackedLimit {
		return 0, refuse(sheet.Inflated, "")
	}
	if p.sum != nil {
		p.sum.Write(b[:n])
		if errors.Is(err, io.EOF) && p.sum.Sum32() != 0 {
			err = zip.ErrChecksum
		}
	}
	var corrupt flate.CorruptInputError
	switch {
	case err == nil || errors.Is(err, io.EOF):
	case p.archive.broken != nil:
		err = p.archive.broken
	case errors.As(err, &corrupt):
		err = zip.ErrFormat
	}
	return n, err
}

// scan opens a part as XML. close has to be called.
func (a *archive) scan(name string) (s *scanner, close func(), err error) {
	r, err := a.open(name)
	if err != nil {
		return nil, nil, err
	}
	if s, err = newScanner(r); err != nil {
		r.Close()
		return nil, nil, err
	}
	return s, func() { r.Close() }, nil
}

// target is the name of the part to which a relationship of another part leads.
func target(from, to string) string {
	to = strings.ReplaceAll(to, `\`, "/")
	if strings.HasPrefix(to, "/") {
		return strings.TrimPrefix(path.Clean(to), "/")
	}
	return strings.TrimPrefix(path.Clean("/"+path.Join(path.Dir(from), to)), "/")
}

// localNames lists the names in the local headers at the start of an archive whose
// directory is gone.
func localNames(head []byte) (names []string) {
	const header = 30
	for len(head) >= header && string(head[:4]) == "PK\x03\x04" && len(names) < 64 {
		n, extra := int(binary.LittleEndian.Uint16(head[26:])), int(binary.LittleEndian.Uint16(head[28:]))
		if len(head) < header+n {
			break
		}
		names = append(names, string(head[header:header+n]))
		skip := header + n + extra + int(min(binary.LittleEndian.Uint32(head[18:]), 1<<30))
		head = head[min(skip, len(head)):]
		for len(head) >= 4 && string(head[:4]) != "PK\x03\x04" { // sizes that come behind the part
			head = head[1:]
		}
	}
	return names
}
