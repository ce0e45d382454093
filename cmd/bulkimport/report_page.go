package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/report"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/worksheet"
)

// source is where rows with their results come from.
type source interface {
	// open returns the rows, and the file that they are rows of.
	open() (*rows.File, iter.Seq2[csvimport.Reported, error], error)
	// write writes rows of it as a table.
	write(w io.Writer, form rows.Form, file *rows.File, chosen iter.Seq2[csvimport.Reported, error]) error
}

// page is rows as a page to look at, as a table, or as a work sheet.
type page struct {
	env            *env
	source         source
	out            string
	form           rows.Form                 // of a table
	only           map[csvimport.Status]bool // nil: all
	sheet          bool
	file, platform string // for people, empty if not known
	began, ended   time.Time
	advice         func(status csvimport.Status, orderStatus string) string // nil: the words of a terminal
}

// write writes the page, or the table, and returns how many rows are on it.
func (p *page) write() (n int, err error) {
	if err := cmp.Or(writable(p.out), p.notFilled()); err != nil {
		return 0, err
	}
	return p.using(func(file *rows.File, chosen iter.Seq2[csvimport.Reported, error]) error {
		return replace(p.out, func(w io.Writer) error { return p.to(w, file, chosen) })
	})
}

// using opens the source and has use go over the rows that are chosen. It returns how
// many they are.
func (p *page) using(use func(*rows.File, iter.Seq2[csvimport.Reported, error]) error) (n int, err error) {
	file, all, err := p.source.open()
	if err != nil {
		return 0, err
	}
	defer file.Close()
	chosen := func(yield func(csvimport.Reported, error) bool) {
		for r, err := range all {
			if err == nil && p.only != nil && !p.only[r.Result.Status] {
				continue
			}
			n++
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
	err = use(file, chosen)
	return n, err
}

// to writes rows as what is asked for.
func (p *page) to(w io.Writer, file *rows.File, chosen iter.Seq2[csvimport.Reported, error]) error {
	switch {
	case p.sheet:
		_, err := worksheet.Write(rows.NewWriter(w, p.form), sheetRows(chosen))
		return err
	case isTable(p.out):
		return p.source.write(w, p.form, file, chosen)
	}
	return p.env.veil.through(w, func(w io.Writer) error {
		return report.Write(w, report.Page{
			File: cmp.Or(p.file, file.Name()), Platform: p.platform, Started: p.began, Ended: p.ended,
			Program: "bulkimport", Version: version, Rows: chosen,
			Advice: p.next,
		})
	})
}

// next is the next step for rows that ended in one way.
func (p *page) next(status csvimport.Status, orderStatus string) string {
	if p.advice != nil {
		return p.advice(status, orderStatus)
	}
	_, sentence := nextStep(status, orderStatus)
	return sentence
}

// notFilled refuses to write a work sheet over one that a person has filled in.
func (p *page) notFilled() error {
	if !p.sheet {
		return nil
	}
	f, err := os.Open(p.out)
	if err != nil {
		return nil // not there yet, or not to be read: writing tells
	}
	defer f.Close()
	filled, err := worksheet.Read(f)
	if err != nil || filled.Unusable || len(filled.Answers)+len(filled.Findings) == 0 {
		return nil
	}
	return fault(p.out+" is a work sheet that has been filled in", "bulkimport reconcile "+shellFile(p.out)+" takes what it says; or name another file")
}

// sheetRows makes rows of a work sheet of rows with results.
func sheetRows(all iter.Seq2[csvimport.Reported, error]) iter.Seq2[worksheet.Row, error] {
	return func(yield func(worksheet.Row, error) bool) {
		for r, err := range all {
			if err != nil {
				yield(worksheet.Row{}, err)
				return
			}
			r.Result.Error = strings.TrimSuffix(r.Result.Error, lookFirst)
			if !yield(worksheet.OfResult(&r, sentWords(r.Result.SubmittedAt)), nil) {
				return
			}
		}
	}
}

// fileSource is a results file.
type fileSource struct {
	env     *env
	name    string
	sheet   string // of a workbook; empty: the one that has the headings
	columns rows.Mapping
}

func (s fileSource) open() (*rows.File, iter.Seq2[csvimport.Reported, error], error) {
	file, err := s.env.openInput(s.name, rows.ReadOptions{Sheet: s.sheet, Columns: s.columns})
	if err != nil {
		return nil, nil, err
	}
	if !rows.IsResults(file) {
		return nil, nil, errors.Join(notResults(s.name, rows.ErrNotResults), file.Close())
	}
	return file, rows.ReadResults(file), nil
}

// write writes rows as they are in the results file, for a spreadsheet.
func (fileSource) write(w io.Writer, form rows.Form, file *rows.File, chosen iter.Seq2[csvimport.Reported, error]) error {
	out := rows.NewWriter(w, form)
	if err := out.Write(file.Header()); err != nil {
		return err
	}
	for r, err := range chosen {
		if err != nil {
			return err
		}
		if err := out.Write(r.Row.Cells); err != nil {
			return err
		}
	}
	return out.Close()
}

// notResults is a file that was to be a results file and is none.
func notResults(name string, err error) error {
	return &ending{status: statusRefused, err: fmt.Errorf("%s: %w", name, err), hint: "name the file that import wrote with --results"}
}
