package report_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
	"bulkimport/csvimport/report"
	"bulkimport/csvimport/report/browsertest"
)

var shots = flag.String("shots", "", "write screenshots of a report with 3,000 rows to this folder")

type tab = browsertest.Tab

// open shows a report in a new tab, from a server that knows nothing else.
func open(t *testing.T, chromium context.Context, p report.Page, before ...chromedp.Action) *tab {
	t.Helper()
	var html bytes.Buffer
	if err := report.Write(&html, p); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/report.html" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write(html.Bytes())
	}))
	t.Cleanup(server.Close)
	tab := browsertest.Open(t, chromium, server.URL+"/report.html", before...)
	t.Cleanup(func() {
		for _, asked := range tab.Requests() {
			if asked != server.URL+"/report.html" {
				t.Errorf("the page asked for %s", asked)
			}
		}
	})
	return tab
}

func eval[T any](t *testing.T, tab *tab, expression string) T {
	t.Helper()
	return browsertest.Eval[T](t, tab, expression)
}

var scheme = browsertest.Scheme

// TestBrowser shares one browser: starting one is the slow part.
func TestBrowser(t *testing.T) {
	chromium := browsertest.Start(t)
	t.Run("renders", func(t *testing.T) { testRenders(t, chromium) })
	t.Run("searches", func(t *testing.T) { testSearches(t, chromium) })
	t.Run("filters", func(t *testing.T) { testFilters(t, chromium) })
	t.Run("sorts", func(t *testing.T) { testSorts(t, chromium) })
	t.Run("turns pages", func(t *testing.T) { testTurnsPages(t, chromium) })
	t.Run("hostile names stay text", func(t *testing.T) { testHostile(t, chromium) })
	t.Run("ten thousand rows", func(t *testing.T) { testTenThousand(t, chromium) })
	t.Run("keyboard", func(t *testing.T) { testKeyboard(t, chromium) })
	t.Run("contrast", func(t *testing.T) { testContrast(t, chromium) })
	t.Run("fits a phone", func(t *testing.T) { testPhone(t, chromium) })
	t.Run("without JavaScript", func(t *testing.T) { testWithoutScript(t, chromium) })
	t.Run("policy holds", func(t *testing.T) { testPolicy(t, chromium) })
	t.Run("paper", func(t *testing.T) { testPaper(t, chromium) })
}

const (
	found      = `document.getElementById('found').textContent`
	lines      = `[...document.querySelectorAll('#body tr:not(.details) .rownum')].map(cell => cell.textContent)`
	statuses   = `[...new Set([...document.querySelectorAll('#body tr:not(.details) .status')].map(cell => cell.textContent))]`
	typeInto   = `(text => { const query = document.getElementById('query'); query.value = text; query.dispatchEvent(new Event('input')); return [...document.querySelectorAll('#body tr .wide')].map(cell => cell.textContent); })`
	pressChip  = `(name => [...document.querySelectorAll('.chip')].find(chip => chip.textContent.startsWith(name)).click())`
	pressHead  = `(name => document.querySelector('[data-sort="' + name + '"]').click())`
	overflowed = `document.documentElement.scrollWidth - document.documentElement.clientWidth`
)

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func testRenders(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{Title: "November", File: "accounts.csv", Program: "bulkimport", Version: "1.0.0", Rows: sample(300)})
	same(t, "heading", eval[string](t, tab, `document.querySelector('h1').textContent`), "November")
	same(t, "rows found", eval[string](t, tab, found), "Rows 1 to 50 of 300")
	same(t, "rows shown", eval[int](t, tab, `document.querySelectorAll('#body tr').length`), 50)
	same(t, "the table is shown", eval[bool](t, tab, `document.querySelector('.all').checkVisibility()`), true)
	same(t, "charts drawn", eval[int](t, tab, `[...document.querySelectorAll('.chart > svg')].filter(svg => svg.getBoundingClientRect().height > 100).length`), 2)
	same(t, "style applied", eval[string](t, tab, `getComputedStyle(document.querySelector('.all')).tableLayout`), "fixed")
	same(t, "headings of columns", eval[int](t, tab, `document.querySelectorAll('.all thead th[scope=col]').length`), 10)
}

