// Package jobs is work that outlives the process that began it: a durable queue in a
// file, of which one process at a time works one job after the other.
//
// A job is at least once: it is given to its worker again if the process died with it.
// Whoever needs more keeps a ledger of what was done.
package jobs

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log/slog"
	"time"

	"github.com/riverqueue/river"
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

// Queue is an open queue. It is safe for concurrent use.
type Queue struct {
	db     *sql.DB
	client *river.Client[*sql.Tx]
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
	q := &Queue{db: db}
	if err := q.begin(ctx, work); err != nil {
		db.Close()
		return nil, err
	}
	return q, nil
}

func (q *Queue) begin(ctx context.Context, work Work) error {
	driver := riversqlite.New(q.db)
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: quiet})
	if err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	// River would wait until they are rescued: nobody works them, since nobody else has
	// the file. They keep their place before those that came later.
	const free = `UPDATE river_job SET state = 'available', scheduled_at = created_at WHERE finalized_at IS NULL`
	if _, err := q.db.ExecContext(ctx, free); err != nil {
		return err
	}
	workers := river.NewWorkers()
	river.AddWorker(workers, &worker{work: work})
	q.client, err = river.NewClient(driver, &river.Config{
		Queues:  map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 1}},
		Workers: workers, Logger: quiet,
		JobTimeout: -1, RescueStuckJobsAfter: rescued, MaxAttempts: attempts,
		PollOnly: true, FetchPollInterval: polled,
	})
	if err != nil {
		return err
	}
	return q.client.Start(context.WithoutCancel(ctx))
}

// Add queues a job, durably, unless it is queued or worked already.
func (q *Queue) Add(ctx context.Context, id string) error {
	_, err := q.client.Insert(ctx, job{id}, &river.InsertOpts{UniqueOpts: river.UniqueOpts{
		ByArgs: true,
		ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRetryable, rivertype.JobStateRunning, rivertype.JobStateScheduled,
		},
	}})
	return err
}

// Close ends the contexts of jobs under way, waits for their workers, at most until ctx
// ends, and closes the file.
func (q *Queue) Close(ctx context.Context) error {
	return errors.Join(q.client.StopAndCancel(ctx), q.db.Close())
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
