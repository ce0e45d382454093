package workbook

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
)

const (
	zipMagic      = "PK\x03\x04"
	emptyZip      = "PK\x05\x06"
	compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
	lockSize      = 165 // bytes of the file that Excel puts beside an open workbook
)

// HeadSize is how much of a file's start Recognises looks at, in bytes.
const HeadSize = lockSize + 1

// Recognises reports whether a file that starts so is for Open: a workbook, or
// something of which this package knows what it is.
func Recognises(head []byte) bool {
	return bytes.HasPrefix(head, []byte(zipMagic)) || bytes.HasPrefix(head, []byte(emptyZip)) ||
		bytes.HasPrefix(head, []byte(compoundMagic)) || isLock(head)
}

// isLock recognises the file that Excel puts beside an open workbook: the name of
// whoever has it open, once in a byte a letter and once in two, each padded with
// spaces.
func isLock(head []byte) bool {
	const narrow = 55 // bytes of the first
	if len(head) != lockSize {
		return false
	}
	n, m := int(head[0]), int(head[narrow])
	if n == 0 || n >= narrow || m == 0 || m > n || head[narrow+1] != 0 {
		return false
	}
	return len(bytes.Trim(head[n+1:narrow], " \x00")) == 0 && len(bytes.Trim(head[narrow+2+2*m:], " \x00")) == 0
}

// zipKind names what an archive is that is no workbook of ours, from the names of
// its parts; empty if it may be one.
func zipKind(names []string, has func(string) bool) string {
	under := func(folder string) bool {
		for _, n := range names {
			if strings.HasPrefix(partKey(n), folder) {
				return true
			}
		}
		return false
	}
	switch {
	case has("xl/workbook.bin"):
		return "xlsb"
	case has("content.xml") && has("mimetype"):
		return "ods"
	case has("word/document.xml"):
		return "docx"
	case has("ppt/presentation.xml"):
		return "pptx"
	case under("index/") || has("index.zip"):
		return "numbers"
	case has("[content_types].xml") || has("_rels/.rels") || under("xl/"):
		return ""
	}
	return "zip"
}

// compoundKind names what is in an OLE2 container, the file system in a file that
// old Excel files are, and new ones with a password.
func compoundKind(r io.ReaderAt) (name string, encrypted bool, err error) {
	c := compound{r: r}
	if err := c.open(); err != nil {
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return "xls", false, nil
		}
		return "", false, err
	}
	name = "xls"
	err = c.entries(func(entry string) {
		switch entry {
		case "EncryptedPackage":
			encrypted = true
		case "WordDocument":
			name = "doc"
		case "PowerPoint Document":
			name = "ppt"
		}
	})
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	return name, encrypted, err
}

// compound reads the directory of an OLE2 container.
type compound struct {
	r      io.ReaderAt
	sector int64
	first  uint32   // sector of the directory
	fat    []uint32 // sectors of the table that links sectors, as far as the header names them
}

// lastSector is the least number that is no sector's.
const lastSector = 0xfffffffa

func (c *compound) open() error {
	header := make([]byte, 512)
	if _, err := c.r.ReadAt(header, 0); err != nil {
		return err
	}
	c.sector = 512
	if header[30] == 12 {
		c.sector = 4096
	}
	c.first = binary.LittleEndian.Uint32(header[48:])
	for at := 76; at < len(header); at += 4 {
		if n := binary.LittleEndian.Uint32(header[at:]); n < lastSector {
			c.fat = append(c.fat, n)
		}
	}
	return nil
}

// entries tells the names in the directory. It follows no more than a thousand
// sectors: a chain may be a ring.
func (c *compound) entries(tell func(string)) error {
	const entrySize = 128
	buf := make([]byte, c.sector)
	at := c.first
	for range 1000 {
		if at >= lastSector {
			return nil
		}
		if _, err := c.r.ReadAt(buf, (int64(at)+1)*c.sector); err != nil {
			return err
		}
		for e := buf; len(e) >= entrySize; e = e[entrySize:] {
			n := int(binary.LittleEndian.Uint16(e[64:]))/2 - 1
			if n < 1 || n > 31 {
				continue
			}
			units := make([]uint16, n)
			for i := range units {
				units[i] = binary.LittleEndian.Uint16(e[2*i:])
			}
			tell(string(utf16.Decode(units)))
		}
		perSector := c.sector / 4
		i := int64(at) / perSector
		if i >= int64(len(c.fat)) {
			return nil
		}
		var link [4]byte
		if _, err := c.r.ReadAt(link[:], (int64(c.fat[i])+1)*c.sector+int64(at)%perSector*4); err != nil {
			return err
		}
		at = binary.LittleEndian.Uint32(link[:])
	}
	return nil
}
