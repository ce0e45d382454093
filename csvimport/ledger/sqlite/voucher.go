package sqlite

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/lockfile"
	"bulkimport/csvimport/ledger/mark"
)

const (
	renewal = 30 * time.Second // how often a run renews until when it may send
	mayFor  = 90 * time.Second // for how long it may from then on
	toWrite = 15 * time.Second // a request takes to be written, at most
	watched = 2 * time.Second  // how often a run looks whether that is due, it is to stop, and who else there is
)

// voucher keeps the mark of a run's ledger for as long as the run goes on.
type voucher struct {
	place   mark.Place
	present *lockfile.Lock // as long as the run goes on

	// turning has room for one that changes the word. Who waits for the mark's lock
	// has it: it is no mutex, so that time goes on in tests while others wait.
	turning chan struct{}

	mu    sync.Mutex
	until time.Duration // elapsed time up to which the run may send
}

// place is where this machine's mark of the book is kept.
func (b *part) place(folder string) mark.Place {
	return mark.Place{Folder: folder, Machine: b.l.machine.ID(), Platform: b.id, Ledger: b.l.self, Path: b.l.path}
}

// vouch says on this machine that a run begins. It is nil where there is no folder
// that can be written.
func (b *Book) vouch(info ledger.RunInfo) (*voucher, error) {
	if info.Marks == "" {
		return nil, nil
	}
	place := b.place(info.Marks)
	present, err := place.Enter(info.PID)
	if err != nil || present == nil {
		return nil, err
	}
	return &voucher{place: place, present: present, turning: make(chan struct{}, 1)}, nil
}

// leave says that the run has ended, or never began.
func (v *voucher) leave() {
	if v != nil {
		v.present.Drop()
	}
}

// lock waits until the word may be changed.
func (v *voucher) lock(ctx context.Context) (unlock func(), err error) {
	select {
	case v.turning <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	drop, err := v.place.Lock(ctx)
	if err != nil {
		<-v.turning
		return nil, err
	}
	return func() { drop(); <-v.turning }, nil
}

// begin judges the ledger and writes the run down, with the first word of its own.
func (v *voucher) begin(ctx context.Context, r *Run, info ledger.RunInfo) error {
	unlock, err := v.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	err = r.b.l.w.write(ctx, func(t *tx) (err error) {
		if err := r.b.l.bury(t); err != nil {
			return err
		}
		r.loss, err = r.b.judge(t, v.place)
		return err
	})
	if err != nil {
		return err
	}
	return v.turn(ctx, r, true, func(t *tx) error { return r.begin(t, info, false) })
}

// renew puts off the moment up to which the run may send.
func (v *voucher) renew(ctx context.Context, r *Run) error {
	unlock, err := v.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if v.left(r) > mayFor-renewal { // somebody else has
		return nil
	}
	return v.turn(ctx, r, false, r.in(func(*tx) error { return nil }))
}

// turn changes the word, together with what do writes, and notes until when the run
// may send.
func (v *voucher) turn(ctx context.Context, r *Run, anew bool, do func(*tx) error) error {
	elapsed, wall := r.b.l.machine.Elapsed()+mayFor, r.b.l.machine.Now().Add(mayFor)
	err := r.b.turn(ctx, v.place, anew, do, func(runs map[int64]time.Time) {
		for run := range runs {
			if !r.Alive(run) {
				delete(runs, run)
			}
		}
		runs[r.id] = wall.Round(0).UTC()
	})
	if err != nil {
		return err
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.until = elapsed
	return nil
}

// end writes down that the run has ended.
func (v *voucher) end(ctx context.Context, r *Run, do func(*tx) error) error {
	unlock, err := v.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	return r.b.turn(ctx, v.place, false, do, func(runs map[int64]time.Time) { delete(runs, r.id) })
}

// turn changes the word of the book and its mark, whose lock the caller holds,
// together with what do writes: see [mark.Place.Turn].
func (b *part) turn(ctx context.Context, place mark.Place, anew bool, do func(*tx) error, runs func(map[int64]time.Time)) error {
	var word string
	if _, err := b.l.row(ctx, queryWord, []any{b.n}, &word); err != nil {
		return err
	}
	take := func(next string) error {
		return b.l.w.write(ctx, func(t *tx) error {
			var now string
			if _, err := t.row(queryWord, []any{b.n}, &now); err != nil {
				return err
			}
			if now != word {
				return refusal{&ledger.Error{Where: b.l.path, Err: ledger.ErrReplaced, Hint: hintReplaced}}
			}
			if err := do(t); err != nil {
				return err
			}
			_, err := t.exec(`UPDATE platform SET word = ? WHERE id = ?`, next, b.n)
			return err
		})
	}
	return place.Turn(word, anew, take, runs)
}

// left is for how long the run may send.
func (v *voucher) left(r *Run) time.Duration {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.until - r.b.l.machine.Elapsed()
}

var errLate = errors.New("the run may not send any more until it has renewed")

// MaySend reports whether the run may write a request now: see [ledger.Run].
func (r *Run) MaySend() bool {
	return r.broken.Load() == nil && (r.voucher == nil || r.voucher.left(r) > toWrite)
}

// ready makes sure that the run may send, which takes a renewal after sleep.
func (r *Run) ready(ctx context.Context) error {
	if broken := r.broken.Load(); broken != nil {
		return broken
	}
	if r.MaySend() {
		return nil
	}
	return r.renew(ctx)
}

// renew puts off the moment up to which the run may send.
func (r *Run) renew(ctx context.Context) error {
	err := r.voucher.renew(ctx, r)
	if e, ok := errors.AsType[*ledger.Error](err); ok && errors.Is(err, ledger.ErrReplaced) {
		r.broken.Store(e)
	}
	return err
}

// keep looks after the run until it ends.
func (r *Run) keep(ctx context.Context) {
	tick := time.NewTicker(watched)
	defer tick.Stop()
	stop := sync.OnceFunc(func() { close(r.stopping) })
	for r.broken.Load() == nil {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if !r.b.l.lives.named(r.id) {
			r.broken.Store(&ledger.Error{Where: r.b.l.path, Err: ledger.ErrMoved, Hint: hintMoved,
				Cause: fmt.Errorf("others take run %d for dead", r.id)})
			return
		}
		if r.look(ctx) {
			stop()
		}
		if r.voucher != nil && r.voucher.left(r) <= mayFor-renewal {
			r.renew(ctx) // until it may not send any more there is another time
		}
	}
}

// look sees whether the run is to stop, and who is alongside. Where it cannot, the next one may.
func (r *Run) look(ctx context.Context) (stop bool) {
	var text string
	if _, err := r.b.l.row(ctx, queryLook, []any{r.id}, &stop, &text); err != nil {
		return false
	}
	others, err := r.b.l.numbers(ctx, queryPlacing, r.b.n, r.id)
	if seen, unread := r.b.evidence(text); err == nil && unread == nil {
		r.Tell(len(r.b.l.lives.of(others, true)), seen)
	}
	return stop
}
