// Package browsertest has pages of ours opened in a real Chromium, for tests.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Required names the environment variable that makes a missing browser a failure
// ("required"), for machines that are meant to have one, or leaves out what needs one
// ("later"), where that is tried apart.
const Required = "BULKIMPORT_BROWSER"

// Start starts a headless Chromium with an empty profile, or skips. Starting one is
// slow: subtests share it.
func Start(t *testing.T) context.Context {
	t.Helper()
	if os.Getenv(Required) == "later" {
		t.Skipf("%s=later: in a browser it is tried apart", Required)
	}
	path := program()
	if path == "" {
		if os.Getenv(Required) == "required" {
			t.Fatalf("no chromium or chrome in PATH, and %s=required", Required)
		}
		t.Skipf("no chromium or chrome in PATH: nothing was tried in a browser (%s=required makes this a failure)", Required)
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(),
		chromedp.ExecPath(path), chromedp.UserDataDir(folder(t)), chromedp.WindowSize(1400, 1000),
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

func program() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			return found
		}
	}
	return ""
}

// folder is a folder for the browser's profile. Its helper processes write to it for
// a moment after the browser has gone, so that removing it may take more than one go,
// which testing's own TempDir does not forgive.
func folder(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "browser-profile-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for range 50 {
			if os.RemoveAll(folder) == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Logf("%s could not be removed", folder)
	})
	return folder
}

// Apart is the browser as another person has it: with cookies of their own.
func Apart(t *testing.T, browser context.Context) context.Context {
	t.Helper()
	asked := cdp.WithExecutor(browser, chromedp.FromContext(browser).Browser)
	id, err := target.CreateBrowserContext().Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = target.DisposeBrowserContext(id).Do(asked) }) // the browser may have gone
	if _, err := target.CreateTarget("about:blank").WithBrowserContextID(id).WithNewWindow(true).Do(asked); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithExistingBrowserContext(id))
	t.Cleanup(cancel)
	return ctx
}

// Tab is one open page and everything it was heard to do.
type Tab struct {
	context.Context
	mu       sync.Mutex
	said     []string
	requests []string
}

// Open opens an address in a new tab, after other actions. The test fails at its end
// if the page said anything on the console, threw or broke its policy. It ends after
// five minutes.
func Open(t *testing.T, browser context.Context, address string, before ...chromedp.Action) *Tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	tab := &Tab{Context: ctx}
	chromedp.ListenTarget(ctx, tab.hear)
	actions := append([]chromedp.Action{log.Enable(), network.Enable(), runtime.Enable()}, before...)
	actions = append(actions, chromedp.Navigate(address))
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if said := tab.Said(); len(said) > 0 {
			t.Errorf("the page said on the console:\n%s", strings.Join(said, "\n"))
		}
	})
	return tab
}

func (tab *Tab) hear(event any) {
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

// Said is what the page said on the console, and what the browser said of it.
func (tab *Tab) Said() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.said)
}

// Requests are the addresses that the page asked for.
func (tab *Tab) Requests() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.requests)
}

// Forgive forgets what was said and asked for so far.
func (tab *Tab) Forgive() {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	tab.said, tab.requests = nil, nil
}

// Eval runs an expression in the page and returns its value; of a promise, what it
// comes to.
func Eval[T any](t *testing.T, tab *Tab, expression string) T {
	t.Helper()
	var value T
	awaited := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
	if err := chromedp.Run(tab, chromedp.Evaluate(expression, &value, awaited)); err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// Scheme has pages shown light or dark.
func Scheme(name string) chromedp.Action {
	return emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}})
}

// Width has pages shown in a window of this size, in CSS pixels.
func Width(width, height int64) chromedp.Action {
	return emulation.SetDeviceMetricsOverride(width, height, 1, width < 800)
}