func testSearches(t *testing.T, chromium context.Context) {
	list := []csvimport.Reported{
		of("Grüße & Söhne", csvimport.Result{Row: 2, Status: csvimport.Completed, OrderNumber: "SO000123"}),
		of("Contoso Ltd", csvimport.Result{Row: 3, Status: csvimport.Failed, Error: "no agreement for Alpha"}),
		of("Contoso AG", csvimport.Result{Row: 4, Status: csvimport.Refused, Error: "unknown plan"}),
		of("日本商事", csvimport.Result{Row: 5, Status: csvimport.Completed}),
		of("L'Étoile", csvimport.Result{Row: 6, Status: csvimport.Completed}),
	}
	list[1].Row.Tenant = "contoso.onmicrosoft.com"
	tab := open(t, chromium, report.Page{Rows: each(list)})
	for query, want := range map[string][]string{
		"contoso":         {"3", "4"},
		"CONTOSO alpha":   {"3"}, // every word, in any cell
		"alpha contoso":   {"3"},
		"so000123":        {"2"},
		"gruße":           {"2"},
		"GRUSSE":          {"2"}, // accents and sharp s fold
		"etoile":          {"6"},
		"日本":              {"5"},
		"  ":              {"2", "3", "4", "5", "6"},
		"nobody":          {},
		"<script>":        {},
		".onmicrosoft.co": {"3"},
	} {
		eval[any](t, tab, typeInto+fmt.Sprintf("(%q)", query))
		same(t, fmt.Sprintf("lines found for %q", query), eval[[]string](t, tab, lines), want)
	}
	eval[any](t, tab, typeInto+`("nobody")`)
	same(t, "the page says so", eval[bool](t, tab, `document.getElementById('nothing').checkVisibility()`), true)
	eval[any](t, tab, `document.getElementById('clear').click()`)
	same(t, "rows after clearing", eval[int](t, tab, `document.querySelectorAll('#body tr').length`), 5)
}

func testFilters(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{Rows: sample(3000)})
	eval[any](t, tab, pressChip+`('failed')`)
	same(t, "statuses shown", eval[[]string](t, tab, statuses), []string{"failed"})
	same(t, "rows found", eval[string](t, tab, found), "Rows 1 to 50 of 62, out of 3,000")
	same(t, "pressed", eval[string](t, tab, `document.querySelector('.chip[aria-pressed=true]').textContent`), "failed62")
	eval[any](t, tab, pressChip+`('unknown')`)
	same(t, "rows of two statuses", eval[string](t, tab, found), "Rows 1 to 50 of 74, out of 3,000")
	eval[any](t, tab, typeInto+`("partner relationship")`)
	same(t, "and a search", eval[string](t, tab, found), "Rows 1 to 28 of 28, out of 3,000")
	eval[any](t, tab, typeInto+`("")`)
	eval[any](t, tab, pressChip+`('failed'), `+pressChip+`('unknown')`)
	same(t, "rows without a filter", eval[string](t, tab, found), "Rows 1 to 50 of 3,000")

	// The links of totals and causes narrow the table too.
	eval[any](t, tab, `document.querySelector('[data-status=refused]').click()`)
	same(t, "statuses after the link", eval[[]string](t, tab, statuses), []string{"refused"})
	eval[any](t, tab, `[...document.querySelectorAll('.causes tr')].find(row => row.textContent.includes('partner relationship')).querySelector('a').click()`)
	same(t, "rows of one cause", eval[string](t, tab, found), "Rows 1 to 28 of 28, out of 3,000")
	eval[any](t, tab, `document.getElementById('any').click()`)
	same(t, "rows of all causes", eval[string](t, tab, found), "Rows 1 to 50 of 3,000")
}

