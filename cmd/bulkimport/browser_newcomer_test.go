//go:build unix

package main_test

import (
	"path/filepath"
	"regexp"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
)

// terminal is what only who has a terminal can do something with: a command, a flag.
var terminal = regexp.MustCompile(`bulkimport [a-z]+|run (doctor|reconcile)|--[a-z]+`)

// knowsNoTerminal checks that the step names no command and no flag.
func (v *visit) knowsNoTerminal() {
	v.t.Helper()
	if words := terminal.FindString(see[string](v, "document.getElementById('main').innerText")); words != "" {
		v.t.Errorf("the page at %s names %q", see[string](v, "location.hash"), words)
	}
}

// step goes to a step by its number.
func (v *visit) step(name string) {
	v.t.Helper()
	see[any](v, "document.querySelector('[data-step="+name+"]').click()")
}

// leavesOut leaves the rows with errors out, once the page has refused them, which a
// browser tells its console.
func (v *visit) leavesOut() {
	v.t.Helper()
	v.press("Leave the rows with errors out")
	v.tab.Forgive()
}

// spoiled hands in the table with some of its cells changed.
func (v *visit) spoiled(change func(records [][]string) [][]string) (good [][]string) {
	v.t.Helper()
	good = table(v.t, filepath.Join(v.dir, "accounts.csv"))
	save(v.t, filepath.Join(v.dir, "mine.csv"), change(table(v.t, filepath.Join(v.dir, "accounts.csv"))))
	v.give("mine.csv")
	return good
}

// newcomer does the job as who has never seen a terminal: no step asks for one.
func newcomer(v *visit) {
	v.serve(apstest.Config{Tenants: 6, Seed: 7, Provisioning: 100 * time.Millisecond})
	v.reads("Everything is in place")
	v.reads("Looked at ")
	v.reads("look again")
	v.knowsNoTerminal()
	v.press("Get the table")
	v.wait("document.querySelectorAll('[name=tenant]').length === 6")
	v.reads("None chosen: all 6 of them")
	v.downloads("Download the table")
	v.reads("accounts.xlsx is downloaded: fill it in, then give it back.")

	v.spoiled(func(records [][]string) [][]string {
		records[1][accountColumn], records[2][accountColumn] = records[2][accountColumn], records[1][accountColumn]
		return records
	})
	v.reads("2 with errors")
	v.reads("if each is meant")
	v.knowsNoTerminal()
	v.press("Look before")
	v.leavesOut()
	v.imports(4)
	v.reads("2 rows are not done")
	v.wait("document.querySelectorAll('[data-part=next] li').length === 2")
	v.reads("mend the rows to mend")
	v.reads("audit: has every row what it asked for?")
	v.knowsNoTerminal()
	v.press("Audit")
	v.reads("4 as the file says")
	v.knowsNoTerminal()

	v.step("watch")
	v.reads("At its end")
	same(v, "rows that were left out are told where it was watched", see[string](v, "[...document.querySelectorAll('[data-part=keys] > div')].map((node) => node.innerText.replace(/\\s+/g, ' ')).slice(0, 3).join(', ')"), "Ended 6 of 6, Invalid 2, Failed 0")
	v.press("All imports")
	v.reads("mine.csv")
	same(v, "and in the list", see[string](v, "[...document.querySelectorAll('.history tbody td.num')].map((node) => node.textContent).join()"), "6,6,2,0,0")
}

// leftOut looks before an import without some rows: what is warned of counts the rows
// that are ordered alone.
func leftOut(v *visit) {
	v.serve(quick(4))
	v.spoiled(func(records [][]string) [][]string {
		for _, record := range records[1:] {
			record[planColumn] = "Azure NCE Pay-As-You-Go"
		}
		records[2][emailColumn], records[2][accountColumn] = "chris@", ""
		return records
	})
	v.reads("1 with errors")
	v.press("Look before")
	v.leavesOut()
	v.reads("was read as plan")
	same(v, "the rows of a warning", see[string](v, "document.querySelector('[data-part=warnings]').innerText.match(/rows? [^)]*/)[0]"), "rows 2, 4, 5")
}

// another gives a further table back where one is open, and the rows to mend of an
// import without a file in between.
func another(v *visit) {
	v.serve(quick(3))
	v.give("accounts.csv")
	v.wait("document.querySelector('[data-part=counts]')?.innerText")
	v.press("Another table")
	v.reads("Drop the table here")

	v.spoiled(func(records [][]string) [][]string {
		for _, record := range records[1:] {
			record[planColumn] = "Azure NCE Pay-As-You-Go"
		}
		records[2][planColumn] = ""
		return records
	})
	v.press("Look before")
	v.leavesOut()
	v.imports(2)
	v.reads("1 row is not done")
	v.press("Mend them here")
	v.reads("mine.mend.csv")
	v.reads("1 with errors")
	v.press("Use Azure NCE Pay-As-You-Go")
	v.reads("1 valid")
	v.press("Look before")
	v.imports(1)
	v.reads("Every row is done")
	v.done(3)
	v.step("table")
	v.reads("Nothing is ready for import")
}

// takenOut deletes rows that are no subscription or are there twice, takes that back,
// and uses what the export had.
func takenOut(v *visit) {
	v.serve(quick(3))
	good := v.spoiled(func(records [][]string) [][]string {
		for _, record := range records[1:] {
			record[planColumn] = "Azure NCE Pay-As-You-Go"
		}
		twice := append([]string(nil), records[1]...)
		records[3][emailColumn] = "chris at contoso"
		return append(records, twice, []string{"Total", "", "3", "", "", ""})
	})
	v.reads("3 with errors")
	v.press("Delete row 5")
	v.reads("2 with errors")
	v.press("Undo")
	v.reads("3 with errors")
	v.press("Delete row 5")
	v.reads("2 with errors")
	v.press("Delete row 6")
	v.reads("1 with errors")
	v.press("Use " + good[3][emailColumn])
	v.reads("3 valid")
	v.wait("!document.querySelector('.fault.error')")
	mended := table(v.t, v.mended())
	for _, record := range good[1:] {
		record[planColumn] = "Azure NCE Pay-As-You-Go"
	}
	if diff := cmp.Diff(good, mended); diff != "" {
		v.t.Errorf("the mended file (-want +got):\n%s", diff)
	}
	v.press("Look before")
	v.imports(3)
	v.reads("Every row is done")
	v.done(3)

	v.step("look")
	v.reads("Imported already")
	same(v, "nothing is asked where nothing is ordered", see[bool](v, "document.querySelector('[name=typed]').checkVisibility()"), false)
	v.press("Look the rows up")
	v.press("See how it ended")
	v.reads("Every row is done")
	v.done(3)
}
