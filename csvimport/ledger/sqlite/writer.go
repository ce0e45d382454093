package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
)

const (
	lockPatience = 30 * time.Second // how long another process may keep the write lock
	maxBatch     = 1024             // writes that share a transaction at most
)

// writer owns the one connection that writes. Whoever writes queues a job; the
// writer takes the write lock, then all jobs that wait by then, commits them
// together and answers them all.
type writer struct {
	path  string
	file  os.FileInfo // as it was when opened
	db    *sql.DB     // of one connection
	conn  *sql.Conn
	texts *texts
	stmts map[string]*sql.Stmt // by their text; the writing goroutine's own

	pending pending // the writing goroutine's own
	records []byte  // room for those of the journal, likewise

	commits atomic.Int64
	stopped chan struct{}
	wake    chan struct{} // holds one token when there may be work

	mu     sync.Mutex
	queue  []*job
	closed bool
	err    error // the first failure, and the answer to all later writes
}

// job is one write on its way. do runs inside the transaction, which it shares
// with others: it looks before it writes.
type job struct {
	do    func(*tx) error
	new   entryKey // of a first intent, which is looked up together with others
	known bool     // there was an entry for it when the transaction began
	done  func(error)
	taken bool // under writer.mu: the writer has it, its answer will come
	gone  bool // under writer.mu: nobody waits for it any more
	said  error
}

func startWriter(path string, file os.FileInfo, db *sql.DB, conn *sql.Conn, texts *texts) *writer {
	w := &writer{
		path: path, file: file, db: db, conn: conn, texts: texts,
		stmts:   make(map[string]*sql.Stmt),
		pending: pending{of: make(map[entryKey]span)},
		stopped: make(chan struct{}),
		wake:    make(chan struct{}, 1),
	}
	go w.loop()
	return w
}

// write runs do in a transaction and returns once that is durable, or with what
// kept it from being so. If ctx ends while the job still waits for its turn,
// nothing is written; after that it is too late to stop it, and the answer is
// awaited.
func (w *writer) write(ctx context.Context, do func(*tx) error) error {
	return w.writeNew(ctx, entryKey{}, do)
}

// writeNew is write for a subscription that is most likely new.
func (w *writer) writeNew(ctx context.Context, key entryKey, do func(*tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	done := make(chan error, 1)
	j := &job{do: do, new: key, done: func(err error) { done <- err }}
	w.submit(j)
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
	}
	w.mu.Lock()
	j.gone = !j.taken
	w.mu.Unlock()
	if j.gone {
		return ctx.Err()
	}
	return <-done
}

// submit queues a job: those submitted after it are written after it, or with
// it.
func (w *writer) submit(j *job) {
	if err := w.enqueue(j); err != nil {
		j.taken = true
		j.done(err)
	}
}

func (w *writer) enqueue(j *job) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.err != nil:
		return w.err
	case w.closed:
		return &ledger.Error{Where: w.path, Err: ledger.ErrClosed}
	}
	w.queue = append(w.queue, j)
	w.ring()
	return nil
}

func (w *writer) ring() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// close lets the jobs that wait be written, and then stops.
func (w *writer) close() {
	w.mu.Lock()
	was := w.closed
	w.closed = true
	w.mu.Unlock()
	if was {
		<-w.stopped
		return
	}
	w.ring()
	<-w.stopped
	for _, s := range w.stmts {
		s.Close()
	}
	w.conn.Close()
	w.db.Close()
}

func (w *writer) loop() {
	defer close(w.stopped)
	for range w.wake {
		for w.waiting() {
			w.batch()
		}
		w.mu.Lock()
		closed := w.closed
		w.mu.Unlock()
		if closed {
			return
		}
	}
}

// waiting drops the jobs that nobody waits for and reports whether others are
// left.
func (w *writer) waiting() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	kept := w.queue[:0]
	for _, j := range w.queue {
		if !j.gone {
			kept = append(kept, j)
		}
	}
	clear(w.queue[len(kept):])
	w.queue = kept
	return len(kept) > 0
}

// take hands the waiting jobs to the writer.
func (w *writer) take() []*job {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.queue), maxBatch)
	jobs := make([]*job, 0, n)
	for _, j := range w.queue[:n] {
		if !j.gone {
			j.taken = true
			jobs = append(jobs, j)
		}
	}
	w.queue = append([]*job(nil), w.queue[n:]...)
	return jobs
}

// batch is one transaction for all jobs that wait.
func (w *writer) batch() {
	if err := w.begin(); errors.Is(err, errUnwanted) {
		return
	} else if err != nil {
		w.fail(w.take(), wrapAt(w.path, err), !isLocked(err))
		return
	}
	jobs := w.take()
	t := &tx{w: w, records: w.records[:0]}
	if err := t.run(jobs); err != nil {
		w.rollback()
		w.fail(jobs, wrapAt(w.path, err), true)
		return
	}
	if !t.wrote {
		w.rollback()
	} else if err := w.commit(); err != nil {
		w.rollback()
		w.fail(jobs, wrapAt(w.path, err), true)
		return
	} else {
		w.commits.Add(1)
		w.texts.add(t.texts)
	}
	for _, j := range jobs {
		j.done(j.said)
	}
	// Those just answered often have their next write ready at once: it should
	// share the coming transaction instead of waiting for the one after.
	runtime.Gosched()
}

