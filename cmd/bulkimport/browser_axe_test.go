//go:build unix

package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"bulkimport/csvimport/report/browsertest"
)

// axeVersion is the release of axe-core that looks for what keeps people out.
const axeVersion = "axe-core@4.14.1"

// axe is the source of axe-core, fetched by npm: nothing of it is kept here.
func axe(t *testing.T) string {
	t.Helper()
	npm, err := exec.LookPath("npm")
	if err != nil {
		t.Skip("no npm in PATH: axe-core could not be fetched, and the page was not held against it")
	}
	folder := t.TempDir()
	cmd := exec.Command(npm, "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, axeVersion)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("npm could not fetch %s, and the page was not held against it: %v\n%s", axeVersion, err, out)
	}
	source, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// accessible fails where axe-core finds something serious on the page as it is shown.
func (v *visit) accessible(source, where string) {
	v.t.Helper()
	for _, look := range []string{"light", "dark"} {
		v.do(browsertest.Scheme(look))
		if !see[bool](v, "typeof axe === 'object'") {
			v.do(chromedp.Evaluate(source, nil))
		}
		found := see[[]string](v, `axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations
			.filter(({ impact }) => impact === 'serious' || impact === 'critical')
			.flatMap(({ id, help, nodes }) => nodes.map((node) => id + ': ' + help + ': ' + node.html.slice(0, 200) + ' ' + node.failureSummary)))`)
		if len(found) > 0 {
			v.t.Errorf("%s, %s: axe-core finds\n%s", where, look, strings.Join(found, "\n"))
		}
	}
	v.do(browsertest.Scheme("light"))
}
