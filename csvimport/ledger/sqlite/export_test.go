package sqlite

import "context"

// Queries are the statements that look rows up, with the keys they take, for
// the test that shows their plans.
func Queries() map[string]string {
	three := func(begin, end string, before ...any) string {
		query, _ := in(begin, end, []any{1, 2, 3}, before...)
		return query
	}
	return map[string]string{
		"head":          queryHead,
		"head of one":   queryHeadGen,
		"by id":         queryByID,
		"by ids":        three(queryByIDs, ") ORDER BY id"),
		"find":          three(queryFind, queryFindEnd, 1),
		"known":         three(queryKnown, ") AND old = 0", 1),
		"find all":      three(queryAllOf, ")", 1),
		"story":         queryStory,
		"events":        queryEvents,
		"held":          queryHeld,
		"held by":       queryHeldBy,
		"ended":         queryEnded,
		"totals held":   queryHeldTotals,
		"totals ended":  queryEndTotals,
		"holders":       queryHolders,
		"update":        updateEntry,
		"update head":   updateHead,
		"runs":          queryRuns,
		"open runs":     queryOpenRuns,
		"texts":         queryTexts,
		"text":          queryText,
		"exported":      three(queryExported, ")", 1),
		"exported subs": queryExportSubs,
	}
}

// Pragma reads a setting of the connection that writes.
func (l *Ledger) Pragma(ctx context.Context, name string) (value string, err error) {
	err = l.w.write(ctx, func(t *tx) error {
		_, err := t.row("PRAGMA "+name, nil, &value)
		return err
	})
	return value, err
}

// Commits returns how many transactions this handle has made durable. It shows
// how many writes share one.
func (l *Ledger) Commits() int64 { return l.w.commits.Load() }