// run does the jobs.
func (t *tx) run(jobs []*job) error {
	if err := t.catchUp(); err != nil {
		return err
	}
	if err := t.findNew(jobs); err != nil {
		return err
	}
	for _, j := range jobs {
		t.job = j
		err := j.do(t)
		if r, ok := err.(refusal); ok {
			j.said = r.error
		} else if err != nil {
			return err
		}
	}
	if t.w.pending.records >= journalLimit {
		return t.fold()
	}
	return t.flush()
}

// fail answers jobs with err. A final error answers all that wait and all that
// will come: what the disk did not take once must not be tried again, since it
// may then seem to be taken (a failed fsync marks pages clean).
func (w *writer) fail(jobs []*job, err error, final bool) {
	if final {
		w.mu.Lock()
		w.err = err
		jobs = append(jobs, w.queue...)
		w.queue = nil
		w.mu.Unlock()
	}
	for _, j := range jobs {
		j.done(err)
	}
}

// begin takes the write lock. SQLite's own busy handler soon polls ten times a
// second only and would starve beside a process that writes all the time.
func (w *writer) begin() error {
	deadline := time.Now().Add(lockPatience)
	for {
		err := w.exec("BEGIN IMMEDIATE")
		if err == nil || !isLocked(err) || time.Now().After(deadline) {
			return err
		}
		if !w.waiting() { // who comes next has all of its own patience
			return errUnwanted
		}
		time.Sleep(pollPause())
	}
}

var errUnwanted = errors.New("nobody waits for the transaction")

func pollPause() time.Duration {
	return 200*time.Microsecond + rand.N(2*time.Millisecond)
}

// commit makes the transaction durable, where the next process will look for it.
func (w *writer) commit() error {
	if lockfile.Moved(w.file, w.path) {
		return &ledger.Error{Where: w.path, Err: ledger.ErrMoved, Hint: hintMoved}
	}
	return w.exec("COMMIT")
}

func (w *writer) rollback() { w.exec("ROLLBACK") } // may have happened already

func (w *writer) exec(query string) error {
	s, err := w.stmt(query)
	if err == nil {
		_, err = s.Exec()
	}
	return err
}

// stmt prepares a statement once. Only the writing goroutine calls it.
func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if s, ok := w.stmts[query]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err == nil {
		w.stmts[query] = s
	}
	return s, err
}

// tx is the writer's transaction as a job sees it.
type tx struct {
	w     *writer
	wrote bool
	texts map[string]int64 // interned in this transaction

	job      *job
	inserted bool   // some entry was, in this transaction
	records  []byte // for the journal
}

// exec runs a statement that changes something.
func (t *tx) exec(query string, args ...any) (sql.Result, error) {
	s, err := t.w.stmt(query)
	if err != nil {
		return nil, err
	}
	t.wrote = true
	return s.Exec(args...)
}

func (t *tx) query(query string, args ...any) (*sql.Rows, error) {
	s, err := t.w.stmt(query)
	if err != nil {
		return nil, err
	}
	return s.Query(args...)
}

// row scans the one row of a query into dest and reports whether there was one.
func (t *tx) row(query string, args []any, dest ...any) (bool, error) {
	s, err := t.w.stmt(query)
	if err != nil {
		return false, err
	}
	err = s.QueryRow(args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// numbers runs a statement that returns one integer column.
func (t *tx) numbers(query string, args ...any) ([]int64, error) {
	rows, err := t.query(query, args...)
	if err != nil {
		return nil, err
	}
	return numbersOf(rows)
}

// findNew finds out which first intents among jobs are for subscriptions that
// have an entry: one query for all of them.
func (t *tx) findNew(jobs []*job) error {
	subs := make(map[int64][]any)
	for _, j := range jobs {
		if j.new.sub != "" {
			subs[j.new.platform] = append(subs[j.new.platform], packed(j.new.sub))
		}
	}
	for platform, subs := range subs {
		for some := range slices.Chunk(subs, 16) { // of a size that in has
			query, args := in(queryKnown, ") AND old = 0", some, platform)
			rows, err := t.query(query, args...)
			if err != nil {
				return err
			}
			for rows.Next() {
				var sub any
				if err := rows.Scan(&sub); err != nil {
					rows.Close()
					return err
				}
				known := entryKey{platform, unpacked(sub)}
				for _, j := range jobs {
					j.known = j.known || j.new == known
				}
			}
			if err := errors.Join(rows.Err(), rows.Close()); err != nil {
				return err
			}
		}
	}
	return nil
}
