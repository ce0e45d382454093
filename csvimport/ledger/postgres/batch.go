package postgres

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// batch is one transaction of a run: what it is about is read, jobs change it in
// memory, and what they have changed is written.
type batch struct {
	r     *Run
	now   time.Time
	at    position       // where the database is
	open  map[int64]bool // the platform's runs that go on
	rows  map[string][]*row
	added []*row // in the order in which they came
	notes []note

	absent []string // escaped: subscriptions foreseen to have no entry
}

type note struct {
	sub  string
	gen  int
	text string
}

// job is one write of a run on its way.
type job struct {
	subs []string           // whose entries it is about
	dead bool               // it is about all that dead runs hold, too
	new  bool               // it has found no entries there
	do   func(*batch) error // looks before it writes; a refusal has written nothing
	done func(error)
	said error

	taken bool // under Run.mu: its answer will come
	gone  bool // under Run.mu: nobody waits for it any more
}

// alive tells whether a run that has not ended goes on: a server that was away could
// not be told.
const alive = `greatest(lease_until, pg_postmaster_start_time() + lease) > clock_timestamp()`

// bury is for the runs whose leases have passed: they are dead for good.
const bury = `UPDATE import_ledger.run SET outcome = '` + ledger.Killed + `' WHERE platform = $1 AND ended_at = 0 AND outcome = '' AND NOT ` + alive

// transact does jobs in one transaction with this number, unless it was done before
// and only the answer was lost. One that was not tried before takes one round trip, where
// what it is about can be foreseen.
func (r *Run) transact(ctx context.Context, jobs []*job, number int64, again bool) error {
	conn, err := r.b.l.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	b := &batch{r: r, now: r.b.l.machine.Now(), open: map[int64]bool{r.id: true}, rows: make(map[string][]*row)}
	if !again && b.foresee(jobs) {
		b.do(jobs)
		if err := b.writeForeseen(ctx, conn.Conn(), number); !unforeseen(err) {
			return b.over(conn.Conn(), err)
		}
		rollback(ctx, conn.Conn())
	}
	return b.readAndWrite(ctx, conn.Conn(), jobs, number)
}

// foresee fills in what jobs are about, where that is known without asking: what the run
// holds, and what is said to have no entry, which has still to be so.
func (b *batch) foresee(jobs []*job) bool {
	b.absent = []string{}
	for _, j := range jobs {
		if j.dead {
			return false
		}
		for _, sub := range j.subs {
			held, ok := b.r.held[sub]
			switch {
			case ok && b.rows[sub] == nil:
				b.rows[sub] = []*row{&held}
			case ok:
			case j.new:
				b.absent = append(b.absent, escaped(sub))
			default:
				return false
			}
		}
	}
	return true
}

// writeForeseen writes what jobs have made of what was foreseen, in one round trip. The
// transaction breaks off where the run does not go on, its last batch was another, the
// database was set back, or there are entries where none was foreseen.
func (b *batch) writeForeseen(ctx context.Context, conn *pgx.Conn, number int64) error {
	r, before := b.r, b.r.seen.before()
	var q pgx.Batch
	begin(&q, r.b.n)
	q.Queue(`WITH mine AS (UPDATE import_ledger.run SET batch = $2::bigint WHERE id = $1 AND started_at = $8 AND batch = $2::bigint - 1 AND ended_at = 0 AND outcome = '' AND `+alive+`
			AND NOT EXISTS (SELECT 1 FROM import_ledger.entry WHERE platform = $3 AND sub = ANY($4::text[])) RETURNING id)
		SELECT 1 / count(*), max(system), max(timeline), max(log) FROM mine, (SELECT `+columnsPosition+`) AS here (system, timeline, log)
		WHERE system = $5 AND timeline = $6 AND log >= $7`, r.id, number, r.b.n, b.absent, before.System, before.Timeline, before.Log, r.began)
	b.queue(&q)
	answers := conn.SendBatch(ctx, &q)
	defer answers.Close()
	for range 3 {
		if _, err := answers.Exec(); err != nil {
			return err
		}
	}
	var one int64
	if err := answers.QueryRow().Scan(append([]any{&one}, b.at.columns()...)...); err != nil {
		return err
	}
	if err := answers.Close(); err != nil {
		return err
	}
	r.seen.goesOn(before, b.at)
	return nil
}

