package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"unicode/utf8"
)

// readText reads a text that a person has written, of so many bytes at most: without
// a byte order mark, and from an ordinary file.
func readText(path string, most int64) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s is not an ordinary file", path)
	case info.Size() > most:
		return "", fmt.Errorf("%s is longer than %d bytes", path, most)
	}
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return "", err
	}
	switch {
	case bytes.HasPrefix(text, []byte{0xff, 0xfe}), bytes.HasPrefix(text, []byte{0xfe, 0xff}):
		return "", fmt.Errorf("%s is UTF-16: save it as UTF-8", path)
	case !utf8.Valid(text):
		return "", fmt.Errorf("%s is not UTF-8", path)
	}
	return string(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))), nil
}
