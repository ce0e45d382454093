package workbook

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"time"

	"bulkimport/csvimport/sheet"
)

// readCell reads the c element that has just begun.
func (g *grid) readCell(column int) error {
	s := g.s
	g.kind = append(g.kind[:0], s.raw("t")...)
	g.style = 0
	if style := s.raw("s"); style != nil {
		var err error
		if g.style, err = strconv.Atoi(string(style)); err != nil {
			return errContent
		}
	}
	g.value, g.formula = g.value[:0], g.formula[:0]
	g.has.value, g.has.formula, g.has.inline = false, false, false
	for depth := s.depth; ; {
		tok, err := s.next()
		switch {
		case err != nil:
			return err
		case tok == endTag && s.depth < depth:
			return g.endCell(column)
		case tok != startTag:
			continue
		case s.foreign:
			err = g.stranger()
		default:
			err = g.child()
		}
		if err != nil {
			return err
		}
	}
}

// child reads a part of a cell.
func (g *grid) child() error {
	had := &g.has.value
	switch string(g.s.name) {
	case "v":
	case "f":
		had = &g.has.formula
	case "is":
		had = &g.has.inline
	default:
		return g.s.skip()
	}
	if *had {
		return errContent
	}
	*had = true
	switch had {
	case &g.has.formula:
		return g.collect(&g.formula, shownOf)
	case &g.has.inline:
		_, err := g.inline.read(g.s)
		return err
	}
	return g.collect(&g.value, rawLimit)
}

// collect appends the text of the element that has just begun, up to a limit.
func (g *grid) collect(to *[]byte, limit int) error {
	s := g.s
	for depth := s.depth; ; {
		tok, err := s.next()
		switch {
		case err != nil:
			return err
		case tok == textPart && s.depth == depth:
			*to = append(*to, s.text[:min(len(s.text), limit-len(*to))]...)
		case tok == startTag:
			return errContent
		case tok == endTag && s.depth < depth:
			return nil
		}
	}
}

// endCell understands a cell, and keeps it if there is anything in it.
func (g *grid) endCell(column int) error {
	c := cell{column: column, from: len(g.row.text)}
	c.value.Formula = g.has.formula
	err := g.understand(&c)
	if err != nil {
		return g.placed(err, column)
	}
	c.to = len(g.row.text)
	if c.value.Type == sheet.Text && c.from == c.to {
		return nil
	}
	if c.to > rowLimit {
		g.row.truncated = true
		g.row.text = g.row.text[:c.from]
		c.to = c.from
	}
	g.row.cells = append(g.row.cells, c)
	return nil
}

// placed adds to damage that one cell has where that is.
func (g *grid) placed(err error, column int) error {
	var f *faultError
	if errors.As(err, &f) && f.Detail == sheet.DamageReference {
		f.Line, f.Row, f.Column = g.row.number, g.row.number, column
	}
	return err
}

// understand appends the cell's text to the row's, and tells what is stored.
func (g *grid) understand(c *cell) error {
	v := bytes.TrimSpace(g.value)
	if len(v) == 0 && g.has.formula && string(g.kind) != "inlineStr" && !(string(g.kind) == "str" && g.has.value) {
		c.value.Type = sheet.NoValue
		g.row.text = append(append(g.row.text, '='), bytes.ToValidUTF8(g.formula, nil)...)
		return nil
	}
	switch string(g.kind) {
	case "s":
		if len(v) == 0 {
			return nil
		}
		return g.shared(v)
	case "str":
		g.text(g.value)
		return nil
	case "inlineStr":
		if g.has.inline {
			g.row.text = append(g.row.text, g.inline.text...)
		} else {
			g.text(g.value)
		}
		return nil
	case "", "n":
		if len(v) == 0 {
			return nil
		}
		return g.number(c, v)
	case "b":
		return g.truth(c, v)
	case "e":
		c.value.Type = sheet.Failed
		if len(v) == 0 {
			v = []byte("#VALUE!")
		}
		g.row.text = append(g.row.text, v...)
		return nil
	case "d":
		return g.isoDate(c, v)
	}
	return errContent
}

// text appends text that may have escapes.
func (g *grid) text(raw []byte) {
	g.inline.raw = append(g.inline.raw[:0], raw...)
	g.row.text = append(g.row.text, g.inline.resolved()...)
}

// shared appends the shared string of a number.
func (g *grid) shared(v []byte) error {
	i, err := strconv.Atoi(string(v))
	if err != nil {
		return errContent
	}
	if g.strings == nil {
		if g.book.strings == "" || !g.book.has(g.book.strings) {
			return noStrings(g.book.strings)
		}
		if g.strings, err = g.readStrings(); err != nil {
			return err
		}
	}
	text, ok, err := g.strings.at(i)
	if err == nil && !ok {
		err = damaged(sheet.DamageReference, strconv.Itoa(i))
	}
	g.row.text = append(g.row.text, text...)
	return err
}

// number appends a number, which may be a date.
func (g *grid) number(c *cell, v []byte) error {
	if len(v) > numberLimit || bytes.ContainsFunc(v, notOfNumber) {
		return errContent
	}
	stored := string(v)
	n, err := strconv.ParseFloat(stored, 64)
	if err != nil || math.IsInf(n, 0) {
		return errContent
	}
	f, err := g.format()
	if err != nil {
		return err
	}
	c.value.Number = n
	if f.isDate(n) {
		c.value.Type = sheet.Date
		c.value.Time = day(n, g.date04)
		c.value.Shown = f.of(n).drawDate(c.value.Time)
		g.row.text = append(g.row.text, dateText(c.value.Time, n, stored)...)
		return nil
	}
	c.value.Type, c.value.Stored = sheet.Number, stored
	if n >= firstGuess && n <= lastGuess {
		c.value.Time = day(n, g.date04)
	}
	text, look := f.show(n, stored)
	c.value.Look = look
	if look == sheet.Disguised {
		c.value.Format = f.code[:min(len(f.code), shownOf)]
	}
	g.row.text = append(g.row.text, text...)
	return nil
}

func notOfNumber(r rune) bool {
	return (r < '0' || r > '9') && r != '.' && r != '-' && r != '+' && r != 'e' && r != 'E'
}

// format returns the format of the cell.
func (g *grid) format() (*format, error) {
	switch {
	case g.style >= 0 && g.style < len(g.formats):
		return g.formats[g.style], nil
	case g.style == 0 || g.formats == nil:
		return general, nil
	}
	return nil, damaged(sheet.DamageReference, strconv.Itoa(g.style))
}

// truth appends what a truth value is shown as.
func (g *grid) truth(c *cell, v []byte) error {
	c.value.Type = sheet.Truth
	switch string(v) {
	case "1", "true":
		g.row.text = append(g.row.text, "TRUE"...)
	case "0", "false":
		g.row.text = append(g.row.text, "FALSE"...)
	case "":
		c.value.Type = sheet.Text
	default:
		return errContent
	}
	return nil
}

// isoForms are the ways in which a cell holds a date as text.
var isoForms = [...]string{"2006-01-02", "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z07:00", "2006-01-02T15:04", "15:04:05.999999999"}

// isoDate appends a date that is stored as one.
func (g *grid) isoDate(c *cell, v []byte) error {
	if len(v) == 0 {
		return nil
	}
	for _, form := range isoForms {
		t, err := time.Parse(form, string(v))
		if err != nil {
			continue
		}
		c.value.Type, c.value.Time = sheet.Date, t.UTC().Round(time.Second)
		g.row.text = append(g.row.text, dateText(c.value.Time, 1, "")...)
		return nil
	}
	return errContent
}
