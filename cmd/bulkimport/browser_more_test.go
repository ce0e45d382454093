//go:build unix

package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/report/browsertest"
)

// quick is a platform that is done with an order at once.
func quick(tenants int) apstest.Config {
	return apstest.Config{Tenants: tenants, Seed: 7, Provisioning: 100 * time.Millisecond}
}

// workbook does the whole job with a workbook, from the page's own template.
func workbook(v *visit) {
	v.serve(quick(12))
	v.press("Get the table")
	v.wait("document.querySelectorAll('[name=tenant]').length === 12")
	see[any](v, "document.querySelector('[name=plan]').selectedIndex = 2")
	for i := range 5 {
		see[any](v, fmt.Sprintf("document.querySelectorAll('[name=tenant]')[%d].click()", i))
	}
	v.reads("5 tenants chosen")
	file := v.downloads("Download the table")
	if filepath.Ext(file) != ".xlsx" {
		v.t.Errorf("the template is %s, want a workbook", file)
	}
	v.give(file)
	v.reads("5 valid")
	v.press("Look before")
	v.imports(5)
	v.reads("Every row is done")
	v.done(5)
	if results := v.downloads("Workbook"); filepath.Ext(results) != ".xlsx" {
		v.t.Errorf("the results are %s, want a workbook", results)
	}
}

// imports types the number of orders and waits for the end.
func (v *visit) imports(orders int) {
	v.t.Helper()
	v.reads("How many orders do you expect?")
	see[any](v, "document.querySelector('[name=typed]').focus()")
	v.keys(strconv.Itoa(orders), kb.Enter)
	v.wait("location.hash.startsWith('#watch/')")
	v.press("See how it ended")
}

