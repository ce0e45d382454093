package rows_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/rows"
)

// FuzzRows parses rows of any text. Whatever the text, every finding is
// complete, reading again gives the same, and the valid rows written clean
// read back to the same values without an error.
func FuzzRows(f *testing.F) {
	names, err := filepath.Glob(filepath.Join(corpusDir, "*.*"))
	must(f, err)
	for _, name := range names {
		b, err := os.ReadFile(name)
		must(f, err)
		_, body, _ := bytes.Cut(b[:min(len(b), 512)], []byte("\n"))
		f.Add(body)
	}
	for _, s := range []string{"", soundLine, soundLine + "\n" + soundLine, strings.Repeat(",", 7), strings.Replace(soundLine, planA, `"Azure | `+planA+`"`, 1) + " | x", soundLine + "\n" + strings.Replace(soundLine, "Contoso", `"Contoso`, 1) + "\n" + soundLine, "'=,{},\u200b,GrÃ¼,mailto:,=\"1\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := sixHeadings + "\n" + string(body)
		file := openText(t, text)
		file.NamePlans(somePlans)
		first := readAll(file)
		checkWords(t, first.findings)
		for _, found := range first.findings {
			if !utf8.ValidString(found.Message) || !utf8.ValidString(found.Value) || !utf8.ValidString(found.Hint) {
				t.Errorf("%s is not UTF-8: %q %q", found.Code, found.Message, found.Value)
			}
		}
		if diff := cmp.Diff(first, readAll(file), cmp.AllowUnexported(outcome{})); diff != "" {
			t.Errorf("read again (-first +second):\n%s", diff)
		}
		var clean bytes.Buffer
		must(t, rows.WriteClean(&clean, rows.CSV, file, nil))
		again := readAll(openText(t, clean.String()))
		for _, m := range again.mistakes() {
			if m.Cls != "E_NO_ROWS" && m.Cls != "E_HEADER_REPEATED" {
				t.Errorf("clean rows have %v:\n%s", m, clean.String())
			}
		}
		if diff := cmp.Diff(first.good, again.good); diff != "" && len(again.mistakes()) == 0 {
			t.Errorf("clean rows read back (-want +got):\n%s", diff)
		}
		must(t, rows.WriteAnnotated(&clean, file, rows.AnnotateOptions{}))
	})
}
