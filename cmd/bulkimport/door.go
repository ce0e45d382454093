package main

import (
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"bulkimport/csvimport/visible"
)

// door is a stream to a person or a program: whatever leaves by it has no secrets
// and nothing that a terminal would obey, but for the colours of a pen. On a terminal
// lines are broken where it ends; a write begins at the left.
// It is safe for concurrent use.
type door struct {
	to       io.Writer
	veil     *veil
	terminal bool
	whole    bool // lines stay whole

	mu   sync.Mutex
	rest []byte // of a character whose end is still to come
}

func newDoor(to io.Writer, v *veil) *door { return &door{to: to, veil: v, terminal: isTerminal(to)} }

// unveiled is a door for what is secret and made to be told.
func unveiled(w io.Writer) io.Writer {
	if d, ok := w.(*door); ok {
		return &door{to: d.to, veil: new(veil), terminal: d.terminal, whole: d.whole}
	}
	return w
}

// colours are what a pen writes.
var colours = regexp.MustCompile("\x1b\\[[0-7]{1,2}m")

// Write writes whole words: a secret in two pieces is not known.
func (d *door) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := append(d.rest, p...)
	end := len(all)
	for n := 1; n < utf8.UTFMax && n <= len(all); n++ {
		if last := all[len(all)-n:]; utf8.RuneStart(last[0]) {
			if !utf8.FullRune(last) {
				end -= n
			}
			break
		}
	}
	text := d.veil.hide(string(all[:end]))
	d.rest = append([]byte(nil), all[end:]...)
	if d.terminal {
		var b strings.Builder
		at := 0
		for _, c := range colours.FindAllStringIndex(text, -1) {
			b.WriteString(visible.Lines(text[at:c[0]]))
			b.WriteString(text[c[0]:c[1]])
			at = c[1]
		}
		b.WriteString(visible.Lines(text[at:]))
		text = b.String()
		if !d.whole {
			text = wrapped(text, width(d))
		}
	} else {
		text = visible.Lines(text)
	}
	if _, err := io.WriteString(d.to, text); err != nil {
		return 0, err
	}
	return len(p), nil
}

// data is stdout for a table, which another program has to find as it is; a terminal
// is no program, and shows it in whole lines.
func (e *env) data() io.Writer {
	d, ok := e.out.(*door)
	switch {
	case !ok:
		return e.out
	case d.terminal:
		return &door{to: d.to, veil: d.veil, terminal: true, whole: true}
	}
	return d.to
}

// fileOf is the file behind a stream, nil if there is none.
func fileOf(stream any) *os.File {
	if d, ok := stream.(*door); ok {
		stream = d.to
	}
	f, _ := stream.(*os.File)
	return f
}
