package sqlite

import (
	"context"
	"database/sql"
	"iter"
	"slices"
	"strings"

	"bulkimport/csvimport/ledger"
)

// exportChunk is how many rows of an export share a transaction: others wait for
// no longer than that takes. exportAtOnce of them share a statement; the driver takes
// longer for each value the more a statement has.
const (
	exportChunk  = 2000
	exportAtOnce = 10
)

// SaveExport remembers what a download wrote. A subscription that was exported
// before is replaced.
func (b *Book) SaveExport(ctx context.Context, rows []ledger.Exported) error {
	// In the order of the table, its pages fill one after another: a third less
	// to keep.
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b ledger.Exported) int { return strings.Compare(a.Sub, b.Sub) })
	for part := range slices.Chunk(rows, exportChunk) {
		err := b.l.w.write(ctx, func(t *tx) error {
			for some := range slices.Chunk(part, exportAtOnce) {
				if err := t.exported(b.n, some...); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// exported keeps up to exportAtOnce rows.
func (t *tx) exported(platform int64, rows ...ledger.Exported) error {
	args := make([]any, 0, 9*exportAtOnce)
	for i := range rows {
		e := &rows[i]
		plan, err := t.text(e.PlanID)
		if err != nil {
			return err
		}
		cutOff, err := t.text(e.CutOff)
		if err != nil {
			return err
		}
		args = append(args, platform, packed(e.Sub), millis(e.At), plan, cutOff, e.Tenant, e.AccountID, e.Company, e.Email)
	}
	_, err := t.exec(`INSERT OR REPLACE INTO export (platform, sub, at, plan_id, cut_off, tenant, account_id, company, email)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`+strings.Repeat(`, (?, ?, ?, ?, ?, ?, ?, ?, ?)`, len(rows)-1), args...)
	return err
}

// Exported looks up what the last download wrote of each subscription, of any
// number of them. Those never exported are not in the map.
func (b *Book) Exported(ctx context.Context, subs []string) (map[string]ledger.Exported, error) {
	found := make(map[string]ledger.Exported, min(len(subs), 1<<16))
	for part := range slices.Chunk(subs, chunk) {
		query, args := in(queryExported, ")", packedAll(part), b.n)
		if err := b.exported(ctx, found, query, args); err != nil {
			return nil, b.l.wrap(err)
		}
	}
	return found, nil
}

func (b *Book) exported(ctx context.Context, found map[string]ledger.Exported, query string, args []any) error {
	rows, err := b.l.query(ctx, query, args...)
	if err != nil {
		return err
	}
	got, err := collect(rows, scanExport)
	if err != nil {
		return err
	}
	for _, r := range got {
		e, err := r.complete(func(n int64) (string, error) { return b.l.text(ctx, n) })
		if err != nil {
			return err
		}
		found[e.Sub] = e
	}
	return nil
}

// storedExport is the row of an export, whose texts are numbers still.
type storedExport struct {
	e            ledger.Exported
	key          any
	plan, cutOff int64
}

func scanExport(rows *sql.Rows) (r storedExport, err error) {
	var at int64
	err = rows.Scan(&r.key, &at, &r.plan, &r.cutOff, &r.e.Tenant, &r.e.AccountID, &r.e.Company, &r.e.Email)
	r.e.Sub, r.e.At = unpacked(r.key), instant(at)
	return r, err
}

func (r *storedExport) complete(text func(int64) (string, error)) (ledger.Exported, error) {
	e := r.e
	var err error
	if e.PlanID, err = text(r.plan); err == nil {
		e.CutOff, err = text(r.cutOff)
	}
	return e, err
}

// ExportCount returns how many subscriptions downloads have written.
func (b *Book) ExportCount(ctx context.Context) (n int, err error) {
	_, err = b.l.row(ctx, `SELECT count(*) FROM export WHERE platform = ?`, []any{b.n}, &n)
	return n, err
}

// ExportedSubs goes over all subscriptions that downloads have written, in no
// order that means anything. It ends with the first error.
func (b *Book) ExportedSubs(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		var last any = "" // before all others
		for {
			rows, err := b.l.query(ctx, queryExportSubs, b.n, last)
			if err != nil {
				yield("", b.l.wrap(err))
				return
			}
			var part []any
			for rows.Next() {
				var sub any
				if err = rows.Scan(&sub); err != nil {
					break
				}
				part = append(part, sub)
			}
			rows.Close()
			if err == nil {
				err = rows.Err()
			}
			if err != nil {
				yield("", b.l.wrap(err))
				return
			}
			for _, sub := range part {
				if !yield(unpacked(sub), nil) {
					return
				}
			}
			if len(part) == 0 {
				return
			}
			last = part[len(part)-1]
		}
	}
}
