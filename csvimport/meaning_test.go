package csvimport_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bulkimport/csvimport"
)

// TestMeanings shows that every code has words and an example, once, and that no two
// codes say the same.
func TestMeanings(t *testing.T) {
	codes := codeNames(t)
	said := map[string]csvimport.Code{}
	for _, m := range csvimport.Meanings() {
		if codes[string(m.Code)] == "" {
			t.Errorf("%s has a meaning and is no code, or has two", m.Code)
		}
		delete(codes, string(m.Code))
		if m.What == "" || m.Example == "" {
			t.Errorf("%s says nothing, or has no example", m.Code)
		}
		if m.Mend == "" && m.Code.Severity() == csvimport.SeverityError {
			t.Errorf("%s does not say what to do", m.Code)
		}
		if other := said[m.What]; other != "" {
			t.Errorf("%s and %s say the same", other, m.Code)
		}
		said[m.What] = m.Code
	}
	for code := range codes {
		t.Errorf("%s has no meaning", code)
	}
}

// TestEveryCodeIsTested shows that a test, or a file of a test, knows every code.
func TestEveryCodeIsTested(t *testing.T) {
	named := regexp.MustCompile(`\b[EW]_[A-Z_0-9]+\b|csvimport\.[EW][A-Z]\w+`)
	seen := map[string]bool{}
	for _, root := range []string{".", "../cmd", "../testdata"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || path == "meaning_test.go" {
				return err
			}
			if !strings.HasSuffix(path, "_test.go") && !strings.Contains(path, "testdata") {
				return nil
			}
			text, err := os.ReadFile(path)
			for _, name := range named.FindAllString(string(text), -1) {
				seen[strings.TrimPrefix(name, "csvimport.")] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for code, name := range codeNames(t) {
		if !seen[code] && !seen[name] {
			t.Errorf("no test knows %s", code)
		}
	}
}
