package sqlite

import (
	"encoding/binary"
	"io"
	"os"
)

// tornLog reports whether SQLite's write-ahead log ends within a frame: its end
// was torn off, and commits may have gone with it (sqlite.org/fileformat2.html,
// section 4). A disk that goes away may do that. A kill does not, but it may come
// between the header of a frame and its page, which are written one after the other.
func tornLog(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	info, err := f.Stat()
	const header, frameHeader = 32, 24
	var head [header]byte
	if _, e := io.ReadFull(f, head[:]); e != nil || err != nil {
		return err == nil && info.Size() > 0
	}
	frame := int64(binary.BigEndian.Uint32(head[8:])) + frameHeader
	rest := (info.Size() - header) % frame
	return rest != 0 && rest != frameHeader
}
