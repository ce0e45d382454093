package postgres_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/ledgertest"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

// Whatever keeps a ledger from being opened is said in words, with what to do, and
// without a password.
func TestCannotOpen(t *testing.T) {
	here := cluster.Fresh(t)
	base := here[:strings.LastIndex(here, "/")]
	cluster.Do(t, "postgres", "DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN", "DROP ROLE IF EXISTS locked", "CREATE ROLE locked LOGIN PASSWORD 'right'",
		"REVOKE CREATE ON DATABASE postgres FROM PUBLIC")
	made := cluster.Fresh(t)
	openAs(t, made, postgres.Options{})
	aged, wire := pgtest.NewWire(t, here)
	number := regexp.MustCompile(`(1[3-9]|[2-9]\d)00\d\d`)
	wire.Tell(func(answer []byte) []byte { return number.ReplaceAll(answer, []byte("120022")) })
	as := func(role string) string { return strings.Replace(base, "importer@", role+"@", 1) }
	for _, tt := range []struct {
		name, address, password string
		words                   string
	}{
		{"no such database", base + "/nowhere", "", "there is no such database"},
		{"no such role", as("nobody") + "/postgres", "", "the server does not let this role in"},
		{"no right to create", as("guest") + "/postgres", "", "this role may not make or change tables there"},
		{"no right to the tables", strings.Replace(made, "importer@", "guest@", 1), "", "this role may not read or change the ledger's tables there"},
		{"an old server", aged, "", "the server is PostgreSQL 12, and a ledger needs 13 or later"},
		{"no password", as("locked") + "/postgres", "", "the password is wrong, or none was given"},
		{"a wrong password", as("locked") + "/postgres", "hunter2", "the password is wrong, or none was given"},
		{"a password in the address", as("locked:hunter2") + "/postgres", "", "the address has a password in it"},
		{"a password as a parameter", base + "/postgres?password=hunter2", "", "the address has a password in it"},
		{"no server", "postgres://importer@127.0.0.1:1/x", "", "the database server cannot be reached"},
		{"no TLS", here + "?sslmode=require", "", "the server's certificate is not trusted, or it does not speak TLS"},
		{"no address", "postgres://importer@127.0.0.1:port/x", "", "the address cannot be read"},
		{"a standby", here + "?default_transaction_read_only=on", "", "the server is a standby, on which nothing can be written"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := postgres.Open(t.Context(), tt.address, postgres.Options{Password: tt.password})
			if err == nil {
				l.Close()
				t.Fatal("it was opened")
			}
			e, ok := errors.AsType[*ledger.Error](err)
			if !ok || e.Err.Error() != tt.words || e.Hint == "" {
				t.Errorf("%v, hint %q, want %q", err, e.Hint, tt.words)
			}
			if strings.Contains(err.Error()+e.Hint, "hunter2") {
				t.Errorf("a password is shown: %v", err)
			}
		})
	}
}

// A password comes from whoever opens the ledger; a newer ledger, and one that was
// moved, are refused.
func TestOpen(t *testing.T) {
	here := cluster.Fresh(t)
	name := here[strings.LastIndex(here, "/")+1:]
	cluster.Do(t, name, "DROP ROLE IF EXISTS locked", "CREATE ROLE locked LOGIN PASSWORD 'right'", "GRANT CREATE ON DATABASE "+name+" TO locked")
	t.Cleanup(func() {
		cluster.Do(t, name, "DROP SCHEMA import_ledger CASCADE", "REVOKE ALL ON DATABASE "+name+" FROM locked", "DROP ROLE locked")
	})
	address := strings.Replace(here, "importer@", "locked@", 1)
	open := func() error {
		l, err := postgres.Open(t.Context(), address, postgres.Options{Password: "right"})
		if err == nil {
			err = l.Close()
		}
		return err
	}
	if err := open(); err != nil {
		t.Fatal(err)
	}
	cluster.Do(t, name, "UPDATE import_ledger.self SET moved_to = 'elsewhere'")
	if err := open(); !errors.Is(err, ledger.ErrGone) {
		t.Errorf("moved: %v", err)
	}
	cluster.Do(t, name, "UPDATE import_ledger.self SET version = 99")
	if err := open(); err == nil || !strings.Contains(err.Error(), "newer version") {
		t.Errorf("newer: %v", err)
	}
}

// A role that may only read does so, and is told by whom the ledger can be changed.
func TestMayOnlyRead(t *testing.T) {
	where := cluster.Fresh(t)
	name := where[strings.LastIndex(where, "/")+1:]
	_, book := openAs(t, where, postgres.Options{})
	r := mustBegin(t, book)
	ledgertest.Fill(t, r, 3)
	if err := r.End(t.Context(), "done"); err != nil {
		t.Fatal(err)
	}
	cluster.Do(t, name, "DROP ROLE IF EXISTS reader", "CREATE ROLE reader LOGIN", "GRANT USAGE ON SCHEMA import_ledger TO reader",
		"GRANT SELECT ON ALL TABLES IN SCHEMA import_ledger TO reader")
	t.Cleanup(func() { cluster.Do(t, name, "DROP OWNED BY reader", "DROP ROLE reader") })
	l, err := postgres.Open(t.Context(), strings.Replace(where, "importer@", "reader@", 1), postgres.Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	read, err := l.Book(t.Context(), ledgertest.PlatformID)
	if err != nil {
		t.Fatal(err)
	}
	if totals, err := read.Totals(t.Context()); err != nil || totals[ledger.Completed] != 3 {
		t.Errorf("%v, %v", totals, err)
	}
	_, began := read.Begin(t.Context(), ledger.RunInfo{})
	for what, err := range map[string]error{"check": l.Check(t.Context()), "begin": began} {
		e, ok := errors.AsType[*ledger.Error](err)
		if !ok || e.Err.Error() != "this role may not read or change the ledger's tables there" || e.Hint == "" {
			t.Errorf("%s: %v", what, err)
		}
	}
}
