package postgres

import (
	"context"
	"iter"
	"slices"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// SaveExport remembers what a download wrote. A subscription that was exported before
// is replaced.
func (b *Book) SaveExport(ctx context.Context, rows []ledger.Exported) error {
	for part := range slices.Chunk(rows, chunk) {
		if err := b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error { return b.saveExport(ctx, tx, part) }); err != nil {
			return err
		}
	}
	return nil
}

func (b *Book) saveExport(ctx context.Context, tx pgx.Tx, rows []ledger.Exported) error {
	last := make(map[string]ledger.Exported, len(rows)) // one statement replaces a row once
	for _, e := range rows {
		last[e.Sub] = e
	}
	var at []int64
	var texts [7][]string
	for _, e := range last {
		at = append(at, millis(e.At))
		for i, s := range []string{e.Sub, e.PlanID, e.CutOff, e.Tenant, e.AccountID, e.Company, e.Email} {
			texts[i] = append(texts[i], escaped(s))
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO import_ledger.export (platform, at, sub, plan_id, cut_off, tenant, account_id, company, email)
		SELECT $1, a.* FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[]) AS a
		ON CONFLICT (platform, sub) DO UPDATE SET at = excluded.at, plan_id = excluded.plan_id, cut_off = excluded.cut_off, tenant = excluded.tenant,
			account_id = excluded.account_id, company = excluded.company, email = excluded.email`,
		b.n, at, texts[0], texts[1], texts[2], texts[3], texts[4], texts[5], texts[6])
	return err
}

// Exported looks up what the last download wrote of each subscription, of any number
// of them. Those never exported are not in the map.
func (b *Book) Exported(ctx context.Context, subs []string) (map[string]ledger.Exported, error) {
	found := make(map[string]ledger.Exported)
	for part := range slices.Chunk(subs, chunk) {
		some, err := query(ctx, b.l, scanExport, `SELECT `+exportColumns+` FROM import_ledger.export
			WHERE platform = $1 AND sub = ANY($2::text[])`, b.n, escapedAll(part))
		if err != nil {
			return nil, err
		}
		for _, e := range some {
			found[e.Sub] = e
		}
	}
	return found, nil
}

const exportColumns = `sub, at, plan_id, cut_off, tenant, account_id, company, email`

// scanExport reads the columns of exportColumns.
func scanExport(rows pgx.CollectableRow) (e ledger.Exported, err error) {
	var at int64
	err = rows.Scan(&e.Sub, &at, &e.PlanID, &e.CutOff, &e.Tenant, &e.AccountID, &e.Company, &e.Email)
	for _, s := range []*string{&e.Sub, &e.PlanID, &e.CutOff, &e.Tenant, &e.AccountID, &e.Company, &e.Email} {
		*s = unescaped(*s)
	}
	e.At = instant(at)
	return e, err
}

// ExportCount returns how many subscriptions downloads have written.
func (b *Book) ExportCount(ctx context.Context) (n int, err error) {
	_, err = b.l.one(ctx, []any{&n}, `SELECT count(*) FROM import_ledger.export WHERE platform = $1`, b.n)
	return n, err
}

// ExportedSubs goes over all subscriptions that downloads have written, in no order
// that means anything. It ends with the first error.
func (b *Book) ExportedSubs(ctx context.Context) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for last := ""; ; {
			some, err := query(ctx, b.l, pgx.RowTo[string], `SELECT sub FROM import_ledger.export WHERE platform = $1 AND sub > $2 ORDER BY sub LIMIT 1000`, b.n, last)
			if err != nil {
				yield("", err)
				return
			}
			for _, sub := range some {
				last = sub
				if !yield(unescaped(sub), nil) {
					return
				}
			}
			if len(some) < chunk {
				return
			}
		}
	}
}
