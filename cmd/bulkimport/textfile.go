package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
)

// mostText is the longest of the files that a person writes, in bytes.
const mostText = 1 << 20

// readText reads a text that a person has written, of so many bytes at most, from an
// ordinary file: UTF-8, or what Notepad and PowerShell call Unicode, without a byte
// order mark.
func readText(path string, most int64) (string, error) {
	text, err := readOrdinary(path, most)
	if err != nil {
		return "", err
	}
	return plainUTF8(path, text)
}

// plainUTF8 is what stands in a file, which may be UTF-16, without a byte order mark.
func plainUTF8(path string, text []byte) (string, error) {
	if bytes.HasPrefix(text, []byte{0xff, 0xfe}) || bytes.HasPrefix(text, []byte{0xfe, 0xff}) {
		decoded, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder().Bytes(text)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return "", wrong(path+" is UTF-16, and damaged", "save it as UTF-8")
		}
		text = decoded
	}
	if !utf8.Valid(text) {
		return "", wrong(path+" is not UTF-8", "save it as UTF-8")
	}
	return string(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))), nil
}

// readOrdinary reads a file whole, if it is one: a device would never end, and a pipe
// would be waited for.
func readOrdinary(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, wrong(path+" is a folder, not a file", "name a file in it")
	case !info.Mode().IsRegular():
		return nil, wrong(path+" is not an ordinary file", "name a file that can be read again")
	case info.Size() > most:
		return nil, wrong(fmt.Sprintf("%s is longer than %d bytes", path, most), "is it the right file?")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
