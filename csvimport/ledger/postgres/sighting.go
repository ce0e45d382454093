package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"bulkimport/csvimport/ledger"
)

// Sighted remembers orders to which no entry is bound: see [ledger.Run].
func (r *Run) Sighted(ctx context.Context, orders ...ledger.Sighting) error {
	if len(orders) == 0 {
		return nil
	}
	return r.b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		var open bool
		err := tx.QueryRow(ctx, `SELECT ended_at = 0 AND outcome = '' AND `+alive+` FROM import_ledger.run WHERE id = $1 FOR SHARE`, r.id).Scan(&open)
		if err == nil && !open {
			err = r.ended()
		}
		if err != nil {
			return err
		}
		return r.b.sighted(ctx, tx, orders)
	})
}

func (b *Book) sighted(ctx context.Context, tx pgx.Tx, orders []ledger.Sighting) error {
	var q pgx.Batch
	for i := range orders {
		s := &orders[i]
		q.Queue(`INSERT INTO import_ledger.sighting (platform, order_id, sub, gen, order_number, order_status, first_seen, run, acknowledged)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (platform, order_id) DO UPDATE SET order_number = excluded.order_number, order_status = excluded.order_status`,
			b.n, escaped(s.OrderID), escaped(s.Sub), int64(s.Gen), escaped(s.OrderNumber), escaped(s.OrderStatus), millis(s.FirstSeen), s.Run, s.Acknowledged)
	}
	return tx.SendBatch(ctx, &q).Close()
}

// Sightings looks up the orders of subscriptions to which no entry is bound: see
// [ledger.Book].
func (b *Book) Sightings(ctx context.Context, subs ...string) (map[string][]ledger.Sighting, error) {
	all, err := query(ctx, b.l, scanSighting, `SELECT `+sightingColumns+` FROM import_ledger.sighting
		WHERE platform = $1 AND ($2 OR sub = ANY($3::text[])) ORDER BY first_seen, order_id`, b.n, len(subs) == 0, escapedAll(subs))
	found := make(map[string][]ledger.Sighting)
	for _, s := range all {
		found[s.Sub] = append(found[s.Sub], s)
	}
	return found, err
}

const sightingColumns = `sub, gen, order_id, order_number, order_status, first_seen, run, acknowledged`

// scanSighting reads the columns of sightingColumns.
func scanSighting(rows pgx.CollectableRow) (s ledger.Sighting, err error) {
	var seen int64
	err = rows.Scan(&s.Sub, &s.Gen, &s.OrderID, &s.OrderNumber, &s.OrderStatus, &seen, &s.Run, &s.Acknowledged)
	for _, t := range []*string{&s.Sub, &s.OrderID, &s.OrderNumber, &s.OrderStatus} {
		*t = unescaped(*t)
	}
	s.FirstSeen = instant(seen)
	return s, err
}

// Acknowledge remembers that a person knows of the sightings of a subscription.
func (b *Book) Acknowledge(ctx context.Context, sub string) error {
	return b.l.write(ctx, func(ctx context.Context, tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE import_ledger.sighting SET acknowledged = true WHERE platform = $1 AND sub = $2`, b.n, escaped(sub))
		return err
	})
}
