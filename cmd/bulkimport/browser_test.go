//go:build unix

package main_test

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"flag"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/report/browsertest"
)

var updateShots = flag.Bool("update", false, "take the screenshots in examples/serve anew")

// TestBrowser does the job in a real browser: the real program, and the stand-in
// platform.
func TestBrowser(t *testing.T) {
	if os.Getenv(browsertest.Required) == "" {
		t.Skip("the job was not done in a browser: make test-browser has it done")
	}
	b := browsertest.Start(t)
	program := buildProgram(t)
	for _, test := range []struct {
		name string
		run  func(*visit)
	}{
		{"thirty faults of six kinds", thirtyFaults},
		{"newcomer", newcomer},
		{"rows left out", leftOut},
		{"another table", another},
		{"rows taken out", takenOut},
		{"workbook", workbook},
		{"several files", severalFiles},
		{"how a workbook is read", readings},
		{"keyboard", keyboard},
		{"hostile names stay text", hostile},
		{"axe", reached},
		{"phone", narrow},
		{"first day", firstDay},
		{"stops and goes on", stopsAndGoesOn},
		{"nothing lost", nothingLost},
		{"pasted", pasted},
		{"killed", killed},
		{"many rows", manyRows},
		{"undone", undone},
		{"deleted", deleted},
		{"two people", twoPeople},
		{"people and journal", governed},
		{"sign in", signInReached},
		{"sign in by a provider", provided},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.run(&visit{stage: &stage{t: t, dir: t.TempDir(), binary: program}, browser: b})
		})
	}
}

// visit is a person at the page of a server that runs.
type visit struct {
	*stage
	browser context.Context
	tab     *browsertest.Tab
	serving *exec.Cmd
	origin  string
	env     []string
}

// serve starts the stand-in and the server, downloads the table, and opens the page.
func (v *visit) serve(c apstest.Config, before ...chromedp.Action) {
	v.t.Helper()
	v.begin(c)
	v.enter(v.start(), before...)
}

// start starts the server and returns the address that lets a person in once.
func (v *visit) start(flags ...string) (address string) {
	v.t.Helper()
	v.serving = v.command(append([]string{"serve", "--no-browser"}, flags...)...)
	v.serving.Env = append(v.serving.Env, v.env...)
	out, err := v.serving.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	if err := v.serving.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(v.stop)
	address, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		v.t.Fatalf("serve printed no address: %v", err)
	}
	at, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		v.t.Fatal(err)
	}
	v.origin = at.Scheme + "://" + at.Host
	return at.String()
}

// stop ends the server as Ctrl-C does.
func (v *visit) stop() {
	if v.serving != nil {
		v.serving.Process.Signal(syscall.SIGTERM)
		v.serving.Wait()
		v.serving = nil
	}
}

// enter opens the page, and fails at the end if it asked anybody but its server.
func (v *visit) enter(address string, before ...chromedp.Action) {
	v.t.Helper()
	v.tab = browsertest.Open(v.t, v.browser, address, before...)
	tab, origin := v.tab, v.origin
	v.t.Cleanup(func() {
		for _, asked := range tab.Requests() {
			// A browser has the picture in its own date fields as data, and asks nobody for it.
			if !strings.HasPrefix(strings.TrimPrefix(asked, "blob:"), origin+"/") && !strings.HasPrefix(asked, "data:image/svg+xml;") {
				v.t.Errorf("the page asked for %s", asked)
			}
		}
	})
}

// see is what an expression comes to in the page.
func see[T any](v *visit, expression string) T {
	v.t.Helper()
	return browsertest.Eval[T](v.t, v.tab, expression)
}

func (v *visit) do(actions ...chromedp.Action) {
	v.t.Helper()
	if err := chromedp.Run(v.tab, actions...); err != nil {
		v.t.Fatal(err)
	}
}

// patience is how long a test waits for what has to come.
const patience = 60 * time.Second

// wait waits until an expression is true in the page.
func (v *visit) wait(expression string) {
	v.t.Helper()
	for end := time.Now().Add(patience); !see[bool](v, "Boolean("+expression+")"); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			v.t.Fatalf("not so after %v: %s\nat %s the page says\n%s", patience, expression, see[string](v, "location.hash"), see[string](v, "document.body.innerText"))
		}
	}
}

// reads waits until the page shows a text.
func (v *visit) reads(text string) {
	v.t.Helper()
	v.wait("document.getElementById('main')?.innerText.includes(" + quoted(text) + ")")
}

