package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"bulkimport/csvimport/ledger"
)

// maxBatch is how many writes share a transaction at most.
const maxBatch = 1024

// write does a job and returns once it is durable, or with what kept it from being
// so. If ctx ends while the job still waits for its turn, nothing is written; after
// that it is too late to stop it, and the answer is awaited.
func (r *Run) write(ctx context.Context, j *job) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	j.done = func(err error) { done <- err }
	r.submit(j)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	r.mu.Lock()
	j.gone = !j.taken
	r.mu.Unlock()
	if j.gone {
		return ctx.Err()
	}
	return <-done
}

// submit queues a job: those submitted after it are written after it, or with it.
func (r *Run) submit(j *job) {
	if err := r.enqueue(j); err != nil {
		j.taken = true
		j.done(err)
	}
}

func (r *Run) enqueue(j *job) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err != nil:
		return r.err
	case r.closed:
		return fmt.Errorf("run %d: %w", r.id, ledger.ErrRunEnded)
	}
	r.queue = append(r.queue, j)
	r.ring()
	return nil
}

func (r *Run) ring() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// loop writes batch after batch until the run is closed.
func (r *Run) loop() {
	for number := int64(1); ; {
		jobs, closed := r.take()
		switch {
		case len(jobs) > 0:
			r.answer(jobs, r.batch(jobs, number))
			number++
			runtime.Gosched() // those just answered often have their next write ready at once
		case closed:
			return
		default:
			<-r.wake
		}
	}
}

func (r *Run) batch(jobs []*job, number int64) error {
	return r.b.l.try(context.Background(), func(ctx context.Context) error { return r.transact(ctx, jobs, number) })
}

// take hands jobs that somebody still waits for to the writer.
func (r *Run) take() (jobs []*job, closed bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := min(len(r.queue), maxBatch)
	for _, j := range r.queue[:n] {
		if !j.gone {
			j.taken = true
			jobs = append(jobs, j)
		}
	}
	r.queue = append([]*job(nil), r.queue[n:]...)
	return jobs, r.closed && len(r.queue) == 0
}

// answer tells each job what became of it. A failure answers all that wait and all
// that will come: what became of the batch is not known.
func (r *Run) answer(jobs []*job, err error) {
	if err != nil {
		if errors.Is(err, ledger.ErrRunEnded) {
			r.dead.Store(true)
		}
		r.mu.Lock()
		r.err = err
		jobs = append(jobs, r.queue...)
		for _, j := range jobs {
			j.taken, j.said = true, err
		}
		r.queue = nil
		r.mu.Unlock()
	}
	for _, j := range jobs {
		j.done(j.said)
	}
}