// severalFiles hands in three files at once, one of them no table.
func severalFiles(v *visit) {
	v.serve(quick(3))
	text, err := os.ReadFile(filepath.Join(v.dir, "accounts.csv"))
	if err != nil {
		v.t.Fatal(err)
	}
	for name, content := range map[string]string{"one.csv": string(text), "two.csv": string(text), "three.csv": "%PDF-1.4\n"} {
		if err := os.WriteFile(filepath.Join(v.dir, name), []byte(content), 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
	v.give("one.csv", "two.csv", "three.csv")
	v.wait("document.querySelectorAll('.cards .card > a').length === 3")
	v.press("two.csv")
	v.reads("3 valid")
	see[any](v, "history.back()")
	v.press("three.csv")
	v.reads("This file cannot be read.")
}

// readings says how a workbook is to be read: which sheet, and what becomes of hidden rows.
func readings(v *visit) {
	v.serve(quick(3))
	corpus, err := filepath.Abs(filepath.Join("..", "..", "testdata", "corpus-workbooks"))
	if err != nil {
		v.t.Fatal(err)
	}
	v.give(filepath.Join(corpus, "sheets-two-with-header-o10.xlsx"))
	v.reads("This file cannot be read.")
	v.reads("Sheet to read")
	see[any](v, "document.querySelector('[name=sheet]').selectedIndex = 1")
	v.press("Read it so")
	v.wait("document.querySelectorAll('.grid .body .line').length > 5")
	v.give(filepath.Join(corpus, "hidden-rows-o10.xlsx"))
	v.reads("Hidden rows")
	v.press("are left out")
	v.press("Read it so")
	v.wait("document.querySelectorAll('.grid .body .line').length > 5")
	left := see[string](v, "document.querySelector('[data-part=found]').textContent")
	v.press("are taken like all others")
	v.press("Read it so")
	v.reads("10 rows")
	if left == "10 rows" {
		v.t.Error("hidden rows were not left out")
	}
}

// keyboard does the whole job without a mouse; only the choice of a file, a window of
// the browser's own, is made for it.
func keyboard(v *visit) {
	v.serve(quick(6))
	good := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	bad := slices.Clone(good)
	for _, row := range []int{2, 4, 5} {
		bad[row] = slices.Clone(bad[row])
	}
	bad[2][planColumn], bad[4][planColumn] = "Azure Gold", "Azure Gold"
	bad[5][emailColumn] = "chris@"
	save(v.t, filepath.Join(v.dir, "keys.csv"), bad)

	v.keys(kb.Tab)
	v.onto("Skip to the step")
	v.tabTo("Get the table")
	v.keys(kb.Enter)
	v.reads("Download the table")
	v.tabTo("give it back")
	v.keys(kb.Enter)
	v.reads("Drop the table here")
	v.do(chromedp.SetUploadFiles("input[type=file]", []string{filepath.Join(v.dir, "keys.csv")}, chromedp.ByQuery))
	v.reads("3 with errors")

	v.tabTo("another value")
	v.keys("Premium")
	v.wait("document.querySelectorAll('.choices [role=option]').length === 1")
	v.keys(kb.ArrowDown)
	v.wait(marked)
	v.keys(kb.Enter, kb.Enter)
	v.reads("1 with errors")
	v.wait("document.activeElement.closest('.fault, [data-part=none]')") // what follows has the focus

	v.tabTo("grid")
	v.keys(kb.ArrowDown, kb.ArrowDown, kb.ArrowDown, kb.ArrowDown, kb.ArrowRight, kb.ArrowRight, kb.ArrowRight, kb.ArrowRight)
	same(v, "the cell the arrows lead to", see[string](v, "document.activeElement.textContent"), "chris@")
	v.keys(kb.Enter)
	same(v, "Enter edits", see[string](v, "document.activeElement.value"), "chris@")
	v.keys("x", kb.Escape)
	same(v, "Escape leaves it as it was", see[string](v, "document.activeElement.textContent"), "chris@")
	v.keys(good[5][emailColumn], kb.Enter)
	v.reads("6 valid")
	v.wait("document.activeElement.getAttribute('role') === 'gridcell'") // one row further down, or the last
	v.tabTo("Look before")
	v.keys(kb.Enter)
	v.reads("How many orders do you expect?")
	v.tabTo("typed")
	v.keys("6", kb.Enter)
	v.wait("document.querySelector('[data-part=after]')?.checkVisibility()")
	v.tabTo("See how it ended")
	v.keys(kb.Enter)
	v.reads("Every row is done")
	v.done(6)
	v.tabTo("Audit")
	v.keys(kb.Enter)
	v.wait("document.querySelector('[data-part=auditSaid] p')")
}

const focused = `((node) => [node.textContent.trim(), node.placeholder, node.name, node.closest('[role=grid]') && 'grid'].filter(Boolean).join(' | '))(document.activeElement)`

// onto fails unless what has the focus is called so.
func (v *visit) onto(name string) {
	v.t.Helper()
	if got := see[string](v, focused); !strings.Contains(got, name) {
		v.t.Fatalf("the focus is on %q, want %q", got, name)
	}
}

// tabTo presses Tab until what has the focus is called so, and can be seen to have it.
func (v *visit) tabTo(name string) {
	v.t.Helper()
	for range 120 {
		v.keys(kb.Tab)
		if strings.Contains(see[string](v, focused), name) && see[bool](v, "document.activeElement !== document.body") {
			return
		}
	}
	v.t.Fatalf("no way by Tab to %q", name)
}

func same[T any](v *visit, what string, got, want T) {
	v.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		v.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// hostile has names that would like to be more than text.
func hostile(v *visit) {
	const image, script, turned = `<img src=x onerror="document.title='run'">`, `</script><script>document.title='run'</script>`, "Evil \u202egnp.exe\u2066 Ltd"
	v.serve(quick(4))
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	bad[0] = append(bad[0], image)
	for i, text := range []string{image, script, turned, `"'${document.title='run'}{{.}}&lt;b&gt;`} {
		bad[i+1][companyColumn] = text
		bad[i+1][planColumn] = text
		bad[i+1] = append(bad[i+1], text)
	}
	name := "<b>bold<img src=x onerror=alert(1)>.csv"
	save(v.t, filepath.Join(v.dir, name), bad)
	v.give(name)
	v.reads("4 with errors")
	same(v, "heading", see[string](v, "document.querySelector('h1').textContent"), name)
	for _, text := range []string{image, script} {
		v.reads(text)
	}
	v.press("Show")
	v.wait("document.querySelector('[data-part=only]').checkVisibility()")
	same(v, "elements of strangers", see[int](v, "document.querySelectorAll('main bdi *, main img, main script').length"), 0)
	same(v, "text with a direction outside an isolate", see[[]string](v, `(() => {
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), loose = [];
		while (walk.nextNode()) if (/[\u202a-\u202e\u2066-\u2069]/.test(walk.currentNode.data) && !walk.currentNode.parentElement.closest('bdi')) loose.push(walk.currentNode.data);
		return loose;
	})()`), []string{})
	see[any](v, "location.hash = '#file'")
	v.reads(name)
	same(v, "title", see[bool](v, "document.title.includes('run')"), false)
}

// reached holds each step against axe-core, light and dark.
func reached(v *visit) {
	source := axe(v.t)
	v.serve(apstest.Config{Tenants: 30, Seed: 7, Latency: 100 * time.Millisecond, Provisioning: 200 * time.Millisecond})
	v.reads("Ready for import")
	v.accessible(source, "where we are")
	v.press("Get the table")
	v.wait("document.querySelectorAll('[name=tenant]').length === 30")
	v.accessible(source, "get the table")
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	for i := range 5 {
		bad[i+1][planColumn] = "Azure Gold"
	}
	bad[7][accountColumn] = bad[8][accountColumn]
	save(v.t, filepath.Join(v.dir, "axe.csv"), bad)
	see[any](v, "location.hash = '#file'")
	v.reads("Drop the table here")
	v.accessible(source, "give it back")
	v.give("axe.csv")
	v.reads("5 with errors")
	v.press("Show")
	v.wait("document.activeElement.getAttribute('role') === 'gridcell' && document.querySelector('[data-part=found]').textContent.startsWith('5 ')")
	v.accessible(source, "mend")
	v.keys(kb.Enter)
	v.wait("document.querySelector('.choices [role=option]')")
	v.accessible(source, "mend, with a list open")
	v.keys(kb.Escape, kb.Escape)
	v.press("Use in all 5")
	v.reads("30 valid")
	v.press("Look before")
	v.reads("How many orders do you expect?")
	v.accessible(source, "look before")
	see[any](v, "document.querySelector('[name=typed]').focus()")
	v.keys("30", kb.Enter)
	v.wait("location.hash.startsWith('#watch/')")
	v.reads("of 30")
	v.accessible(source, "watch")
	v.press("See how it ended")
	v.reads("How the rows ended")
	v.accessible(source, "after")
	v.press("All imports")
	v.reads("axe.csv")
	v.accessible(source, "all imports")
}

// narrow looks at each step on a phone: nothing is wider than its screen.
func narrow(v *visit) {
	v.serve(quick(5), browsertest.Width(390, 800))
	fits := func(what string) {
		v.t.Helper()
		same(v, what+": how far it overflows", see[int](v, "document.documentElement.scrollWidth - document.documentElement.clientWidth"), 0)
	}
	v.reads("Ready for import")
	fits("where we are")
	v.wait("!document.querySelector('[data-part=wait]').checkVisibility()")
	same(v, "what to press next is in sight", see[bool](v, "document.querySelector('main a[href=\"#table\"]').getBoundingClientRect().bottom <= innerHeight"), true)
	v.press("Get the table")
	v.wait("document.querySelectorAll('[name=tenant]').length === 5")
	fits("get the table")
	v.give("accounts.csv")
	v.reads("5 valid")
	fits("give it back")
	v.press("Look before")
	v.reads("How many orders do you expect?")
	fits("look before")
	see[any](v, "document.querySelector('[name=typed]').focus()")
	v.keys("5", kb.Enter)
	v.wait("location.hash.startsWith('#watch/')")
	v.reads("of 5")
	fits("watch")
	v.shot("phone")
	v.press("See how it ended")
	v.reads("Every row is done")
	fits("after")
	v.press("All imports")
	v.reads("accounts.csv")
	fits("all imports")
}

// firstDay places one order, looks at it, and then the rest.
func firstDay(v *visit) {
	v.env = []string{"BULKIMPORT_FIRST_DAY=1"}
	v.serve(quick(4))
	v.reads("The first import places one order")
	v.give("accounts.csv")
	v.reads("4 valid")
	v.press("Look before")
	v.reads("First day")
	v.imports(1)
	v.reads("The first order")
	v.done(1)
	v.press("Look before the rest")
	v.reads("Number of the order you have looked at")
	see[any](v, "document.querySelector('[name=checked]').focus()")
	v.keys(v.server.Orders()[0].Number, kb.Tab)
	v.imports(3)
	v.reads("Every row is done")
	v.done(4)
}

// stopsAndGoesOn stops an import, finds back to it, and goes on.
func stopsAndGoesOn(v *visit) {
	v.serve(apstest.Config{Tenants: 60, Seed: 7, Latency: 300 * time.Millisecond, Provisioning: 300 * time.Millisecond})
	v.give("accounts.csv")
	v.reads("60 valid")
	v.press("Look before")
	v.reads("How many orders do you expect?")
	see[any](v, "document.querySelector('[name=typed]').focus()")
	v.keys("60", kb.Enter)
	v.wait("location.hash.startsWith('#watch/')")
	v.orders(5)
	v.do(chromedp.Reload())
	v.press("Stop")
	v.reads("Stopped")
	if n := v.server.OrderCount(); n >= 60 {
		v.t.Errorf("%d orders when it had stopped, want fewer than 60", n)
	}
	v.press("See how it ended")
	v.reads("it can go on")
	v.press("Go on")
	v.wait("location.hash.startsWith('#watch/')")
	v.press("See how it ended")
	v.reads("Every row is done")
	v.done(60)
}

// nothingLost edits while the service cannot be reached: the edit is held, outlives a
// reload, and is kept when the service is back.
func nothingLost(v *visit) {
	v.serve(quick(3))
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	plan := bad[1][planColumn]
	bad[1][planColumn] = "Azure Gold"
	save(v.t, filepath.Join(v.dir, "lost.csv"), bad)
	v.give("lost.csv")
	v.reads("1 with errors")
	v.do(network.SetBlockedURLs([]string{"*/api/files/*/edits"}))
	v.press("Show")
	v.wait("document.activeElement.textContent === 'Azure Gold'")
	v.keys(plan, kb.Enter)
	v.reads("1 change is not kept yet.")
	v.wait("document.querySelector('.grid').textContent.includes(" + quoted(plan) + ")") // what was typed stays to be seen
	chromedp.ListenTarget(v.tab, func(event any) {
		if _, asks := event.(*page.EventJavascriptDialogOpening); asks { // whether the page may be left
			go chromedp.Run(v.tab, page.HandleJavaScriptDialog(true))
		}
	})
	v.do(chromedp.Reload())
	v.reads("1 change is not kept yet.")
	v.do(network.SetBlockedURLs([]string{}))
	v.press("Try now")
	v.reads("3 valid")
	v.tab.Forgive() // what the browser says of requests that were blocked
}

// pasted puts in cells from a spreadsheet, and takes one out.
func pasted(v *visit) {
	v.serve(quick(4))
	good := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	for _, record := range bad[1:] {
		record[emailColumn], record[accountColumn] = "chris@", "7"
	}
	save(v.t, filepath.Join(v.dir, "paste.csv"), bad)
	v.give("paste.csv")
	v.reads("4 with errors")
	var text strings.Builder
	for _, record := range good[1:] {
		text.WriteString(record[emailColumn] + "\t" + record[accountColumn] + "\r\n")
	}
	v.wait(`document.querySelectorAll('.grid .body [aria-colindex="6"]').length === 4`)
	copied := see[string](v, `(() => {
		const cell = document.querySelector('.grid .body [aria-rowindex="2"] [aria-colindex="6"]');
		cell.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
		const out = new DataTransfer(), put = new DataTransfer();
		document.activeElement.dispatchEvent(new ClipboardEvent('copy', { clipboardData: out, bubbles: true, cancelable: true }));
		put.setData('text/plain', `+quoted(text.String())+`);
		document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: put, bubbles: true, cancelable: true }));
		return out.getData('text/plain');
	})()`)
	same(v, "copied", copied, "chris@")
	v.reads("4 valid")
	if diff := cmp.Diff(good, table(v.t, v.mended())); diff != "" {
		v.t.Errorf("the mended file (-want +got):\n%s", diff)
	}
}

// killed has the server die in the middle of an import, and come back.
func killed(v *visit) {
	v.serve(apstest.Config{Tenants: 60, Seed: 7, Latency: 200 * time.Millisecond, Provisioning: 300 * time.Millisecond})
	v.give("accounts.csv")
	v.reads("60 valid")
	v.press("Look before")
	v.reads("How many orders do you expect?")
	see[any](v, "document.querySelector('[name=typed]').focus()")
	v.keys("60", kb.Enter)
	v.wait("location.hash.startsWith('#watch/')")
	v.orders(5)
	v.serving.Process.Signal(syscall.SIGKILL)
	v.serving.Wait()
	v.reads("The connection to the service is lost.")
	_, port, _ := strings.Cut(strings.TrimPrefix(v.origin, "http://"), ":")
	first := v.tab
	v.enter(v.start("--port", port))
	v.reads("Running now")
	v.tab = first
	v.press("See how it ended")
	v.reads("How the rows ended")
	unknown := see[int](v, "document.querySelectorAll('[data-part=doubts] tr').length") // asked for and not answered when it died
	if n := v.server.OrderCount(); len(v.server.Doubles()) > 0 || n > 60 || n < 60-unknown {
		v.t.Errorf("%d orders for 60 rows, %d of them in doubt; ordered twice: %v", n, unknown, v.server.Doubles())
	}
	v.tab.Forgive() // what the browser says of connections that were lost
}

// manyRows scrolls and searches 100,000 rows: only those in view are drawn. How long
// it took is told and not judged.
func manyRows(v *visit) {
	v.serve(apstest.Config{Tenants: 1000, Subscriptions: 100, Seed: 7})
	const rows = 100_000
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	if len(bad) != rows+1 {
		v.t.Fatalf("the file has %d rows, want %d", len(bad)-1, rows)
	}
	for i := 50; i < rows; i += 1000 {
		bad[i][planColumn] = "Azure Gold"
	}
	bad[77_777][companyColumn] = "Needle in the Hay"
	save(v.t, filepath.Join(v.dir, "many.csv"), bad)
	v.reads("Ready for import") // the platform's lists have been read
	began := time.Now()
	v.give("many.csv")
	v.wait("document.querySelector('.fault.error')")
	v.t.Logf("first findings of %d rows: %v after the upload began", rows, time.Since(began).Round(10*time.Millisecond))
	v.reads("100 with errors")
	v.t.Logf("all of them: %v", time.Since(began).Round(10*time.Millisecond))

	for _, at := range []float64{0.5, 0.999, 0.1, 0.777} {
		v.t.Logf("scrolled to %v of the rows: drawn after %.0f ms", at, see[float64](v, fmt.Sprintf("(%s)(%v)", scroll, at)))
	}
	for text, found := range map[string]string{"needle": "1 row", "azure gold": "100 rows", "no such thing": "0 rows"} {
		v.t.Logf("searched for %q: %s after %.0f ms", text, found, see[float64](v, fmt.Sprintf("(%s)(%s, %s)", search, quoted(text), quoted(found))))
	}
	see[float64](v, "("+search+")('', '100,000 rows')")
	see[any](v, "document.querySelector('.grid [tabindex=\"0\"]').focus()")
	v.do(chromedp.KeyEvent(kb.End, chromedp.KeyModifiers(input.ModifierCtrl)))
	v.wait("document.activeElement.parentElement.firstChild.textContent === '100,001'")
	v.keys(kb.PageUp, kb.ArrowUp, kb.Home)
	v.wait("document.activeElement.getAttribute('aria-colindex') === '2'")
	v.do(chromedp.KeyEvent(kb.Home, chromedp.KeyModifiers(input.ModifierCtrl)))
	v.wait("document.activeElement.parentElement.firstChild.textContent === '2'")
	same(v, "lines drawn stay few", see[bool](v, "document.querySelectorAll('.grid .line').length < 80"), true)
}

// scroll scrolls the grid to a part of its rows, and tells after how many milliseconds
// all rows in view were drawn.
const scroll = `async (at) => {
	const grid = document.querySelector('.grid'), began = performance.now();
	grid.scrollTop = at * (grid.scrollHeight - grid.clientHeight);
	for (;;) {
		await new Promise(requestAnimationFrame);
		const box = grid.getBoundingClientRect();
		const seen = [...grid.querySelectorAll('.body .line')].filter((line) => {
			const { top, bottom } = line.getBoundingClientRect();
			return bottom > box.top + 34 && top < box.bottom;
		});
		if (seen.length > 5 && seen.every((line) => !line.classList.contains('missing'))) return performance.now() - began;
	}
}`

// search types into the search field, and tells after how many milliseconds what was
// found is shown.
const search = `async (text, found) => {
	const field = document.querySelector('.search input'), began = performance.now();
	field.value = text;
	field.dispatchEvent(new Event('input'));
	while (!document.querySelector('[data-part=found]').textContent.startsWith(found)) await new Promise(requestAnimationFrame);
	return performance.now() - began;
}`

// undone takes changes back, by the button and by the keyboard: of a cell, of all that
// had a fault, and of what was pasted; also after the page was loaded anew.
func undone(v *visit) {
	v.serve(quick(4))
	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	for _, record := range bad[1:4] {
		record[planColumn] = "Azure Gold"
	}
	save(v.t, filepath.Join(v.dir, "undo.csv"), bad)
	back := func(by func(), words string) {
		v.t.Helper()
		v.wait("document.querySelector('[data-part=undo]')?.disabled === false")
		by()
		v.reads(words)
	}
	button := func() { v.press("Undo") }
	keyboard := func() {
		v.wait("document.querySelector('.grid [tabindex=\"0\"]')")
		see[any](v, "document.querySelector('.grid [tabindex=\"0\"]').focus()")
		v.do(chromedp.KeyEvent("z", chromedp.KeyModifiers(input.ModifierCtrl)))
	}
	v.give("undo.csv")
	v.reads("3 with errors")
	same(v, "nothing can be taken back", see[bool](v, "document.querySelector('[data-part=undo]').disabled"), true)
	v.mendAll("Azure Gold", "Standard")
	v.reads("4 valid")
	back(button, "3 with errors")
	v.mendAll("Azure Gold", "Standard")
	v.reads("4 valid")
	see[any](v, `(() => {
		document.querySelector('.grid .body [aria-rowindex="2"] [aria-colindex="6"]').dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }));
		const put = new DataTransfer();
		put.setData('text/plain', 'chris@\r\nkim@\r\nlou@');
		document.activeElement.dispatchEvent(new ClipboardEvent('paste', { clipboardData: put, bubbles: true, cancelable: true }));
	})()`)
	v.reads("3 with errors")
	back(keyboard, "4 valid")
	v.do(chromedp.Reload())
	v.reads("4 valid")
	back(keyboard, "3 with errors")
	v.wait("document.querySelector('[data-part=undo]')?.disabled")
	v.wait("[...document.querySelectorAll('.grid .body [role=gridcell]')].filter((cell) => cell.textContent === 'Azure Gold').length === 3")
	if diff := cmp.Diff(bad, table(v.t, v.mended())); diff != "" {
		v.t.Errorf("the file, all taken back (-want +got):\n%s", diff)
	}
}

// deleted deletes a file, by the keyboard.
func deleted(v *visit) {
	v.serve(quick(2))
	save(v.t, filepath.Join(v.dir, "other.csv"), table(v.t, filepath.Join(v.dir, "accounts.csv")))
	v.give("accounts.csv", "other.csv")
	v.wait("document.querySelectorAll('[data-part=files] > li').length === 2")
	see[any](v, `document.querySelector('[aria-label="Delete other.csv"]').focus()`)
	v.keys(kb.Enter)
	same(v, "the first choice is to keep it", see[string](v, "document.activeElement.textContent"), "Keep it")
	save(v.t, filepath.Join(v.dir, "late1.csv"), table(v.t, filepath.Join(v.dir, "accounts.csv")))
	save(v.t, filepath.Join(v.dir, "late2.csv"), table(v.t, filepath.Join(v.dir, "accounts.csv")))
	v.give("late1.csv", "late2.csv")
	v.wait("document.querySelectorAll('[data-part=files] > li').length === 4")
	same(v, "a file that comes takes no focus", see[string](v, "document.activeElement.textContent"), "Keep it")
	v.keys(kb.Enter)
	same(v, "and then it is as it was", see[string](v, "document.activeElement.textContent"), "Delete")
	v.keys(kb.Enter)
	v.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(input.ModifierShift)))
	v.keys(kb.Enter)
	v.wait("document.querySelectorAll('[data-part=files] > li').length === 3")
	v.wait("document.activeElement.textContent === 'Give it back'")
	v.do(chromedp.Reload())
	v.wait("document.querySelectorAll('[data-part=files] > li').length === 3")
	v.reads("accounts.csv")
}
