package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"

	"bulkimport/csvimport/ledger"
)

// Ledger tells this ledger from others.
func (b *Book) Ledger() string { return b.l.self }

// Evidence returns what the platform has been seen to show.
func (b *Book) Evidence(ctx context.Context) (e ledger.Evidence, err error) {
	var text string
	if _, err = b.l.row(ctx, queryEvidence, []any{b.n}, &text); err != nil {
		return e, err
	}
	return b.evidence(text)
}

func (b *part) evidence(text string) (e ledger.Evidence, err error) {
	if text == "" {
		return e, nil
	}
	if err := json.Unmarshal([]byte(text), &e); err != nil {
		return e, &ledger.Error{Where: b.l.path, Err: ledger.ErrDamaged, Hint: hintDamaged, Cause: err}
	}
	return e, nil
}

// Amend changes what the platform has been seen to show: see [ledger.Memory].
func (b *Book) Amend(ctx context.Context, change func(*ledger.Evidence)) (e ledger.Evidence, err error) {
	err = b.l.w.write(ctx, func(t *tx) error {
		var text string
		if _, err := t.row(queryEvidence, []any{b.n}, &text); err != nil {
			return err
		}
		if e, err = b.evidence(text); err != nil {
			return refusal{err}
		}
		change(&e)
		now, err := json.Marshal(e)
		if err != nil {
			return err
		}
		_, err = t.exec(`UPDATE platform SET evidence = ? WHERE id = ?`, string(now), b.n)
		return err
	})
	return e, err
}

// Acknowledge remembers that a person knows of the sightings of a subscription.
func (b *Book) Acknowledge(ctx context.Context, sub string) error {
	return b.l.w.write(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE sighting SET acknowledged = 1 WHERE platform = ? AND sub = ?`, b.n, packed(sub))
		return err
	})
}

// Sighted remembers orders to which no entry is bound: see [ledger.Run].
func (r *Run) Sighted(ctx context.Context, orders ...ledger.Sighting) error {
	if len(orders) == 0 {
		return nil
	}
	return r.write(ctx, func(t *tx) error {
		for i := range orders {
			if err := t.sighted(r.b.n, &orders[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t *tx) sighted(platform int64, s *ledger.Sighting) error {
	_, err := t.exec(`INSERT INTO sighting (platform, order_id, sub, gen, order_number, order_status, first_seen, run, acknowledged)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (platform, order_id) DO UPDATE SET order_number = excluded.order_number, order_status = excluded.order_status`,
		platform, packed(s.OrderID), packed(s.Sub), s.Gen, s.OrderNumber, s.OrderStatus, millis(s.FirstSeen), s.Run, flag(s.Acknowledged))
	return err
}

// Sightings looks up the orders of subscriptions to which no entry is bound: see
// [ledger.Book].
func (b *Book) Sightings(ctx context.Context, subs ...string) (map[string][]ledger.Sighting, error) {
	found := make(map[string][]ledger.Sighting)
	if len(subs) == 0 {
		return found, b.sighted(ctx, found, querySightings, b.n)
	}
	for len(subs) > 0 {
		part := subs[:min(1000, len(subs))]
		query, args := in(querySighted, `) ORDER BY first_seen, order_id`, packedAll(part), b.n)
		if err := b.sighted(ctx, found, query, args...); err != nil {
			return nil, err
		}
		subs = subs[len(part):]
	}
	return found, nil
}

func (b *Book) sighted(ctx context.Context, found map[string][]ledger.Sighting, query string, args ...any) error {
	rows, err := b.l.query(ctx, query, args...)
	if err != nil {
		return b.l.wrap(err)
	}
	some, err := collect(rows, scanSighting)
	for _, s := range some {
		found[s.Sub] = append(found[s.Sub], s)
	}
	return b.l.wrap(err)
}

func scanSighting(rows *sql.Rows) (s ledger.Sighting, err error) {
	var sub, order any
	var seen int64
	err = rows.Scan(&sub, &s.Gen, &order, &s.OrderNumber, &s.OrderStatus, &seen, &s.Run, &s.Acknowledged)
	s.Sub, s.OrderID, s.FirstSeen = unpacked(sub), unpacked(order), instant(seen)
	return s, err
}
