package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAims(t *testing.T) {
	for _, tc := range []struct {
		name, text string
		want       []string
	}{
		{"nothing", "mend the rows and import the file again", nil},
		{"the program", "bulkimport plans lists them", []string{"bulkimport"}},
		{"a temporary file", "bulkimport-*.spool", nil},
		{"another word", "bulkimporter", nil},
		{"a flag", "import it without --again", []string{"--again"}},
		{"a flag at the start", "--no-restore leaves them", []string{"--no-restore"}},
		{"a flag in quotes", "only with “--again”", []string{"--again"}},
		{"no flag", "a -- b ---c -d", nil},
		{"a format directive", "%--s and %-8s", nil},
		{"a command with its flag", "compare with `bulkimport doctor --compare ORDER`", []string{"bulkimport", "doctor", "--compare"}},
		{"a name only commands have", "reconcile it, sandbox", []string{"reconcile", "sandbox"}},
		{"part of another word", "reconciled completionDate sandbox_id", nil},
		{"part of a path", "/realms/sandbox/token", nil},
		{"what to run", "run validate first", []string{"validate"}},
		{"what to do it with", "look it up with status", []string{"status"}},
		{"in backticks", "see `audit`", []string{"audit"}},
		{"in quotes", "“download” lists them", []string{"download"}},
		{"a word like any other", "the import has status 400 in the report", nil},
		{"the run of a word", "rerun import", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, aims(tc.text)); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}
