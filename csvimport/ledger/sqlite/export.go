package sqlite

import (
	"context"
	"iter"
	"slices"
	"strings"

	"bulkimport/csvimport/ledger"
)

// exportChunk is how many rows of an export share a transaction: others wait for
// no longer than that takes.
const exportChunk = 2000

// SaveExport remembers what a download wrote. A subscription that was exported
// before is replaced.
func (b *Book) SaveExport(ctx context.Context, rows []ledger.Exported) error {
	// In the order of the table, its pages fill one after another: a third less
	// to keep.
	rows = slices.Clone(rows)
	slices.SortFunc(rows, func(a, b ledger.Exported) int { return strings.Compare(a.Sub, b.Sub) })
	for part := range slices.Chunk(rows, exportChunk) {
		err := b.l.w.write(ctx, func(t *tx) error {
			for i := range part {
				e := &part[i]
				plan, err := t.text(e.PlanID)
				if err != nil {
					return err
				}
				cutOff, err := t.text(e.CutOff)
				if err != nil {
					return err
				}
				_, err = t.exec(`INSERT OR REPLACE INTO export (platform, sub, at, plan_id, cut_off, tenant, account_id, company, email) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
					b.n, packed(e.Sub), millis(e.At), plan, cutOff, e.Tenant, e.AccountID, e.Company, e.Email)
				if err != nil {
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
	type row struct {
		ledger.Exported
		plan, cutOff int64
	}
	var got []row
	for rows.Next() {
		var r row
		var sub any
		var at int64
		if err := rows.Scan(&sub, &at, &r.plan, &r.cutOff, &r.Tenant, &r.AccountID, &r.Company, &r.Email); err != nil {
			rows.Close()
			return err
		}
		r.Sub, r.At = unpacked(sub), instant(at)
		got = append(got, r)
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return err
	}
	for _, r := range got {
		if r.PlanID, err = b.l.text(ctx, r.plan); err != nil {
			return err
		}
		if r.CutOff, err = b.l.text(ctx, r.cutOff); err != nil {
			return err
		}
		found[r.Sub] = r.Exported
	}
	return nil
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
