//go:build unix

package main_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
	"bulkimport/csvimport/ledger/sqlite"
)

// TestCarryKilled kills the program while it brings a ledger to another place: at no
// moment can the ledger be used at both places, and the same command goes on.
func TestCarryKilled(t *testing.T) {
	t.Parallel()
	kills := 3
	if *endure {
		kills = 60
	}
	binary := buildProgram(t)
	var cluster pgtest.Cluster
	t.Cleanup(cluster.Close)
	file := func(t *testing.T) string { return filepath.Join(t.TempDir(), "ledger.db") }
	database := func(t *testing.T) string { return cluster.Fresh(t) }
	copied := func(from, to string) []string { return []string{"ledger", "copy", from, to, "--yes"} }
	for _, tt := range []struct {
		name     string
		from, to func(*testing.T) string
		args     func(from, to string) []string
	}{
		{"a file moved", file, file, func(from, to string) []string {
			return []string{"ledger", "move", "--ledger", from, "--to", to, "--yes"}
		}},
		{"a file copied to a database", file, database, copied},
		{"a database copied to a file", database, file, copied},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := &stage{t: t, dir: t.TempDir(), binary: binary}
			s.begin(apstest.Config{Tenants: 1})
			took := s.timed(func() { s.carried(tt.args, filled(t, tt.from(t)), tt.to(t)) })
			for i := range kills {
				from, to := filled(t, tt.from(t)), tt.to(t)
				cmd := s.command(tt.args(from, to)...)
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(took * time.Duration(i+1) / time.Duration(kills+1))
				cmd.Process.Kill()
				cmd.Wait()
				if s.usable(from) && s.usable(to) {
					t.Fatalf("kill %d: the ledger can be used at both places", i)
				}
				s.carried(tt.args, from, to)
			}
		})
	}
}

// filled makes a ledger with some thousand entries at a place, which it returns.
func filled(t *testing.T, where string) string {
	t.Helper()
	var book interface {
		Begin(context.Context, ledger.RunInfo) (ledger.Begun, error)
	}
	if postgres.Is(where) {
		l, err := postgres.Open(t.Context(), where, postgres.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if book, err = l.Platform(t.Context(), "platform", "https://hub.example.com"); err != nil {
			t.Fatal(err)
		}
	} else {
		l, err := sqlite.Open(t.Context(), where, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		if book, err = l.Platform(t.Context(), "platform", "https://hub.example.com"); err != nil {
			t.Fatal(err)
		}
	}
	run, err := book.Begin(t.Context(), ledger.RunInfo{File: "accounts.csv"})
	if err != nil {
		t.Fatal(err)
	}
	all := make([]ledger.Entry, carriedEntries)
	for i := range all {
		all[i] = ledger.Entry{Sub: "sub " + strings.Repeat("x", i), State: ledger.Refused}
	}
	if err := run.Record(t.Context(), "filled", all...); err != nil {
		t.Fatal(err)
	}
	if err := run.End(context.Background(), "done"); err != nil {
		t.Fatal(err)
	}
	return where
}

const carriedEntries = 1000

// usable tells whether the ledger at a place is not closed and not on its way.
func (s *stage) usable(where string) bool {
	out, err := s.command("status", "--ledger", where, "--url", "https://hub.example.com").CombinedOutput()
	return err == nil && strings.Contains(string(out), "1,000 subscriptions")
}

// carried demands that the command brings the ledger to its new place.
func (s *stage) carried(args func(from, to string) []string, from, to string) {
	s.t.Helper()
	if out, err := s.command(args(from, to)...).CombinedOutput(); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	if s.usable(from) || !s.usable(to) {
		s.t.Fatalf("usable where it was: %v, where it is: %v", s.usable(from), s.usable(to))
	}
}
