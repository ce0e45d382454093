package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/sheet"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// subscriptions reads the subscriptions that a flag names, and those in files named
// with @.
func (e *env) subscriptions(flag string, words []string) ([]string, error) {
	var subs []string
	add := func(sub string) {
		if !slices.Contains(subs, sub) {
			subs = append(subs, sub)
		}
	}
	for _, word := range words {
		if name, ok := strings.CutPrefix(word, "@"); ok {
			listed, err := e.listed(flag, name)
			if err != nil {
				return nil, err
			}
			for _, sub := range listed {
				add(sub)
			}
			continue
		}
		sub, _, ok := rows.ParseID(word)
		if !ok {
			return nil, wrong(flag+": "+quote(word)+" is no Azure subscription", "copy it from the column sub_id, for example 3f0c8a52-6d0f-4a4b-9d5e-3f6f5a0a8c11")
		}
		add(sub)
	}
	return subs, nil
}

// mostListed bounds a file of subscriptions: a larger one is some other file.
const mostListed = 64 << 20

// listed reads a file of subscriptions: one a line, or a table that has a column of
// them.
func (e *env) listed(flag, name string) ([]string, error) {
	where := flag + " @" + name
	if name == "" {
		return nil, wrong(flag+": @ names no file", flag+" @FILE, with one subscription a line")
	}
	from := e.in
	if name != standardInput {
		f, err := openFile(name)
		if err != nil {
			words, hint := e.explain(err)
			return nil, wrong(where+": "+words, hint)
		}
		defer f.Close()
		from = f
	}
	const listedHint = "it holds one subscription a line, or is a table with a column sub_id"
	text, err := io.ReadAll(io.LimitReader(from, mostListed+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > mostListed:
		return nil, wrong(where+" is larger than 64 MB", listedHint)
	}
	cells, err := listedCells(text)
	if err != nil {
		return nil, wrong(where+": "+err.Error(), listedHint)
	}
	var subs, wrongs []string
	for _, c := range cells {
		sub, why, ok := rows.ParseID(c.text)
		if ok {
			subs = append(subs, sub)
		} else {
			wrongs = append(wrongs, fmt.Sprintf("row %d: %s", c.row, why.Message))
		}
	}
	if n := len(wrongs); n > 0 {
		shown := wrongs[:min(n, rowsNamed)]
		words := strings.Join(shown, "; ")
		if n > len(shown) {
			words += fmt.Sprintf("; and %s more", number(n-len(shown)))
		}
		return nil, wrong(where+": "+words, "mend them; nothing was sent")
	}
	if len(subs) == 0 {
		return nil, wrong(where+" names no subscription", listedHint)
	}
	return subs, nil
}

// listedCell is a cell that is to hold a subscription.
type listedCell struct {
	row  int
	text string
}

// subHeadings are what a column of subscriptions may be called.
var subHeadings = []string{"sub_id", "subscription", "subscription_id", "Azure subscription", "Azure subscription ID"}

func isSubHeading(cell string) bool {
	return slices.ContainsFunc(subHeadings, func(h string) bool { return sheet.Fold(h) == sheet.Fold(cell) })
}

// listedCells finds the cells of a table, or of lines, that hold subscriptions.
func listedCells(text []byte) ([]listedCell, error) {
	table, err := rows.OpenTable(bytes.NewReader(text), tableHeadings(), mostListed)
	if err != nil {
		return nil, err
	}
	defer table.Close()
	facts := table.Facts()
	at := slices.IndexFunc(facts.Header.Cells, isSubHeading)
	switch fault := facts.Fault; {
	case fault == nil && at >= 0:
		return tableCells(table, facts.Chunks, at)
	case fault == nil:
		return nil, fmt.Errorf("the table has no column sub_id")
	case fault.Kind == sheet.NoHeader || fault.Kind == sheet.BadDelimiter:
		return lineCells(plainText(text)), nil // no table of ours
	}
	return nil, fmt.Errorf("%s", rows.Unreadable(facts.Fault, facts.Header, "").Message)
}

// tableHeadings are those by which a table of ours is known.
func tableHeadings() []string {
	return append([]string{
		"tenant", "plan_id", "company_name", "email", "account_id", "cut_off_date", "reference", "status", "order_number", "order_id",
	}, subHeadings...)
}

func tableCells(table sheet.Table, chunks, at int) (cells []listedCell, err error) {
	reader := table.Reader()
	for chunk := range chunks {
		if _, err := reader.Read(chunk, func(r *sheet.Record) bool {
			text := ""
			if at < len(r.Cells) {
				text = r.Cells[at]
			}
			cells = append(cells, listedCell{r.Row, text})
			return true
		}); err != nil {
			return nil, err
		}
	}
	return cells, nil
}

// lineCells takes one subscription a line. Of a line with several values it is the
// one that is an id; a heading above them is none.
func lineCells(text string) (cells []listedCell) {
	row := 0
	for line := range strings.Lines(strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")) {
		row++
		line = strings.Trim(line, " \t\u00a0\n,;|")
		if line == "" || len(cells) == 0 && strings.ContainsFunc(line, isLetter) && slices.ContainsFunc(valuesOf(line), isSubHeading) {
			continue
		}
		word := line
		for _, value := range valuesOf(line) {
			if _, _, ok := rows.ParseID(value); ok {
				word = value
				break
			}
		}
		cells = append(cells, listedCell{row, word})
	}
	return cells
}

func isLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// valuesOf are the values of a line that is not of a table of ours.
func valuesOf(line string) []string {
	values := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(",;\t|", r) })
	for i := range values {
		values[i] = strings.Trim(values[i], " \"'")
	}
	return values
}

// plainText is a text file as text: UTF-8, or UTF-16 with its mark.
func plainText(text []byte) string {
	decoded, _, err := transform.Bytes(unicode.BOMOverride(unicode.UTF8.NewDecoder()), text)
	if err != nil { // cut off in the middle of a character
		decoded = text
	}
	return string(decoded)
}