// press presses what begins with a text, once it is there.
func (v *visit) press(text string) {
	v.t.Helper()
	found := `[...document.querySelectorAll('button, a[href], summary, label')].find((node) => node.checkVisibility() && !node.disabled && node.textContent.trim().startsWith(` + quoted(text) + `))`
	v.wait(found)
	see[any](v, found+".click()")
}

// keys presses keys, one for each letter. Each is one event of the browser's, as from a
// keyboard: a page that takes it for itself gets no letter beside it.
func (v *visit) keys(keys ...string) {
	v.t.Helper()
	for _, r := range strings.Join(keys, "") {
		events := kb.Encode(r)
		down, up := events[0], events[len(events)-1]
		if len(events) == 3 {
			down.Text = events[1].Text
		}
		v.do(down, up)
	}
}

// quoted writes a text as a JavaScript string.
func quoted(text string) string {
	b, _ := json.Marshal(text)
	return string(b)
}

// give gives files to the page.
func (v *visit) give(files ...string) {
	v.t.Helper()
	for i, file := range files {
		if !filepath.IsAbs(file) {
			files[i] = filepath.Join(v.dir, file)
		}
	}
	see[any](v, "location.hash = '#file'")
	v.wait("document.querySelector('input[type=file]')")
	v.do(chromedp.SetUploadFiles("input[type=file]", files, chromedp.ByQuery))
}

// downloads presses something and returns the file that it downloads.
func (v *visit) downloads(text string) string {
	v.t.Helper()
	folder := v.t.TempDir()
	whose := chromedp.FromContext(v.tab).BrowserContextID // of who has a browser of their own
	v.do(browser.SetDownloadBehavior(browser.SetDownloadBehaviorBehaviorAllow).WithDownloadPath(folder).WithBrowserContextID(whose))
	v.press(text)
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		files, _ := filepath.Glob(filepath.Join(folder, "*"))
		if len(files) == 1 && !strings.HasSuffix(files[0], ".crdownload") {
			return files[0]
		}
	}
	v.t.Fatalf("nothing was downloaded by %q", text)
	return ""
}

// shot takes a picture into examples/serve where it is asked for, small enough to be
// kept there.
func (v *visit) shot(name string) {
	v.t.Helper()
	if !*updateShots {
		return
	}
	who, err := user.Current()
	if err != nil {
		v.t.Fatal(err)
	}
	see[any](v, "("+plain+")("+quoted(v.dir)+", "+quoted(strings.TrimPrefix(v.server.URL(), "http://"))+", "+quoted(who.Username)+")")
	var picture []byte
	v.do(chromedp.Sleep(300*time.Millisecond), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		picture, err = page.CaptureScreenshot().WithFormat(page.CaptureScreenshotFormatWebp).WithQuality(80).Do(ctx)
		return err
	}))
	see[any](v, "window.written.disconnect()")
	if len(picture) > 100_000 {
		v.t.Errorf("the picture %s has %d bytes, more than 100,000", name, len(picture))
	}
	if err := os.WriteFile(filepath.Join("..", "..", "examples", "serve", name+".webp"), picture, 0o644); err != nil {
		v.t.Fatal(err)
	}
}

// plain writes what is of this test alone, its folder, platform and person, as it would
// be elsewhere, also in what the page draws anew until the picture is taken.
const plain = `(folder, host, who) => {
	const write = () => {
		const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
		while (walk.nextNode()) {
			const node = walk.currentNode, text = node.data.replaceAll(folder, '/home/anna').replaceAll('http://' + host, 'https://admin.reseller.example').replaceAll(host, 'admin.reseller.example');
			if (text === who) node.data = 'anna';
			else if (text !== node.data) node.data = text;
		}
	};
	write();
	window.written = new MutationObserver(write);
	window.written.observe(document.body, { childList: true, subtree: true, characterData: true });
}`

// table reads a CSV file.
func table(t *testing.T, file string) [][]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(text), "\ufeff")))
	records, err := r.ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return records
}

// save writes a CSV file.
func save(t *testing.T, file string, records [][]string) {
	t.Helper()
	var text strings.Builder
	w := csv.NewWriter(&text)
	if err := w.WriteAll(records); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// done checks that the platform has one order for each row, and no more.
func (v *visit) done(rows int) {
	v.t.Helper()
	if d := v.server.Doubles(); len(d) > 0 {
		v.t.Fatalf("ordered twice: %v", d)
	}
	if diff := cmp.Diff(rows, v.server.OrderCount()); diff != "" {
		v.t.Errorf("orders (-want +got):\n%s", diff)
	}
}
