package postgres

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger/lockfile"
)

// life is what a process keeps locked on its machine for as long as it has a run: who
// gets the lock there knows that the process is gone, whatever the lease says. The
// run's row has its word. It is taken before there is a run of that word, so that none
// is found without it.
type life struct {
	word string
	lock *lockfile.Lock // nil where the machine keeps no marks
}

const (
	lifePrefix = "database-"
	lifeSuffix = ".run"
)

// newLife begins one, for a ledger, in the folder of this machine's marks. Where that
// cannot be written there is none: nothing will prove then that the process is gone.
func newLife(marks, ledger string) life {
	if marks == "" || os.MkdirAll(marks, 0o700) != nil {
		return life{}
	}
	for range 10 {
		word := ledger + "-" + strings.ToLower(rand.Text())
		lock, err := lockfile.Take(filepath.Join(marks, lifePrefix+word+lifeSuffix))
		if err != nil {
			break
		}
		if lock != nil {
			return life{word, lock}
		}
	}
	return life{}
}

// over ends a life. What the ledger could not be told of it, it finds by the lock.
func (l life) over(told bool) {
	switch {
	case l.lock == nil:
	case told:
		l.lock.Drop()
	default:
		l.lock.Release()
	}
}

// pastLives are the lives on this machine that are over and of which the ledger has not been
// told. Their locks are held until it has.
func pastLives(marks, ledger string) (all []life) {
	prefix := lifePrefix + ledger + "-"
	files, _ := filepath.Glob(filepath.Join(marks, prefix+"*"+lifeSuffix))
	for _, file := range files {
		if lock, err := lockfile.Take(file); err == nil && lock != nil {
			word := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(file), lifePrefix), lifeSuffix)
			all = append(all, life{word, lock})
		}
	}
	return all
}

// tell notes which processes are gone.
func tell(ctx context.Context, tx pgx.Tx, past []life) error {
	if len(past) == 0 {
		return nil
	}
	var words []string
	for _, l := range past {
		words = append(words, l.word)
	}
	_, err := tx.Exec(ctx, `UPDATE import_ledger.run SET gone = true WHERE life = ANY($1::text[])`, words)
	return err
}
