// Package jobs is work that outlives the process that began it: a durable queue, of
// which each process works one job after the other. It is in a file, and one process's,
// or in a database, and as many processes' as there are.
//
// A job is at least once: it is given to a worker again if the process died with it.
// Whoever needs more keeps a ledger of what was done.
package jobs

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"

	"bulkimport/csvimport/ledger/sqlite"
)

// ErrLater is what a worker returns for a job that it did not end: its context ended
// first. The job is worked again by the next process.
var ErrLater = errors.New("the job is not done")

// Work works the job of this id. An error other than [ErrLater] is not tried again:
// what went wrong is for the worker to keep.
type Work func(ctx context.Context, id string) error

// Help is a further hand, from 2 on, at the job of this id, which another process works.
// It is not given to anybody again when it returns.
type Help func(ctx context.Context, id string, hand int)

// Queue is an open queue. It is safe for concurrent use.
type Queue struct {
	client client
	name   string
	free   func(context.Context) error // has jobs that a process died with worked again
	beside sync.WaitGroup
	quit   context.CancelFunc
	close  func(context.Context) error
}

// client is River's, whichever database it has.
type client interface {
	Start(context.Context) error
	StopAndCancel(context.Context) error
	Insert(context.Context, river.JobArgs, *river.InsertOpts) (*rivertype.JobInsertResult, error)
	JobList(context.Context, *river.JobListParams) (*river.JobListResult, error)
}

const (
	// rescued is after what time River itself takes a job for abandoned. It does not ask
	// who lives: an import may well take a day.
	rescued = 24 * time.Hour

	polled   = 300 * time.Millisecond
	attempts = 10_000
)

// Open opens the queue at path, which it creates where there is none, and begins to
// work its jobs. Those that a process died with are worked again: the caller is the
// only process that has the queue open.
func Open(ctx context.Context, path string, work Work) (*Queue, error) {
	db, err := sqlite.Database(path)
	if err != nil {
		return nil, err
	}
	q := &Queue{close: func(context.Context) error { return db.Close() }}
	// River would wait until they are rescued: nobody works them, since nobody else has
	// the file. They keep their place before those that came later.
	q.free = func(ctx context.Context) error {
		_, err := db.ExecContext(ctx, `UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE finalized_at IS NULL`)
		return err
	}
	err = begin(ctx, q, riversqlite.New(db), work, setting{queue: river.QueueDefault})
	if err == nil {
		err = q.start(ctx)
	}
	if err != nil {
		db.Close()
		return nil, err
	}
	return q, nil
}

// setting is what tells one queue from another.
type setting struct {
	schema, queue, self string
	alone               func(func() error) error
	help                Help // nil: nobody does
}

// begin makes the tables and the client of a queue.
func begin[T any](ctx context.Context, q *Queue, driver riverdriver.Driver[T], work Work, s setting) error {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet, Schema: s.schema})
	if err != nil {
		return err
	}
	migrate := func() error {
		_, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
		return err
	}
	if s.alone != nil {
		err = s.alone(migrate)
	} else {
		err = migrate()
	}
	if err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{work: work})
	if s.help != nil {
		river.AddWorker(workers, &helper{help: s.help})
	}
	q.client, err = river.NewClient(driver, &river.Config{
		ID: s.self, Schema: s.schema, Queues: map[string]river.QueueConfig{s.queue: {MaxWorkers: 1}},
		Workers: workers, Logger: quiet,
		JobTimeout: -1, RescueStuckJobsAfter: rescued, MaxAttempts: attempts,
		PollOnly: true, FetchPollInterval: polled,
	})
	q.name = s.queue
	return err
}

func (q *Queue) start(ctx context.Context) error {
	if err := q.free(ctx); err != nil {
		return err
	}
	return q.client.Start(context.WithoutCancel(ctx))
}

// Add queues a job, durably, unless it is queued or worked already.
func (q *Queue) Add(ctx context.Context, id string) error {
	return insert(ctx, q, job{id}, river.PriorityDefault)
}

// Ask queues a further hand for a job, unless it is asked for or at work already. Processes
// that have nothing else to do come to it.
func (q *Queue) Ask(ctx context.Context, id string, hand int) error {
	return insert(ctx, q, further{id, hand}, river.PriorityDefault+1)
}

// unended are the states of a job that is queued or worked.
var unended = [...]rivertype.JobState{
	rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
}

// insert queues what is not queued. That is looked up before, since River would lock the one
// there is for a moment, and whoever looks for work then takes the next one first.
func insert[T interface {
	comparable
	river.JobArgs
}](ctx context.Context, q *Queue, args T, priority int) error {
	const most = 1000 // beyond that a job may lose its place, no more
	queued, err := q.client.JobList(ctx, river.NewJobListParams().Kinds(args.Kind()).Queues(q.name).States(unended[:]...).First(most))
	if err != nil {
		return err
	}
	for _, j := range queued.Jobs {
		var one T
		if json.Unmarshal(j.EncodedArgs, &one) == nil && one == args {
			return nil
		}
	}
	_, err = q.client.Insert(ctx, args, &river.InsertOpts{Queue: q.name, Priority: priority, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: unended[:]}})
	return err
}

// Close ends the contexts of jobs under way, waits for their workers, at most until ctx
// ends, and closes what the queue has open.
func (q *Queue) Close(ctx context.Context) error {
	err := q.client.StopAndCancel(ctx)
	if q.quit != nil {
		q.quit()
	}
	q.beside.Wait()
	return errors.Join(err, q.close(ctx))
}

// job is what River keeps of a job.
type job struct {
	ID string `json:"id"`
}

// Kind is the name of our jobs in River's tables.
func (job) Kind() string { return "import" }

type worker struct {
	river.WorkerDefaults[job]
	work Work
}

// Work is how River has a job worked.
func (w *worker) Work(ctx context.Context, j *river.Job[job]) error {
	err := w.work(ctx, j.Args.ID)
	switch {
	case errors.Is(err, ErrLater):
		return river.JobSnooze(0)
	case err != nil:
		return river.JobCancel(err)
	}
	return nil
}

// further is what River keeps of a hand that is asked for.
type further struct {
	ID   string `json:"id"`
	Hand int    `json:"hand"`
}

// Kind is the name of asked hands in River's tables.
func (further) Kind() string { return "help" }

type helper struct {
	river.WorkerDefaults[further]
	help Help
}

// Work is how River has a hand lent.
func (h *helper) Work(ctx context.Context, j *river.Job[further]) error {
	h.help(ctx, j.Args.ID, j.Args.Hand)
	return nil
}
