package report_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"bulkimport/csvimport/report"
)

var shots = flag.String("shots", "", "write screenshots of a report with 3,000 rows to this folder")

// required names the environment variable that makes a missing browser a
// failure, for machines that are meant to have one.
const required = "BULKIMPORT_BROWSER"

// tab is one open page and everything it was heard to do.
type tab struct {
	context.Context
	mu       sync.Mutex
	said     []string // console messages, exceptions, policy violations
	requests []string
}

// browser starts a headless Chromium with an empty profile, or skips.
func browser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv(required) == "required" {
			t.Fatalf("no chromium or chrome in PATH, and %s=required", required)
		}
		t.Skipf("no chromium or chrome in PATH: the report page was not tried in a browser (%s=required makes this a failure)", required)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1400, 1000),
		chromedp.Flag("headless", true), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.WSURLReadTimeout(time.Minute))
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Logf("stop the browser: %v", err)
		}
	})
	return ctx
}

// open shows a report in a new tab, from a server that knows nothing else.
func open(t *testing.T, browser context.Context, p report.Page, before ...chromedp.Action) *tab {
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
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)

	tab := &tab{Context: ctx}
	chromedp.ListenTarget(ctx, tab.hear)
	actions := append([]chromedp.Action{log.Enable(), network.Enable(), runtime.Enable()}, before...)
	actions = append(actions, chromedp.Navigate(server.URL+"/report.html"))
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		tab.mu.Lock()
		defer tab.mu.Unlock()
		if len(tab.said) > 0 {
			t.Errorf("the page said on the console:\n%s", strings.Join(tab.said, "\n"))
		}
		if want := []string{server.URL + "/report.html"}; !slices.Equal(tab.requests, want) {
			t.Errorf("the page asked for %q, want %q", tab.requests, want)
		}
	})
	return tab
}

func (tab *tab) hear(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		for _, arg := range e.Args {
			tab.said = append(tab.said, fmt.Sprintf("console.%s: %s %s", e.Type, arg.Value, arg.Description))
		}
	case *runtime.EventExceptionThrown:
		tab.said = append(tab.said, "exception: "+e.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		tab.said = append(tab.said, fmt.Sprintf("%s %s: %s", e.Entry.Source, e.Entry.Level, e.Entry.Text))
	case *page.EventJavascriptDialogOpening:
		tab.said = append(tab.said, "dialog: "+e.Message)
	case *network.EventRequestWillBeSent:
		tab.requests = append(tab.requests, e.Request.URL)
	}
}

// eval runs an expression in the page and returns its value.
func eval[T any](t *testing.T, tab *tab, expression string) T {
	t.Helper()
	var value T
	if err := chromedp.Run(tab, chromedp.Evaluate(expression, &value)); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func scheme(name string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}})
}

func TestBrowserShots(t *testing.T) {
	if *shots == "" {
		t.Skip("no -shots folder named: no screenshots written")
	}
	chromium := browser(t)
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
