package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"os"
	"sync/atomic"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/mark"
)

// Run is a run that goes on. It is safe for concurrent use.
type Run struct {
	ledger.Told
	b    *Book
	id   int64
	loss ledger.Loss

	stopping chan struct{}
	voucher  *voucher                     // nil if the run leaves no mark
	broken   atomic.Pointer[ledger.Error] // why it may not send any more

	// first is the generation of each of this run's first intents that has no
	// outcome yet. The writer's own.
	first map[string]int
}

var (
	_ ledger.Run      = (*Run)(nil)
	_ ledger.Doubtful = (*Run)(nil)
)

// Loss is what may be wrong with the ledger: see [ledger.Doubtful].
func (r *Run) Loss() ledger.Loss { return r.loss }

// Stopping is closed once all runs have been asked to stop: see [ledger.Run].
func (r *Run) Stopping() <-chan struct{} { return r.stopping }

// Trusted says that the platform has been looked through for orders that the
// ledger does not know of: see [ledger.Doubtful].
func (r *Run) Trusted(ctx context.Context) error {
	if r.loss == ledger.Sound {
		return nil
	}
	err := r.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE run SET shaken = 0 WHERE id = ?`, r.id)
		return err
	})
	if err == nil && r.voucher != nil {
		r.voucher.place.Found(mark.File{Holds: holds})
	}
	return err
}

// AskStop asks all runs that go on to stop, which they see within seconds, and returns how many.
func (l *Ledger) AskStop(ctx context.Context) (runs int, err error) {
	return l.askStop(ctx, queryOpenRuns)
}

// AskStop asks the runs on the platform to stop: see [Ledger.AskStop].
func (b *Book) AskStop(ctx context.Context) (runs int, err error) {
	return b.l.askStop(ctx, queryOpenRunsOf, b.n)
}

func (l *Ledger) askStop(ctx context.Context, query string, args ...any) (runs int, err error) {
	err = l.w.write(ctx, func(t *tx) error {
		open, err := t.numbers(query, args...)
		if err != nil {
			return err
		}
		open = l.lives.of(open, true)
		runs = len(open)
		for _, run := range open {
			if _, err := t.exec(`UPDATE run SET stop = 1 WHERE id = ?`, run); err != nil {
				return err
			}
		}
		return nil
	})
	return runs, err
}

// ID returns the run's number, which no other run of this ledger ever had.
func (r *Run) ID() int64 { return r.id }

// Begin begins a run. Its ID is chosen here; Started, Host and PID are filled in
// if they are empty.
func (b *Book) Begin(ctx context.Context, info ledger.RunInfo) (ledger.Begun, error) {
	if info.Started.IsZero() {
		info.Started = b.l.machine.Now()
	}
	if info.Host == "" {
		info.Host = b.l.machine.Host()
	}
	if info.PID == 0 {
		info.PID = os.Getpid()
	}
	r := &Run{b: b, stopping: make(chan struct{}), first: make(map[string]int)}
	var err error
	if r.voucher, err = b.vouch(info); err != nil {
		return nil, err
	}
	if r.voucher == nil {
		err = b.l.w.write(ctx, func(t *tx) error { return r.begin(t, info, info.Marks != "") })
	} else {
		err = r.voucher.begin(ctx, r, info)
	}
	if err != nil {
		b.l.lives.end(r.id)
		r.voucher.leave()
		return nil, err
	}
	r.look(ctx)
	b.l.lives.beside(r.id, r.keep, r.voucher.leave)
	return r, nil
}

// begin writes the run down. Where there is no mark to go by, restarts and torn
// logs speak for a loss.
func (r *Run) begin(t *tx, info ledger.RunInfo, nowhere bool) error {
	b := r.b
	var movedTo string
	if _, err := t.row(`SELECT moved_to FROM self`, nil, &movedTo); err != nil {
		return err
	}
	if movedTo != "" {
		return refusal{gone(b.l.path, movedTo)}
	}
	if err := b.l.bury(t); err != nil {
		return err
	}
	last := int64(0)
	if _, err := t.row(`SELECT seq FROM sqlite_sequence WHERE name = 'run'`, nil, &last); err != nil {
		return err
	}
	if r.voucher == nil {
		loss, err := b.unvouched(t, nowhere)
		if err != nil {
			return err
		}
		r.loss = loss
	}
	stored, err := b.storedLoss(t)
	if err != nil {
		return err
	}
	r.loss = cmp.Or(r.loss, stored)
	// The lock is taken before anybody else can see the run, so that nobody finds
	// it without. A file left by the ledger that was here before may be locked
	// still.
	for id := last + 1; r.id == 0; id++ {
		locked, err := b.l.lives.begin(id)
		if err != nil {
			return refusal{b.l.wrap(err)}
		}
		if locked {
			r.id = id
		}
	}
	_, err = t.exec(`INSERT INTO run (id, platform, file, file_hash, rows, started_at, host, pid, version, boot, shaken, said, operator) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, b.n, info.File, info.FileHash, info.Rows, millis(info.Started), info.Host, info.PID, info.Version, b.l.machine.Boot(), int(r.loss), info.Said, info.Operator)
	return err
}

