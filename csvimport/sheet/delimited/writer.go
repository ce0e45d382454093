package delimited

import (
	"bufio"
	"io"
	"strings"

	"golang.org/x/text/transform"

	"bulkimport/csvimport/sheet"
)

// Writer writes records. Cells are quoted where they have to be. The first
// error sticks and is returned by Close.
type Writer struct {
	style sheet.Style
	buf   *bufio.Writer
	wide  *transform.Writer
	err   error
	start bool
}

var _ sheet.Writer = (*Writer)(nil)

// NewWriter returns a Writer to w; Close ends it. Of the encodings UTF-8 and the
// wide ones are written; all others become UTF-8.
func NewWriter(w io.Writer, style sheet.Style) *Writer {
	if style.Delimiter == 0 {
		style.Delimiter = ','
	}
	out := &Writer{style: style, start: true}
	if e, _ := wideEncoding(style.Encoding); e != nil {
		out.wide = transform.NewWriter(w, e.NewEncoder())
		w = out.wide
	}
	out.buf = bufio.NewWriterSize(w, 64<<10)
	return out
}

// Write writes one record.
func (w *Writer) Write(cells []string) error {
	w.begin()
	for i, c := range cells {
		if i > 0 {
			w.buf.WriteByte(w.style.Delimiter)
		}
		if w.quotes(c, len(cells)) {
			w.buf.WriteByte('"')
			w.put(strings.ReplaceAll(c, `"`, `""`))
			w.buf.WriteByte('"')
		} else {
			w.put(c)
		}
	}
	return w.end()
}

// Blank writes a blank line, which reads as a row without values.
func (w *Writer) Blank() error {
	w.begin()
	return w.end()
}

func (w *Writer) begin() {
	if w.start && w.style.BOM {
		w.put("\ufeff")
	}
	w.start = false
}

func (w *Writer) end() error {
	if w.style.CRLF {
		w.put("\r\n")
	} else {
		w.put("\n")
	}
	return w.err
}

func (w *Writer) put(s string) {
	if _, err := w.buf.WriteString(s); err != nil && w.err == nil {
		w.err = err
	}
}

// quotes reports whether a cell has to be quoted. Besides what RFC 4180 asks,
// these are spaces at the ends, which some programs drop, and an only cell
// that is empty, which would be a blank line.
func (w *Writer) quotes(c string, cells int) bool {
	if c == "" {
		return cells == 1
	}
	if c[0] == ' ' || c[len(c)-1] == ' ' || c[0] == '\t' {
		return true
	}
	return strings.IndexByte(c, w.style.Delimiter) >= 0 || strings.ContainsAny(c, "\"\r\n")
}

// Close writes what is left and returns the first error of all. It does not
// close the writer below.
func (w *Writer) Close() error {
	if err := w.buf.Flush(); err != nil && w.err == nil {
		w.err = err
	}
	if w.wide != nil {
		if err := w.wide.Close(); err != nil && w.err == nil {
			w.err = err
		}
	}
	return w.err
}

// Failed reports whether writing has failed; Close returns the error.
func (w *Writer) Failed() bool { return w.err != nil }
