package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// Run is a run that goes on. It is safe for concurrent use.
type Run struct {
	ledger.Told
	b     *Book
	id    int64
	began int64  // in milliseconds: a database that was set back may have another run of this number
	marks string // the folder of this machine's marks, empty if none are kept
	life  life
	loss  ledger.Loss

	held     held // of the writer alone
	seen     seen
	renewed  atomic.Int64 // when the last renewal began, as the machine's time elapsed
	dead     atomic.Bool  // it has ended, or was found dead
	stopping chan struct{}
	once     sync.Once // for stopping
	quit     context.CancelFunc
	beside   sync.WaitGroup // what goes on beside it

	wake   chan struct{} // holds one token when there may be work
	mu     sync.Mutex
	queue  []*job
	closed bool
	err    error // the first failure, and the answer to all later writes
}

var (
	_ ledger.Begun    = (*Run)(nil)
	_ ledger.Doubtful = (*Run)(nil)
)

// stopPoll is how often a run looks whether it was asked to stop, and who else there is.
const stopPoll = 2 * time.Second

// Begin begins a run. Its ID is chosen here; Started, Host and PID are filled in if
// they are empty.
func (b *Book) Begin(ctx context.Context, info ledger.RunInfo) (ledger.Begun, error) {
	l := b.l
	if info.Started.IsZero() {
		info.Started = l.machine.Now()
	}
	if info.Host == "" {
		info.Host = l.host()
	}
	if info.PID == 0 {
		info.PID = os.Getpid()
	}
	r := &Run{b: b, began: millis(info.Started), marks: info.Marks, held: make(held), stopping: make(chan struct{}), wake: make(chan struct{}, 1)}
	past := pastLives(info.Marks, l.self)
	r.life = newLife(info.Marks, l.self)
	err := l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var movedTo string
		if err := tx.QueryRow(ctx, `SELECT moved_to FROM import_ledger.self FOR SHARE`).Scan(&movedTo); err != nil {
			return err
		}
		if movedTo != "" {
			return &ledger.Error{Where: l.where, Err: ledger.ErrGone, Hint: "it is " + movedTo + " now"}
		}
		if _, err := tx.Exec(ctx, bury, b.n); err != nil {
			return err
		}
		if err := tell(ctx, tx, past); err != nil {
			return err
		}
		loss, err := b.judge(ctx, tx, info.Marks)
		if err != nil {
			return err
		}
		r.loss = loss
		now, err := l.position(ctx, tx)
		if err != nil {
			return err
		}
		r.seen.last = now
		r.renewed.Store(int64(l.machine.Elapsed()))
		return tx.QueryRow(ctx, `INSERT INTO import_ledger.run (platform, file, file_hash, rows, started_at, host, pid, version, said, shaken, lease, lease_until,
				operator, system, timeline, log, life)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11::bigint * interval '1 millisecond', clock_timestamp() + $11::bigint * interval '1 millisecond',
				$12, $13, $14, $15, $16) RETURNING id`,
			b.n, escaped(info.File), escaped(info.FileHash), int64(info.Rows), r.began, escaped(info.Host), int64(info.PID),
			escaped(info.Version), escaped(info.Said), int64(r.loss), l.options.Lease.Milliseconds(),
			escaped(info.Operator), now.System, now.Timeline, now.Log, r.life.word).Scan(&r.id)
	})
	for _, l := range past {
		l.over(err == nil)
	}
	if err == nil {
		err = l.try(ctx, r.mark)
	}
	if err != nil {
		r.life.over(false)
		return nil, err
	}
	r.look(ctx)
	running, quit := context.WithCancel(context.Background())
	r.quit = quit
	r.beside.Go(func() { r.keep(running) })
	r.beside.Go(r.loop)
	l.mu.Lock()
	l.runs[r] = true
	l.mu.Unlock()
	return r, nil
}

// keep renews the lease, and looks whether the run was asked to stop.
func (r *Run) keep(ctx context.Context) {
	renew, look := time.NewTicker(r.b.l.options.Lease/4), time.NewTicker(stopPoll)
	defer renew.Stop()
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-renew.C:
			one, cancel := context.WithTimeout(ctx, r.b.l.options.Lease/4)
			if r.extend(one) == nil { // else the next one may do better
				r.mark(one)
			}
			cancel()
		case <-look.C:
			r.look(ctx)
		}
	}
}

