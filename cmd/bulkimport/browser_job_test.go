//go:build unix

package main_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/report/browsertest"
)

// Columns of the template.
const (
	tenantColumn = iota
	planColumn
	subColumn
	companyColumn
	emailColumn
	accountColumn
)

// spoil makes thirty faults of six kinds in a table of at least forty rows.
func spoil(records [][]string) {
	for i, record := range records[1:31] {
		switch {
		case i < 8:
			record[planColumn] = "Azure Gold"
		case i < 13:
			record[planColumn] = ""
		case i < 18:
			record[accountColumn] = "7"
		case i < 22:
			record[emailColumn] = "chris@"
		case i < 26:
			record[subColumn] = record[subColumn][:20]
		default:
			record[tenantColumn] = "contoso onmicrosoft"
		}
	}
}

// thirtyFaults does the whole job with a CSV that has 30 faults of 6 kinds, all of
// them mended in the page.
func thirtyFaults(v *visit) {
	const rows = 40
	v.serve(apstest.Config{Tenants: rows, Seed: 7, Latency: 60 * time.Millisecond, Provisioning: 300 * time.Millisecond})
	v.reads("Ready for import")
	v.wait("!document.querySelector('[data-part=wait]')?.checkVisibility()")
	v.shot("1-where")
	v.press("Get the table")
	v.wait("document.querySelectorAll('[name=tenant]').length === 40")
	v.shot("2-table")

	good := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	spoil(bad)
	save(v.t, filepath.Join(v.dir, "november.csv"), bad)
	v.give("november.csv")
	v.reads("30 with errors")
	v.shot("3-mend")
	v.do(browsertest.Scheme("dark"))
	v.shot("3-mend-dark")
	v.do(browsertest.Scheme("light"))

	v.mendAll("Azure Gold", "Standard")
	v.reads("22 with errors")
	v.mendAll("plan_id", "Standard")
	v.reads("17 with errors")
	v.press("Errors")
	for left := 17; left > 0; left-- {
		v.reads(fmt.Sprintf("%d with errors", left))
		v.wait(fmt.Sprintf("document.querySelector('[data-part=found]').textContent.startsWith('%d row')", left))
		v.mendFirst(good)
	}
	v.reads("40 valid")
	v.wait("!document.querySelector('.fault.error')")
	mended := table(v.t, v.mended())
	for i := range good {
		if i > 0 && i <= 13 {
			good[i][planColumn] = mended[i][planColumn]
		}
	}
	if diff := cmp.Diff(good, mended); diff != "" {
		v.t.Errorf("the mended file (-want +got):\n%s", diff)
	}

	v.press("Look before")
	v.reads("How many orders do you expect?")
	v.shot("4-look")
	see[any](v, "document.querySelector('[name=typed]').focus()")
	v.keys("39", kb.Enter)
	v.wait("document.querySelector('[data-part=refused]').innerText")
	v.done(0)
	v.tab.Forgive() // the refusal, which a browser tells its console
	v.keys(kb.Backspace, kb.Backspace, "40", kb.Enter)
	v.wait("location.hash.startsWith('#watch/')")
	v.wait("Number(document.querySelector('[role=progressbar]').getAttribute('aria-valuenow')) >= 8")
	v.shot("5-watch")
	v.reads("At its end")
	v.press("See how it ended")
	v.reads("Every row is done")
	v.shot("6-after")
	v.done(rows)

	results := table(v.t, v.downloads("CSV"))
	if len(results) != rows+1 {
		v.t.Errorf("%d lines of results, want %d", len(results), rows+1)
	}
	v.press("Audit")
	v.wait("document.querySelector('[data-part=auditSaid]').innerText.length > 30")
	v.press("All imports")
	v.reads("november.csv")
}

// mended downloads the mended file.
func (v *visit) mended() string {
	v.press("Download the mended file")
	return v.downloads("as CSV")
}

// mendAll mends all rows of the first fault that says something, by what is chosen
// from the list.
func (v *visit) mendAll(says, choice string) {
	v.t.Helper()
	fault := "[...document.querySelectorAll('.fault')].find((node) => node.textContent.includes(" + quoted(says) + "))"
	v.wait(fault)
	see[any](v, fault+".querySelector('.apply input').focus()")
	v.keys(choice)
	v.wait("document.querySelectorAll('.choices [role=option]').length === 1")
	v.keys(kb.ArrowDown)
	v.wait(marked)
	v.keys(kb.Enter, kb.Enter)
}

// mendFirst writes what is right into the first cell of the grid that has an error.
func (v *visit) mendFirst(good [][]string) {
	v.t.Helper()
	v.wait("document.querySelector('.grid .body .cell.error[role=gridcell]')")
	at := see[[]string](v, `(() => {
		const cell = document.querySelector('.grid .body .cell.error[role=gridcell]');
		cell.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
		return [cell.parentElement.firstChild.textContent, cell.getAttribute('aria-colindex')];
	})()`)
	row, err := strconv.Atoi(at[0])
	if err != nil {
		v.t.Fatal(err)
	}
	column, err := strconv.Atoi(at[1])
	if err != nil {
		v.t.Fatal(err)
	}
	column -= 2
	v.keys(good[row-1][column])
	if column == accountColumn {
		v.wait("document.querySelector('.choices [role=option]')")
		v.keys(kb.ArrowDown)
		v.wait(marked)
	}
	v.keys(kb.Enter)
}

// marked is that an option of a list is about to be chosen.
const marked = "document.activeElement.getAttribute('aria-activedescendant')"