// bury notes which runs have died since.
func (l *Ledger) bury(t *tx) error {
	open, err := t.numbers(queryOpenRuns)
	if err != nil {
		return err
	}
	for _, run := range l.lives.of(open, false) {
		if _, err := t.exec(`UPDATE run SET outcome = ? WHERE id = ?`, ledger.Killed, run); err != nil {
			return err
		}
	}
	return nil
}

// Said keeps what a person said for the run.
func (r *Run) Said(ctx context.Context, words string) error {
	return r.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE run SET said = ? WHERE id = ?`, words, r.id)
		return err
	})
}

// End ends the run, also where the ledger cannot note it any more: see [ledger.Begun].
func (r *Run) End(ctx context.Context, outcome string) error {
	end := r.in(func(t *tx) error {
		if err := t.fold(); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE run SET ended_at = ?, outcome = ? WHERE id = ?`, millis(r.b.l.machine.Now()), outcome, r.id)
		return err
	})
	var err error
	if r.voucher != nil {
		err = r.voucher.end(ctx, r, end)
	}
	if r.voucher == nil || err != nil {
		err = r.b.l.w.write(ctx, end)
	}
	r.b.l.lives.end(r.id)
	return err
}

// write is for writes in the name of the run, which must not have ended.
func (r *Run) write(ctx context.Context, do func(*tx) error) error {
	return r.b.l.w.write(ctx, r.in(do))
}

// in is do, unless the run has ended.
func (r *Run) in(do func(*tx) error) func(*tx) error {
	l := r.b.l
	return func(t *tx) error {
		if !l.lives.goesOn(r.id) {
			return refusal{fmt.Errorf("run %d: %w", r.id, ledger.ErrRunEnded)}
		}
		return do(t)
	}
}

// Alive reports whether a run of this ledger goes on: see [ledger.Run].
func (r *Run) Alive(run int64) bool { return r.b.l.lives.alive(run) }

// Ended reports whether one does not: see [ledger.Run].
func (r *Run) Ended(run int64) bool { return !r.Alive(run) }

// Alive is [Run.Alive], for who has begun none.
func (b *Book) Alive(run int64) bool { return b.l.lives.alive(run) }

// Runs lists the latest runs, the newest first. 0 is all.
func (b *Book) Runs(ctx context.Context, limit int) ([]ledger.RunInfo, error) {
	if limit <= 0 {
		limit = -1
	}
	rows, err := b.l.query(ctx, queryRuns, b.n, limit)
	if err != nil {
		return nil, b.l.wrap(err)
	}
	all, err := collect(rows, scanRun)
	return all, b.l.wrap(err)
}

func scanRun(rows *sql.Rows) (r ledger.RunInfo, err error) {
	var started, ended int64
	err = rows.Scan(&r.ID, &r.File, &r.FileHash, &r.Rows, &started, &ended, &r.Host, &r.PID, &r.Version, &r.Outcome, &r.Said, &r.Operator)
	r.Started, r.Ended = instant(started), instant(ended)
	return r, err
}