func (r *Run) look(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, stopPoll)
	defer cancel()
	var stop bool
	var others int
	var text []byte
	err := r.b.l.pool.QueryRow(ctx, `SELECT stop, (SELECT count(*) FROM import_ledger.run
				WHERE platform = $2 AND ended_at = 0 AND outcome = '' AND id <> $1 AND rows > 0 AND `+alive+`),
			(SELECT evidence FROM import_ledger.platform WHERE id = $2)
		FROM import_ledger.run WHERE id = $1`, r.id, r.b.n).Scan(&stop, &others, &text)
	if err != nil {
		return // the next look may do better
	}
	if stop {
		r.once.Do(func() { close(r.stopping) })
	}
	if seen, err := r.b.l.evidence(text); err == nil {
		r.Tell(others, seen)
	}
}

// extend renews the lease once. A run found dead stays so.
func (r *Run) extend(ctx context.Context) error {
	if r.dead.Load() {
		return r.ended()
	}
	began := r.b.l.machine.Elapsed()
	before := r.seen.before()
	var now position
	err := r.b.l.pool.QueryRow(ctx, `UPDATE import_ledger.run SET lease_until = clock_timestamp() + lease
		WHERE id = $1 AND started_at = $2 AND ended_at = 0 AND outcome = '' AND `+alive+` RETURNING `+columnsPosition, r.id, r.began).Scan(now.columns()...)
	if errors.Is(err, pgx.ErrNoRows) {
		r.dead.Store(true)
		if now, err := r.b.l.position(ctx, r.b.l.pool); err == nil && !r.seen.goesOn(before, now) {
			return r.replaced()
		}
		return r.gone(ctx, r.b.l.pool)
	}
	if err == nil && !r.seen.goesOn(before, now) {
		r.dead.Store(true)
		return r.replaced()
	}
	if err == nil {
		r.renewed.Store(int64(began))
	}
	return err
}

// replaced is that the database is not what it was.
func (r *Run) replaced() error {
	return &ledger.Error{Where: r.b.l.where, Err: ledger.ErrReplaced, Hint: hintBack}
}

// gone is that the run has ended, or that the database has never heard of it.
func (r *Run) gone(ctx context.Context, q querier) error {
	var known bool
	err := q.QueryRow(ctx, `SELECT EXISTS (SELECT 1 FROM import_ledger.run WHERE id = $1 AND started_at = $2)`, r.id, r.began).Scan(&known)
	if err == nil && !known {
		return r.replaced()
	}
	return cmp.Or(err, r.ended())
}

func (r *Run) ended() error { return refusal{fmt.Errorf("run %d: %w", r.id, ledger.ErrRunEnded)} }

// ID returns the run's number, which no other run of this ledger ever had.
func (r *Run) ID() int64 { return r.id }

// MaySend is false while the last renewal is older than half a lease.
func (r *Run) MaySend() bool {
	return !r.dead.Load() && r.b.l.machine.Elapsed()-time.Duration(r.renewed.Load()) < r.b.l.options.Lease/2
}

// Stopping is closed once all runs have been asked to stop: see [ledger.Run].
func (r *Run) Stopping() <-chan struct{} { return r.stopping }

// Alive reports whether a run of this ledger goes on: see [ledger.Run].
func (r *Run) Alive(run int64) bool { return r.b.Alive(run) }

// Said keeps what a person said for the run.
func (r *Run) Said(ctx context.Context, words string) error {
	return r.b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.run SET said = $2 WHERE id = $1`, r.id, escaped(words))
		return err
	})
}

// End ends the run: what it still holds may be taken over by others. Where the
// server cannot note that, they may once the lease has passed.
func (r *Run) End(ctx context.Context, outcome string) error {
	r.stop()
	l := r.b.l
	err := l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.run SET ended_at = $2, outcome = $3 WHERE id = $1 AND ended_at = 0`,
			r.id, millis(l.machine.Now()), escaped(outcome))
		return err
	})
	r.dead.Store(true)
	r.life.over(err == nil)
	if err == nil {
		err = l.try(ctx, r.mark)
	}
	if err == nil {
		l.lives.bury(r.id)
	}
	return err
}

// stop lets the jobs that wait be written, and ends what goes on beside the run.
func (r *Run) stop() {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	r.ring()
	r.quit()
	r.beside.Wait()
	l := r.b.l
	l.mu.Lock()
	delete(l.runs, r)
	l.mu.Unlock()
}

// lives knows which runs were found dead, which stay so, and which went on a moment
// ago. It is safe for concurrent use.
type lives struct {
	mu   sync.Mutex
	dead map[int64]bool
	open map[int64]bool
	at   time.Duration // when open was read

	proofs map[int64]proof
}

