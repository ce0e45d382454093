package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"os"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/mark"
)

// Loss is what is wrong with the ledger before a run is begun on the platform that
// leaves its marks in this folder: see [ledger.Doubtful].
func (b *Book) Loss(ctx context.Context, marks string) (loss ledger.Loss, err error) {
	place := b.place(marks)
	vouched := false
	if info, err := os.Stat(marks); err == nil && info.IsDir() {
		if unlock, err := place.Lock(ctx); err == nil {
			defer unlock()
			vouched = true
		} else if ctx.Err() != nil {
			return 0, err
		}
	}
	err = b.l.w.write(ctx, func(t *tx) error {
		if err := b.l.bury(t); err != nil {
			return err
		}
		if vouched {
			loss, err = b.judge(t, place)
		} else {
			loss, err = b.unvouched(t, marks != "")
		}
		if err != nil || loss != ledger.Sound {
			return err
		}
		loss, err = b.storedLoss(t)
		return err
	})
	return loss, err
}

// judge compares the ledger with its mark, whose lock the caller holds.
func (b *part) judge(t *tx, place mark.Place) (ledger.Loss, error) {
	open, err := t.numbers(queryOpenRuns)
	if err != nil {
		return 0, err
	}
	var boot string
	if _, err := t.row(queryLastBoot, nil, &boot); err != nil {
		return 0, err
	}
	f := mark.File{Torn: b.l.torn && len(open) == 0, Holds: holds}
	f.Cut = f.Torn && boot != "" && boot == b.l.machine.Boot()
	if f.Word, f.Used, err = b.used(t); err != nil {
		return 0, err
	}
	return place.Judge(f), nil
}

// used reads the ledger's word, and whether it has had one or orders were sent
// from it.
func (b *part) used(t *tx) (word string, used bool, err error) {
	if _, err := t.row(queryWord, []any{b.n}, &word); err != nil || word != "" {
		return word, true, err
	}
	if err := t.fold(); err != nil {
		return "", false, err
	}
	_, err = t.row(querySent, []any{b.n}, &used)
	return "", used, err
}

// unvouched is what speaks for a loss where there is no mark to go by: restarts
// under a run and a torn log, and, where marks were wanted and there is no place
// for them, that orders were sent. A torn log is a sign only while nobody else is
// writing one.
func (b *part) unvouched(t *tx, wanted bool) (ledger.Loss, error) {
	if wanted {
		_, used, err := b.used(t)
		if err != nil || used {
			return ledger.LossUnknown, err
		}
	}
	open, err := t.numbers(queryOpenRuns)
	if err != nil {
		return 0, err
	}
	restarted := 0
	if _, err := t.row(queryRestarted, []any{ledger.Killed, b.l.machine.Boot()}, &restarted); err != nil {
		return 0, err
	}
	if restarted > 0 || b.l.torn && len(open) == 0 {
		return ledger.LossTail, nil
	}
	return ledger.Sound, nil
}

// storedLoss is what earlier runs have found and none has settled.
func (b *part) storedLoss(t *tx) (loss ledger.Loss, err error) {
	_, err = t.row(queryLoss, []any{b.n}, &loss)
	return loss, err
}

// holds reports whether the file at path is the ledger with this id. It fails if
// that cannot be told.
func holds(path, id string) (bool, error) {
	if _, err := os.Stat(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return false, err
	}
	connector, err := sqlite.NewConnector(dsn(path, "busy_timeout(2000)", "query_only(1)", "trusted_schema(0)"))
	if err != nil {
		return false, err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	var table bool // a view would run whatever somebody has put into it
	if err := db.QueryRow(`SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'self' AND sql NOT LIKE '% VIRTUAL %'`).Scan(&table); err == nil && !table {
		return false, nil
	}
	var self string
	err = db.QueryRow(`SELECT id FROM self`).Scan(&self)
	if se, ok := errors.AsType[*sqlite.Error](err); ok && (se.Code()&0xff == sqlite3.SQLITE_NOTADB || se.Code()&0xff == sqlite3.SQLITE_ERROR) {
		return false, nil // something else by now
	}
	return err == nil && self == id, err
}
