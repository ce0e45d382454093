package rows

import (
	"iter"
	"runtime"
	"sync"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet"
)

// Rows yields every record that gets a result, in the order of the file: all
// rows below the headings that are not blank, valid or not. It may be ranged
// over any number of times; several cores parse, one chunk of the file each.
// A file or headings that cannot be read have no rows.
func (f *File) Rows() iter.Seq[csvimport.Row] {
	return func(yield func(csvimport.Row) bool) {
		if !f.rows {
			return
		}
		pass := newReading(f)
		complete := true
		for b := range f.batches() {
			if b.err != nil {
				pass.broken(b.err)
				break
			}
			if complete = pass.yield(b, yield); !complete {
				break
			}
		}
		if complete {
			pass.end()
		}
	}
}

// batch is the rows of one chunk.
type batch struct {
	rows []csvimport.Row
	more []parsed
	// Blank rows among them, and the first.
	skipped sheet.Skipped
	err     error
}

func (b *batch) reset() {
	clear(b.rows)
	*b = batch{rows: b.rows[:0], more: b.more[:0]}
}

// fill parses one chunk.
func (b *batch) fill(f *File, chunk int, reader sheet.Reader) {
	b.skipped, b.err = reader.Read(chunk, func(rec *sheet.Record) bool {
		if rec.Hidden && f.skipHidden {
			return true
		}
		n := len(b.rows)
		if n < cap(b.rows) {
			b.rows = b.rows[:n+1]
		} else {
			b.rows = append(b.rows, csvimport.Row{})
		}
		b.more = append(b.more, f.parser.parse(rec, &b.rows[n]))
		return true
	})
}

// batches yields the rows of all chunks in their order. Several goroutines
// parse ahead, and are gone when the range ends.
func (f *File) batches() iter.Seq[*batch] {
	chunks := f.table.Facts().Chunks
	workers := min(runtime.GOMAXPROCS(0), chunks, 8)
	if workers < 2 {
		return f.batchesAlone()
	}
	return func(yield func(*batch) bool) {
		type job struct {
			chunk int
			done  chan *batch
		}
		jobs, order := make(chan job), make(chan job, workers+1)
		free := make(chan *batch, workers+2)
		stop := make(chan struct{})
		var group sync.WaitGroup
		group.Go(func() {
			defer close(jobs)
			defer close(order)
			for i := range chunks {
				j := job{i, make(chan *batch, 1)}
				select {
				case order <- j:
				case <-stop:
					return
				}
				select {
				case jobs <- j:
				case <-stop:
					return
				}
			}
		})
		for range workers {
			group.Go(func() {
				reader := f.table.Reader()
				for j := range jobs {
					var b *batch
					select {
					case b = <-free:
						b.reset()
					default:
						b = &batch{}
					}
					b.fill(f, j.chunk, reader)
					j.done <- b
				}
			})
		}
		defer group.Wait()
		defer close(stop)
		for j := range order {
			b := <-j.done
			if !yield(b) {
				return
			}
			select {
			case free <- b:
			default:
			}
		}
	}
}

// batchesAlone is batches without other goroutines.
func (f *File) batchesAlone() iter.Seq[*batch] {
	return func(yield func(*batch) bool) {
		reader := f.table.Reader()
		var b batch
		for i := range f.table.Facts().Chunks {
			b.reset()
			b.fill(f, i, reader)
			if !yield(&b) {
				return
			}
		}
	}
}
