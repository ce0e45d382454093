package postgres

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/jackc/pgx/v5"
)

// Shelf keeps records, each with parts that belong to it, for all machines. What is not
// there is [fs.ErrNotExist]. It is safe for concurrent use.
type Shelf struct {
	c    *Commons
	name string
}

// Shelf is the shelf of a name.
func (c *Commons) Shelf(name string) *Shelf { return &Shelf{c, name} }

const (
	pieceBytes   = 1 << 20
	partPatience = 10 * time.Minute // for one part, of up to 1 GiB
)

// All are all records, in no order.
func (s *Shelf) All() ([][]byte, error) {
	return query(context.Background(), s.c.l, pgx.RowTo[[]byte], `SELECT about FROM import_service.record WHERE shelf = $1`, s.name)
}

// Record is one of them.
func (s *Shelf) Record(id string) (about []byte, err error) {
	found, err := s.c.l.one(context.Background(), []any{&about}, `SELECT about FROM import_service.record WHERE shelf = $1 AND id = $2`, s.name, id)
	if err == nil && !found {
		err = fs.ErrNotExist
	}
	return about, err
}

// Change puts a record in place of the old one, nil where there is none, while nobody
// else changes it.
func (s *Shelf) Change(id string, change func(old []byte) ([]byte, error)) error {
	var refused error // is returned as it is
	err := s.c.l.write(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		refused = nil
		var old []byte
		err := tx.QueryRow(ctx, `SELECT about FROM import_service.record WHERE shelf = $1 AND id = $2 FOR UPDATE`, s.name, id).Scan(&old)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		about, err := change(old)
		if err != nil {
			refused = err
			return nil
		}
		_, err = tx.Exec(ctx, `INSERT INTO import_service.record (shelf, id, about) VALUES ($1, $2, $3)
			ON CONFLICT (shelf, id) DO UPDATE SET about = excluded.about`, s.name, id, about)
		return err
	})
	if refused != nil {
		return refused
	}
	return err
}

// Write puts a part in place of the old one once it is whole.
func (s *Shelf) Write(id, part string, write func(io.Writer) error) error {
	// Nobody's transaction waits for a slow hand.
	whole, err := os.CreateTemp("", "bulkimport-*")
	if err != nil {
		return err
	}
	defer os.Remove(whole.Name())
	defer whole.Close()
	if err := write(whole); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), partPatience)
	defer cancel()
	return wrapAt(s.c.l.where, pgx.BeginFunc(ctx, s.c.l.pool, func(tx pgx.Tx) error {
		if _, err := whole.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, careful); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM import_service.part WHERE shelf = $1 AND id = $2 AND name = $3`, s.name, id, part); err != nil {
			return err
		}
		piece := make([]byte, pieceBytes)
		for n := int64(0); ; n++ {
			got, err := io.ReadFull(whole, piece)
			if err == io.EOF && n > 0 {
				return nil
			}
			if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
				return err
			}
			if err := s.add(ctx, tx, id, part, n, piece[:got]); err != nil {
				return err
			}
		}
	}))
}

func (s *Shelf) add(ctx context.Context, tx pgx.Tx, id, part string, n int64, piece []byte) error {
	_, err := tx.Exec(ctx, `INSERT INTO import_service.part (shelf, id, name, n, bytes) VALUES ($1, $2, $3, $4, $5)`, s.name, id, part, n, piece)
	return err
}

// Append adds to the end of a part, which it makes where there is none.
func (s *Shelf) Append(id, part string, more []byte) error {
	return s.c.l.write(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		// One after the other.
		if _, err := tx.Exec(ctx, `SELECT 1 FROM import_service.record WHERE shelf = $1 AND id = $2 FOR UPDATE`, s.name, id); err != nil {
			return err
		}
		var n int64
		err := tx.QueryRow(ctx, `SELECT coalesce(max(n), -1) + 1 FROM import_service.part WHERE shelf = $1 AND id = $2 AND name = $3`, s.name, id, part).Scan(&n)
		if err != nil {
			return err
		}
		return s.add(ctx, tx, id, part, n, more)
	})
}

// Remove drops a record with its parts, if there is one.
func (s *Shelf) Remove(id string) error {
	return s.c.l.write(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		for _, table := range []string{"record", "part"} {
			if _, err := tx.Exec(ctx, `DELETE FROM import_service.`+table+` WHERE shelf = $1 AND id = $2`, s.name, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// Sweep drops parts that have had no record for a day: whoever wrote them has died.
func (s *Shelf) Sweep() error {
	return s.c.l.write(context.Background(), func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM import_service.part p WHERE shelf = $1 AND at < clock_timestamp() - interval '1 day'
			AND NOT EXISTS (SELECT 1 FROM import_service.record r WHERE r.shelf = p.shelf AND r.id = p.id)`, s.name)
		return err
	})
}

// Read opens a part. It is read as it is then, unless it is replaced meanwhile.
func (s *Shelf) Read(id, part string) (io.ReadCloser, error) {
	r := &partReader{s: s, id: id, part: part}
	switch err := r.next(); {
	case err == io.EOF:
		return nil, fs.ErrNotExist
	case err != nil:
		return nil, err
	}
	return r, nil
}

// partReader reads a part, a piece at a time.
type partReader struct {
	s        *Shelf
	id, part string
	n        int64
	piece    bytes.Reader
}

func (r *partReader) next() error {
	var piece []byte
	found, err := r.s.c.l.one(context.Background(), []any{&piece}, `SELECT bytes FROM import_service.part WHERE shelf = $1 AND id = $2 AND name = $3 AND n = $4`,
		r.s.name, r.id, r.part, r.n)
	if err == nil && !found {
		err = io.EOF
	}
	r.piece.Reset(piece)
	r.n++
	return err
}

func (r *partReader) Read(p []byte) (int, error) {
	for r.piece.Len() == 0 {
		if err := r.next(); err != nil {
			return 0, err
		}
	}
	return r.piece.Read(p)
}

func (r *partReader) Close() error { return nil }
