package jobs

import (
	"context"
	"errors"
	"time"

	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"bulkimport/csvimport/ledger/postgres"
)

// beats is how often a process says that it lives, and looks who has died.
const beats = postgres.Present / 6

// takeOver ends the jobs of programs that have died, and queues new ones in their places.
// One that was only slow ends its own job, not that of whoever took it over.
const takeOver = `WITH dead AS (
	UPDATE ` + postgres.CommonsSchema + `.river_job SET state = 'cancelled', finalized_at = clock_timestamp()
	WHERE state = 'running' AND queue = $1 AND NOT attempted_by[array_upper(attempted_by, 1)] = ANY($2)
	RETURNING *)
INSERT INTO ` + postgres.CommonsSchema + `.river_job (kind, args, queue, priority, max_attempts, created_at, scheduled_at, unique_key, unique_states)
SELECT kind, args, queue, priority, max_attempts, created_at, created_at, unique_key, unique_states FROM dead`

// Join opens the queue of a name in a database and begins to work its jobs, as other
// processes may. The jobs of a process that has died are worked again. A process without
// a job helps with those of others. tend is called now and then meanwhile.
func Join(ctx context.Context, c *postgres.Commons, name string, work Work, help Help, tend func(context.Context)) (*Queue, error) {
	q := &Queue{close: c.Leave}
	q.free = func(ctx context.Context) error {
		if err := c.Beat(ctx); err != nil {
			return err
		}
		living, err := c.Living(ctx)
		if err != nil {
			return err
		}
		_, err = c.Pool().Exec(ctx, takeOver, name, living)
		return err
	}
	err := begin(ctx, q, riverpgxv5.New(c.Pool()), work, setting{
		schema: postgres.CommonsSchema, queue: name, self: c.Self(),
		alone: func(do func() error) error { return c.Alone(ctx, do) }, help: help,
	})
	if err != nil {
		return nil, err
	}
	if err := q.start(ctx); err != nil {
		return nil, errors.Join(err, c.Leave(ctx))
	}
	going, quit := context.WithCancel(context.WithoutCancel(ctx))
	q.quit = quit
	q.beside.Go(func() {
		each := time.NewTicker(beats)
		defer each.Stop()
		for {
			select {
			case <-going.Done():
				return
			case <-each.C:
			}
			one, cancel := context.WithTimeout(going, beats)
			if q.free(one) == nil { // else the next one may do better
				tend(one)
			}
			cancel()
		}
	})
	return q, nil
}