// readAndWrite reads what jobs are about, and then writes what they make of it.
func (b *batch) readAndWrite(ctx context.Context, conn *pgx.Conn, jobs []*job, number int64) error {
	r := b.r
	*b = batch{r: r, now: b.now, open: make(map[int64]bool), rows: make(map[string][]*row)}
	before := r.seen.before()
	last, err := b.read(ctx, conn, jobs)
	if err != nil {
		abandon(conn)
		return err
	}
	if !r.seen.goesOn(before, b.at) || b.open[r.id] && last < number-1 {
		rollback(ctx, conn)
		return r.replaced()
	}
	if !b.open[r.id] {
		rollback(ctx, conn)
		return r.gone(ctx, conn)
	}
	if last < number {
		b.do(jobs)
	}
	// It is written even if nothing else is: only a commit of its own waits until
	// an earlier one, whose answer was lost, is where commits have to be.
	var q pgx.Batch
	q.Queue(`UPDATE import_ledger.run SET batch = $2 WHERE id = $1`, r.id, number)
	b.queue(&q)
	return b.over(conn, conn.SendBatch(ctx, &q).Close())
}

// do has jobs make of the rows what they want.
func (b *batch) do(jobs []*job) {
	for _, j := range jobs {
		j.said = j.do(b)
	}
}

// over takes what became of the transaction.
func (b *batch) over(conn *pgx.Conn, err error) error {
	if err != nil {
		abandon(conn)
		return err
	}
	b.r.held.keep(b.rows, b.r.id)
	return nil
}

// abandon closes a connection whose transaction has no good end.
func abandon(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn.Close(ctx)
}

func rollback(ctx context.Context, conn *pgx.Conn) {
	if _, err := conn.Exec(ctx, "ROLLBACK"); err != nil {
		abandon(conn)
	}
}

// begin begins the transaction, in which no other run writes for the platform.
func begin(q *pgx.Batch, platform int64) {
	q.Queue("BEGIN")
	q.Queue(careful)
	q.Queue(`SELECT 1 FROM import_ledger.platform WHERE id = $1 FOR NO KEY UPDATE`, platform)
}

