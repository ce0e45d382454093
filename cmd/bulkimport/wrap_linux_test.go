package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
)

// TestWrap shows commands at terminals of several widths: no line is longer, but for
// commands to be copied, and no word is lost or cut. A pipe gets whole lines.
func TestWrap(t *testing.T) {
	file := filepath.Join(t.TempDir(), "accounts with a name.csv")
	text := "tenant,plan_id,sub_id,company_name,email,account_id\n" +
		"contoso.onmicrosoft.com,453f357f-5ba1,5f2b7c1e-9a3d-4b8e-8c6f-0d1e2f3a4b5c,Contoso,nobody at example,1.00E+06\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, columnsWide := range []int{60, 80, 132} {
		for _, args := range [][]string{
			{"--help"}, {"help", "runbook"}, {"help", "spreadsheets"}, {"import", "--help"}, {"ledger", "move", "--help"},
			{"validate", file, "--offline"}, {"validate", "nosuch.csv"}, {"import", file}, {"status"},
		} {
			x := sitDown(t, columnsWide)
			_, screen := x.run(nil, args...)
			for line := range strings.Lines(screen) {
				line = strings.TrimRight(line, "\n")
				words := strings.TrimSpace(line)
				command := strings.HasPrefix(words, "bulkimport ") || strings.HasPrefix(words, "next: bulkimport ") || strings.HasPrefix(words, "make ")
				if columns(line) > columnsWide && strings.Contains(words, " ") && !command {
					t.Errorf("%d columns of %d, %s: %q", columns(line), columnsWide, args[0], line)
				}
			}
			var pipe bytes.Buffer
			x.env.out, x.env.err = newDoor(&pipe, x.env.veil), newDoor(&pipe, x.env.veil)
			x.run(nil, args...)
			if diff := cmp.Diff(strings.Fields(pipe.String()), strings.Fields(screen)); diff != "" {
				t.Errorf("%d columns, %s: words (-pipe +terminal):\n%s", columnsWide, args[0], diff)
			}
		}
	}
}

// TestWrapLines shows where lines are broken, and what they go on below.
func TestWrapLines(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"short", "a b\n", "a b\n"},
		{"words", "error: one two three four five six seven eight\n", "error: one two three four five\n  six seven eight\n"},
		{"set in", "   hint: one two three four five six seven\n", "   hint: one two three four\n   five six seven\n"},
		{"below the last column", "  plans   one two three four five six\n", "  plans   one two three four\n          five six\n"},
		{"a long word", "see https://example.com/a/very/long/address for it all\n", "see\nhttps://example.com/a/very/long/address\nfor it all\n"},
		{"one long word", "https://example.com/a/very/long/address\n", "https://example.com/a/very/long/address\n"},
		{"a command", "next: bulkimport import accounts.csv --results r.csv\n", "next: bulkimport import accounts.csv --results r.csv\n"},
		{"a command and what it does", "  bulkimport doctor --verbose   is everything in place\n", "  bulkimport doctor --verbose\n      is everything in place\n"},
		{"JSON", `{"type":"summary", "file":"accounts.csv", "rows":8}` + "\n", `{"type":"summary", "file":"accounts.csv", "rows":8}` + "\n"},
		{"wide letters", "株式会社 株式会社 株式会社 株式会社\n", "株式会社 株式会社 株式会社\n株式会社\n"},
		{"colours", "\x1b[31merror:\x1b[0m one two three four five six\n", "\x1b[31merror:\x1b[0m one two three four five\n  six\n"},
	} {
		if diff := cmp.Diff(test.want, wrapped(test.text, 30)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestGoOnAsksAgain asks again where the answer is neither yes nor no, and leaves nothing
// that was typed ahead to the shell.
func TestGoOnAsksAgain(t *testing.T) {
	s, err := apstest.Start(apstest.Config{Tenants: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	x := sitDown(t, 100)
	x.vars["BULKIMPORT_URL"], x.vars["BULKIMPORT_CONSUMER_KEY"], x.vars["BULKIMPORT_CONSUMER_SECRET"] = s.URL(), s.Key(), s.Secret()
	file := filepath.Join(t.TempDir(), "accounts.csv")
	if status, screen := x.run(nil, "download", "-o", file, "--plan", s.Plans()[0].ID); status != 0 {
		t.Fatalf("status %d:\n%s", status, screen)
	}
	status, screen := x.run(func() {
		x.waits("go on? (y/N): ")
		x.types("yes please\n")
		x.waits("\ngo on? (y/N): ")
		x.types("n\nrm -r x\n")
	}, "import", file)
	if status != statusFault || !strings.Contains(screen, "y goes on, n sends nothing") {
		t.Errorf("status %d:\n%s", status, screen)
	}
	if n := x.left(); n > 0 {
		t.Errorf("%d characters are left for the shell", n)
	}
	if n := s.OrderCount(); n > 0 {
		t.Errorf("%d orders", n)
	}
}