func testSorts(t *testing.T, chromium context.Context) {
	at := func(hour, minute, second int) time.Time {
		return time.Date(2026, 11, 22, hour, minute, second, 0, time.FixedZone("EET", 2*3600))
	}
	list := []csvimport.Reported{
		of("beta", csvimport.Result{Row: 2, Status: csvimport.Unknown, OrderNumber: "SO10", SubmittedAt: at(12, 0, 0), FinishedAt: at(12, 0, 30)}),
		of("Alpha", csvimport.Result{Row: 10, Status: csvimport.Completed, OrderNumber: "SO9", SubmittedAt: at(11, 0, 0), FinishedAt: at(11, 0, 2)}),
		of("", csvimport.Result{Row: 9, Status: csvimport.Failed}),
		of("ärger", csvimport.Result{Row: 11, Status: csvimport.Existing, OrderNumber: "SO100", SubmittedAt: at(9, 0, 0), FinishedAt: at(9, 10, 0)}),
	}
	tab := open(t, chromium, report.Page{Rows: each(list)})
	for _, test := range []struct {
		column   string
		up, down []string
	}{
		{"status", []string{"10", "11", "9", "2"}, []string{"2", "9", "11", "10"}},
		{"customer", []string{"10", "11", "2", "9"}, []string{"2", "11", "10", "9"}}, // what is empty comes last both ways
		{"order", []string{"10", "2", "11", "9"}, []string{"11", "2", "10", "9"}},
		{"placed", []string{"11", "10", "2", "9"}, []string{"2", "10", "11", "9"}},
		{"took", []string{"10", "2", "11", "9"}, []string{"11", "2", "10", "9"}},
		{"row", []string{"2", "9", "10", "11"}, []string{"11", "10", "9", "2"}},
	} {
		eval[any](t, tab, fmt.Sprintf("%s(%q)", pressHead, test.column))
		same(t, test.column+" up", eval[[]string](t, tab, lines), test.up)
		same(t, test.column+" is marked", eval[string](t, tab, `[...document.querySelectorAll('th[aria-sort]')].map(head => head.firstChild.dataset.sort + ' ' + head.ariaSort).join()`), test.column+" ascending")
		eval[any](t, tab, fmt.Sprintf("%s(%q)", pressHead, test.column))
		same(t, test.column+" down", eval[[]string](t, tab, lines), test.down)
	}
}

func testTurnsPages(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{Rows: sample(130)})
	eval[any](t, tab, `document.getElementById('next').click()`)
	same(t, "second page", eval[string](t, tab, found), "Rows 51 to 100 of 130")
	eval[any](t, tab, `document.getElementById('last').click()`)
	same(t, "last page", eval[string](t, tab, found), "Rows 101 to 130 of 130")
	same(t, "no page after it", eval[bool](t, tab, `document.getElementById('next').disabled`), true)
	eval[any](t, tab, `(size => { size.value = '500'; size.dispatchEvent(new Event('change')); })(document.getElementById('size'))`)
	same(t, "all on one page", eval[string](t, tab, found), "Rows 1 to 130 of 130")
}

func testHostile(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{
		Title: hostileScript, File: hostileImage, Platform: hostileTurned, Program: hostileImage, Version: hostileQuotes, Rows: each(mixed()),
	})
	eval[any](t, tab, `document.querySelectorAll('.more').forEach(button => button.click())`)
	eval[any](t, tab, `document.querySelectorAll('details').forEach(details => details.open = true)`)
	same(t, "heading", eval[string](t, tab, `document.querySelector('h1').textContent`), hostileScript)
	for _, text := range []string{hostileScript, hostileImage, hostileTurned, hostileQuotes, hostileLines, "<b>strange</b>"} {
		same(t, fmt.Sprintf("%q is an isolated text", text),
			eval[bool](t, tab, fmt.Sprintf(`[...document.querySelectorAll('.details bdi')].some(node => node.textContent === %s && node.children.length === 0 && getComputedStyle(node).unicodeBidi === 'isolate')`, quoted(text))), true)
	}
	same(t, "scripts", eval[int](t, tab, `document.scripts.length`), 3)
	same(t, "images and bold texts", eval[int](t, tab, `document.querySelectorAll('img, b:not(.keys b)').length`), 0)
	same(t, "title", eval[string](t, tab, `document.title`), "\u2068"+hostileScript+"\u2069")
	same(t, "text with a direction outside an isolate", eval[[]string](t, tab, `(() => {
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), loose = [];
		while (walk.nextNode()) {
			const node = walk.currentNode;
			if (/[\u202a-\u202e\u2066-\u2069]/.test(node.data) && !node.parentElement.closest('bdi, script')) loose.push(node.data);
		}
		return loose;
	})()`), []string{})
}

// quoted writes a text as a JavaScript string.
func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