// proof is whether a run is proved to have ended, which stays so, and when that was asked.
type proof struct {
	ended bool
	at    time.Duration
}

// fresh is how long a run that went on is taken to go on: whoever waits for many rows
// of others' asks often.
const fresh = 250 * time.Millisecond

func (l *lives) bury(run int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead == nil {
		l.dead = make(map[int64]bool)
	}
	l.dead[run] = true
	delete(l.open, run)
}

// known tells whether a run goes on, if that is known.
func (l *lives) known(run int64, now time.Duration) (alive, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead[run] {
		return false, true
	}
	recent := l.open[run] && now-l.at < fresh
	return recent, recent
}

func (l *lives) read(open []int64, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open, l.at = make(map[int64]bool), at
	for _, run := range open {
		l.open[run] = !l.dead[run]
	}
}

// Alive reports whether a run goes on, on whichever machine. A run that cannot be
// told dead is alive.
func (b *Book) Alive(run int64) bool {
	l := b.l
	now := l.machine.Elapsed()
	if alive, known := l.lives.known(run, now); known {
		return alive
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	rows, err := l.pool.Query(ctx, `SELECT id FROM import_ledger.run WHERE ended_at = 0 AND outcome = '' AND `+alive)
	if err != nil {
		return true
	}
	open, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return true
	}
	l.lives.read(open, now)
	for _, id := range open {
		if id == run {
			return true
		}
	}
	return false
}

// Ended reports whether a run is proved to have ended: see [ledger.Run]. Of those that
// were carried here from elsewhere none goes on, nor does run 0, which is none.
func (r *Run) Ended(run int64) bool {
	l := r.b.l
	now := l.machine.Elapsed()
	if ended, known := l.lives.over(run, now); known {
		return ended
	}
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	var ended bool
	err := l.pool.QueryRow(ctx, `SELECT ended_at > 0 OR gone OR system = 0 FROM import_ledger.run WHERE id = $1`, run).Scan(&ended)
	if err == nil {
		l.lives.told(run, ended, now)
	}
	return err == nil && ended
}

// over tells whether a run is proved to have ended, if that is known.
func (l *lives) over(run int64, now time.Duration) (ended, known bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, asked := l.proofs[run]
	return v.ended || run == 0, v.ended || run == 0 || asked && now-v.at < fresh
}

// told takes whether a run is proved to have ended.
func (l *lives) told(run int64, ended bool, at time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.proofs == nil {
		l.proofs = make(map[int64]proof)
	}
	l.proofs[run] = proof{ended, at}
}

// AskStop asks all runs of the ledger that go on to stop, and returns how many there
// are. They see it within a few seconds.
func (l *Ledger) AskStop(ctx context.Context) (int, error) {
	return l.askStop(ctx, `UPDATE import_ledger.run SET stop = true WHERE ended_at = 0 AND outcome = '' AND `+alive)
}

// AskStop asks the runs on the platform to stop: see [Ledger.AskStop].
func (b *Book) AskStop(ctx context.Context) (int, error) {
	return b.l.askStop(ctx, `UPDATE import_ledger.run SET stop = true WHERE platform = $1 AND ended_at = 0 AND outcome = '' AND `+alive, b.n)
}

func (l *Ledger) askStop(ctx context.Context, sql string, args ...any) (runs int, err error) {
	err = l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, sql, args...)
		runs = int(tag.RowsAffected())
		return err
	})
	return runs, err
}

// Runs lists the latest runs, the newest first. 0 is all.
func (b *Book) Runs(ctx context.Context, limit int) ([]ledger.RunInfo, error) {
	most := int64(limit)
	if limit <= 0 {
		most = 1 << 40
	}
	return query(ctx, b.l, scanRun, `SELECT `+runColumns+` FROM import_ledger.run WHERE platform = $1 ORDER BY id DESC LIMIT $2`, b.n, most)
}

const runColumns = `id, file, file_hash, rows, started_at, ended_at, host, pid, version, outcome, said, operator`

// scanRun reads the columns of runColumns.
func scanRun(rows pgx.CollectableRow) (r ledger.RunInfo, err error) {
	var started, ended int64
	err = rows.Scan(&r.ID, &r.File, &r.FileHash, &r.Rows, &started, &ended, &r.Host, &r.PID, &r.Version, &r.Outcome, &r.Said, &r.Operator)
	r.Started, r.Ended = instant(started), instant(ended)
	for _, s := range []*string{&r.File, &r.FileHash, &r.Host, &r.Version, &r.Outcome, &r.Said, &r.Operator} {
		*s = unescaped(*s)
	}
	return r, err
}
