package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
)

// writeFindings reads all rows and writes every finding as JSON, in file order, each
// with the file it is of where there are several.
func writeFindings(ctx context.Context, c *check.Checker, w io.Writer, of string) error {
	queue := &queue{of: of}
	defer queue.Close()
	for row, err := range c.Rows(ctx) {
		if err != nil {
			return err
		}
		for i := range row.Findings {
			if err := queue.add(row.Findings[i]); err != nil {
				return err
			}
		}
	}
	return queue.write(w, c.Findings())
}

// queueMemory is how much of a queue is kept in memory.
const queueMemory = 4 << 20

// queue holds back the findings of rows, as JSON, until those of the file as a
// whole are known: they are complete only after the last row and come first.
// What does not fit in memory goes to a private file.
type queue struct {
	of     string // the file, empty where there is one only
	memory bytes.Buffer
	file   *os.File
}

// add queues a finding. Findings come in file order.
func (q *queue) add(f csvimport.Finding) error {
	text, err := encodeFinding(f, q.of)
	if err != nil {
		return err
	}
	q.memory.WriteString(strconv.Itoa(f.Line))
	q.memory.WriteByte('\t')
	q.memory.Write(text)
	if q.memory.Len() < queueMemory {
		return nil
	}
	if q.file == nil {
		if q.file, err = os.CreateTemp("", "bulkimport-*"); err != nil {
			return err
		}
	}
	_, err = q.memory.WriteTo(q.file)
	return err
}

// write writes all findings in file order; first are those of the whole file.
func (q *queue) write(w io.Writer, whole []csvimport.Finding) error {
	whole = slices.Clone(whole)
	slices.SortStableFunc(whole, func(a, b csvimport.Finding) int { return cmp.Compare(a.Line, b.Line) })
	out := bufio.NewWriterSize(w, 64<<10)
	until := func(line int) error {
		for len(whole) > 0 && whole[0].Line <= line {
			text, err := encodeFinding(whole[0], q.of)
			if err != nil {
				return err
			}
			if _, err := out.Write(text); err != nil {
				return err
			}
			whole = whole[1:]
		}
		return nil
	}
	var source io.Reader = &q.memory
	if q.file != nil {
		if _, err := q.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		source = io.MultiReader(q.file, &q.memory)
	}
	lines := bufio.NewReaderSize(source, 64<<10)
	for {
		record, err := lines.ReadSlice('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		number, text, _ := bytes.Cut(record, []byte("\t"))
		line, err := strconv.Atoi(string(number))
		if err != nil {
			return err
		}
		if err := until(line); err != nil {
			return err
		}
		if _, err := out.Write(text); err != nil {
			return err
		}
	}
	if err := until(int(^uint(0) >> 1)); err != nil {
		return err
	}
	return out.Flush()
}

// Close gives up what is on disk.
func (q *queue) Close() error {
	if q.file == nil {
		return nil
	}
	return errors.Join(q.file.Close(), os.Remove(q.file.Name()))
}

func encodeFinding(f csvimport.Finding, of string) ([]byte, error) {
	f = advised(f)
	f.Type, f.File = "finding", of
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(f)
	return b.Bytes(), err
}