func testTenThousand(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{Rows: func(yield func(csvimport.Reported, error) bool) {
		i := 0
		for row, err := range sample(10_000) {
			if i++; i == 9_876 {
				row.Row.Company = "Needle in the Hay"
			}
			if !yield(row, err) {
				return
			}
		}
	}})
	same(t, "rows found", eval[string](t, tab, found), "Rows 1 to 50 of 10,000")
	// The answer is there when the event has been dispatched, in the same
	// task: nothing is put off, and no more than a page is drawn.
	same(t, "found at once", eval[[]string](t, tab, typeInto+`("needle hay")`)[0][:17], "Needle in the Hay")
	same(t, "rows shown", eval[int](t, tab, `document.querySelectorAll('#body tr').length`), 1)
	same(t, "all found at once", len(eval[[]string](t, tab, typeInto+`("azure-import")`)), 50)
	same(t, "elements stay few", eval[bool](t, tab, `document.querySelectorAll('*').length < 5000`), true)
	for _, column := range []string{"customer", "took", "reason", "sub"} {
		eval[any](t, tab, fmt.Sprintf("%s(%q)", pressHead, column))
		same(t, "rows shown by "+column, eval[int](t, tab, `document.querySelectorAll('#body tr').length`), 50)
	}
}

func testKeyboard(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{Rows: sample(60)})
	focus := func() string {
		return eval[string](t, tab, `document.activeElement.id || document.activeElement.className || document.activeElement.dataset.sort || document.activeElement.tagName`)
	}
	press := func(keys ...string) {
		t.Helper()
		for _, key := range keys {
			if err := chromedp.Run(tab, chromedp.KeyEvent(key)); err != nil {
				t.Fatal(err)
			}
		}
	}
	press(kb.Tab)
	same(t, "first stop", focus(), "skip")
	press(kb.Enter)
	same(t, "the link skips to the rows", focus(), "rows")
	press("/")
	same(t, "the slash key leads to the search", focus(), "query")
	press("i", "m", "p", "o", "r", "t", "e", "r", "s")
	same(t, "typed text searches", eval[bool](t, tab, `document.querySelectorAll('#body tr').length < 50`), true)
	eval[any](t, tab, typeInto+`("")`)
	eval[any](t, tab, `document.querySelector('.more').focus()`)
	press(kb.Enter)
	same(t, "a row opens", eval[int](t, tab, `document.querySelectorAll('#body .details').length`), 1)
	same(t, "and says so", eval[string](t, tab, `document.activeElement.ariaExpanded`), "true")
	press(kb.Enter)
	same(t, "a row closes", eval[int](t, tab, `document.querySelectorAll('#body .details').length`), 0)
	same(t, "controls without a name", eval[[]string](t, tab, `[...document.querySelectorAll('button, input, select')].filter(node => !(node.textContent.trim() || node.ariaLabel || node.labels?.[0]?.textContent.trim())).map(node => node.outerHTML)`), []string{})
}

// contrastJS lists texts whose contrast to what is behind them is below what
// WCAG 2.2 asks (4.5, or 3 for large text).
const contrastJS = `(() => {
	const parse = (color) => color.match(/[\d.]+/g).map(Number);
	const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
	const behind = (node) => {
		for (; node; node = node.parentElement) {
			const color = parse(getComputedStyle(node).backgroundColor);
			if (color.length < 4 || color[3] === 1) return color;
		}
		return [255, 255, 255];
	};
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), poor = new Set();
	let seen = 0;
	while (walk.nextNode()) {
		const node = walk.currentNode.parentElement;
		if (!walk.currentNode.data.trim() || node.closest('script, noscript, :disabled') || !node.checkVisibility()) continue;
		const style = getComputedStyle(node), text = light(parse(node.closest('svg') ? style.fill : style.color)), ground = light(behind(node));
		const ratio = (Math.max(text, ground) + .05) / (Math.min(text, ground) + .05);
		seen++;
		if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) poor.add(node.tagName + '.' + node.getAttribute('class') + ' ' + ratio.toFixed(2) + ': ' + walk.currentNode.data.trim());
	}
	return seen < 200 ? ['only ' + seen + ' texts seen'] : [...poor];
})()`

func testContrast(t *testing.T, chromium context.Context) {
	for _, look := range []string{"light", "dark"} {
		tab := open(t, chromium, report.Page{Title: "November", File: "a.csv", Platform: "panel.example", Rows: each(mixed())}, scheme(look))
		eval[any](t, tab, `document.querySelector('.more').click(), document.querySelector('details').open = true, `+pressChip+`('completed'), `+pressChip+`('failed')`)
		same(t, look+": texts with little contrast", eval[[]string](t, tab, contrastJS), []string{})
		same(t, look+": dark ground", eval[bool](t, tab, `parseInt(getComputedStyle(document.body).backgroundColor.slice(4)) < 64`), look == "dark")
	}
}