// read begins the transaction and reads what jobs are about, and the number of the
// run's last batch.
func (b *batch) read(ctx context.Context, conn *pgx.Conn, jobs []*job) (last int64, err error) {
	var subs []string
	dead := false
	for _, j := range jobs {
		subs = append(subs, j.subs...)
		dead = dead || j.dead
	}
	platform := b.r.b.n
	var q pgx.Batch
	begin(&q, platform)
	q.Queue(queryPosition)
	q.Queue(bury, platform)
	q.Queue(`SELECT id, batch FROM import_ledger.run WHERE platform = $1 AND ended_at = 0 AND outcome = '' AND (id <> $2 OR started_at = $3)`, platform, b.r.id, b.r.began)
	about := `sub = ANY($2::text[])`
	if dead {
		about = `(sub = ANY($2::text[]) OR sub IN (SELECT sub FROM import_ledger.entry h JOIN import_ledger.run r ON r.id = h.run
			WHERE h.platform = $1 AND h.state IN (1, 4, 5, 9) AND (r.ended_at > 0 OR r.outcome <> '')))`
	}
	q.Queue(`SELECT `+entryColumns+` FROM import_ledger.entry WHERE platform = $1 AND `+about+` ORDER BY id`, platform, escapedAll(subs))
	answers := conn.SendBatch(ctx, &q)
	defer answers.Close()
	for range 3 {
		if _, err := answers.Exec(); err != nil {
			return 0, err
		}
	}
	if err := answers.QueryRow().Scan(b.at.columns()...); err != nil {
		return 0, err
	}
	if _, err := answers.Exec(); err != nil {
		return 0, err
	}
	rows, err := answers.Query()
	if err != nil {
		return 0, err
	}
	var run, number int64
	_, err = pgx.ForEachRow(rows, []any{&run, &number}, func() error {
		b.open[run] = true
		if run == b.r.id {
			last = number
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	if rows, err = answers.Query(); err != nil {
		return 0, err
	}
	all, err := pgx.CollectRows(rows, scanRow)
	if err != nil {
		return 0, err
	}
	for _, one := range all {
		b.rows[one.Sub] = append(b.rows[one.Sub], one)
	}
	for _, some := range b.rows {
		slices.SortFunc(some, func(a, b *row) int { return cmp.Compare(a.Gen, b.Gen) })
	}
	return last, answers.Close()
}

// queue adds what jobs have changed, and the end of the transaction.
func (b *batch) queue(q *pgx.Batch) {
	platform := b.r.b.n
	if len(b.added) > 0 {
		q.Queue(insertion(), append([]any{platform}, columns(b.added)...)...)
	}
	if changed := b.changed(); len(changed) > 0 {
		q.Queue(update(), append([]any{platform}, columns(changed)...)...)
	}
	if len(b.notes) > 0 {
		var subs, texts []string
		var gens []int64
		for _, n := range b.notes {
			subs, gens, texts = append(subs, escaped(n.sub)), append(gens, int64(n.gen)), append(texts, escaped(n.text))
		}
		q.Queue(`INSERT INTO import_ledger.event (platform, run, at, sub, gen, note)
			SELECT $1, $2, $3, sub, gen, note FROM unnest($4::text[], $5::bigint[], $6::text[]) WITH ORDINALITY AS a(sub, gen, note, n) ORDER BY n`,
			platform, b.r.id, millis(b.now), subs, gens, texts)
	}
	q.Queue("COMMIT")
}

func (b *batch) changed() (all []*row) {
	for _, some := range b.rows {
		for _, r := range some {
			if r.changed && !r.added {
				all = append(all, r)
			}
		}
	}
	return all
}

func (b *batch) latest(sub string) *row {
	some := b.rows[sub]
	if len(some) == 0 {
		return nil
	}
	return some[len(some)-1]
}

// of is a generation of a subscription, nil if there is none.
func (b *batch) of(sub string, gen int) *row {
	for _, r := range b.rows[sub] {
		if r.Gen == gen {
			return r
		}
	}
	return nil
}

// head is what the rules are told of an entry, nil if there is none.
func (b *batch) head(r *row) *ledger.Head {
	if r == nil {
		return nil
	}
	return &ledger.Head{Gen: r.Gen, State: r.State, Run: r.Run, Ended: !b.open[r.Run], Sends: r.Sends, Doubted: r.Doubted,
		DoubtSince: r.DoubtSince, OrderID: r.OrderID, Shown: !r.ShownAt.IsZero(), SentBy: r.SentBy}
}

// put makes an entry what it is to be, one that is new if there is none.
func (b *batch) put(have *row, e ledger.Entry) {
	if have != nil {
		have.Entry, have.changed = e, true
		return
	}
	latest := b.latest(e.Sub)
	r := &row{Entry: e, old: latest != nil && latest.Gen > e.Gen, added: true}
	if latest != nil && !r.old {
		latest.old, latest.changed = true, true
	}
	b.rows[e.Sub] = append(b.rows[e.Sub], r)
	slices.SortFunc(b.rows[e.Sub], func(a, b *row) int { return cmp.Compare(a.Gen, b.Gen) })
	b.added = append(b.added, r)
}

func (b *batch) note(sub string, gen int, text string) {
	if text != "" {
		b.notes = append(b.notes, note{sub, gen, text})
	}
}

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
	again := false
	return r.b.l.commit(context.Background(), func(ctx context.Context) error {
		err := r.transact(ctx, jobs, number, again)
		again = true
		return err
	})
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
		if errors.Is(err, ledger.ErrRunEnded) || errors.Is(err, ledger.ErrReplaced) {
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
