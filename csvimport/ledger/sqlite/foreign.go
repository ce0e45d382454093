package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"bulkimport/csvimport/ledger"
)

// tables are those of all versions.
var tables = []string{"platform", "address", "self", "run", "text", "entry", "recent", "journal", "event", "export", "probe", "sighting"}

const hintForeign = "somebody has changed it: keep it for a look, and use a copy from before or name another file; the platform is listed before anything is placed"

// refuseForeign refuses a file with anything in its schema that no version of this
// program has put there: a trigger would change what is written, and a view what is
// read. Nothing of the schema has run before.
func refuseForeign(ctx context.Context, conn *sql.Conn, path string) error {
	ours := spaced(schema + strings.Join(upgrades, ""))
	objects, err := conn.QueryContext(ctx, `SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema`)
	if err != nil {
		return err
	}
	defer objects.Close()
	for objects.Next() {
		var o object
		if err := objects.Scan(&o.kind, &o.name, &o.table, &o.sql); err != nil {
			return err
		}
		if !o.known(ours) {
			return &ledger.Error{Where: path, Hint: hintForeign,
				Err: fmt.Errorf("%w: it holds the %s %q, which no version of this program has made", ledger.ErrDamaged, o.kind, o.name)}
		}
	}
	return objects.Err()
}

// object is a line of sqlite_schema.
type object struct{ kind, name, table, sql string }

// known reports whether an object is one of ours.
func (o object) known(ours string) bool {
	internal := strings.HasPrefix(o.name, "sqlite_")
	switch o.kind {
	case "table":
		return internal || slices.Contains(tables, o.name) && (strings.Contains(ours, spaced(o.sql)) || plainTable(o.sql))
	case "index":
		return slices.Contains(tables, o.table) && (internal && o.sql == "" || slices.Contains(oldIndexes, o.name) || strings.Contains(ours, spaced(o.sql)))
	case "trigger":
		return slices.Contains(tables, o.table) && strings.Contains(ours, spaced(o.sql))
	}
	return false
}

// oldIndexes are those of the first version; entry_sub was another then.
var oldIndexes = []string{"entry_order", "entry_state", "entry_sub"}

// plainTable reports whether a table that was brought up from an older version, and
// so is written in another way than a new one, computes nothing.
func plainTable(sql string) bool {
	words := strings.ToUpper(spaced(sql))
	return strings.HasPrefix(words, "CREATE TABLE ") && !slices.ContainsFunc([]string{"CHECK", "GENERATED", "REFERENCES", "COLLATE", "AS (", "AS(", "SELECT"},
		func(word string) bool { return strings.Contains(words, word) })
}

// spaced is a text of SQL with single spaces.
func spaced(sql string) string { return strings.Join(strings.Fields(sql), " ") }