func testPhone(t *testing.T, chromium context.Context) {
	list := mixed()
	list[1].Row.Company = strings.Repeat("Longname", 60)
	for _, width := range []int64{320, 390, 820, 1100} {
		tab := open(t, chromium, report.Page{Title: strings.Repeat("November", 30), File: "a.csv", Rows: each(list)},
			browsertest.Width(width, 800))
		eval[any](t, tab, `document.querySelectorAll('.more').forEach(button => button.click())`)
		same(t, fmt.Sprintf("%d wide: how far it overflows", width), eval[int](t, tab, overflowed), 0)
	}
}

func testWithoutScript(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{File: "accounts.csv", Rows: sample(300)}, emulation.SetScriptExecutionDisabled(true))
	var text string
	if err := chromedp.Run(tab, chromedp.Text("body", &text, chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"All rows", "300", "Orders over time", "Causes", "The table of rows needs JavaScript"} {
		if !strings.Contains(text, want) {
			t.Errorf("without JavaScript the page does not say %q", want)
		}
	}
	if strings.Contains(text, "Search in all cells") {
		t.Error("without JavaScript there is a search that cannot work")
	}
}

// testPolicy tries what the policy forbids, and so also that the page would be
// heard to complain.
func testPolicy(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{Rows: sample(20)})
	same(t, "markup from a script", eval[string](t, tab, `(() => { try { document.body.innerHTML = '<b>x</b>'; return 'done'; } catch (e) { return e.name; } })()`), "TypeError")
	eval[any](t, tab, `(() => { const s = document.createElement('style'); s.textContent = 'body { display: none }'; document.head.append(s); })()`)
	same(t, "a style of a stranger", eval[bool](t, tab, `document.body.checkVisibility()`), true)
	same(t, "a request", eval[string](t, tab, `fetch('/elsewhere').then(() => 'sent', () => 'refused')`), "refused")
	if said := tab.Said(); len(said) < 3 {
		t.Errorf("the browser reported %q, want three refusals", said)
	}
	tab.Forgive()
}

func testPaper(t *testing.T, chromium context.Context) {
	tab := open(t, chromium, report.Page{File: "accounts.csv", Rows: sample(300)}, scheme("dark"),
		emulation.SetEmulatedMedia().WithMedia("print").WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}))
	same(t, "ground", eval[string](t, tab, `getComputedStyle(document.body).backgroundColor`), "rgb(255, 255, 255)")
	same(t, "controls on paper", eval[[]string](t, tab, `['.tools', '.pager', '.skip', '.chart details'].filter(name => document.querySelector(name).checkVisibility())`), []string{})
	same(t, "headings repeat on each sheet", eval[string](t, tab, `getComputedStyle(document.querySelector('.all thead')).display`), "table-header-group")
}

func TestBrowserShots(t *testing.T) {
	if *shots == "" {
		t.Skip("no -shots folder named: no screenshots written")
	}
	chromium := browsertest.Start(t)
	p := report.Page{
		Title: "November import", File: "azure-accounts-november.csv", Platform: "admin.reseller.example",
		Started: began, Ended: began.Add(11*time.Minute + 42*time.Second), Version: "1.0.0",
	}
	save := func(tab *tab, name string, quality int) {
		var png []byte
		if err := chromedp.Run(tab, chromedp.FullScreenshot(&png, quality)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*shots, name), png, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []struct {
		name   string
		width  int64
		mobile bool
	}{{"wide", 1400, false}, {"tablet", 820, false}, {"phone", 390, true}} {
		for _, look := range []string{"light", "dark"} {
			p.Rows = sample(3000)
			tab := open(t, chromium, p, scheme(look), emulation.SetDeviceMetricsOverride(size.width, 900, 1, size.mobile))
			eval[any](t, tab, `document.querySelector('.more').click()`)
			save(tab, size.name+"-"+look+".png", 100)
		}
	}
	tab := open(t, chromium, p)
	var pdf []byte
	err := chromedp.Run(tab, chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = page.PrintToPDF().WithPrintBackground(false).WithPaperWidth(8.27).WithPaperHeight(11.69).Do(ctx)
		return err
	}))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(*shots, "paper.pdf"), pdf, 0o600); err != nil {
		t.Fatal(err)
	}
}
