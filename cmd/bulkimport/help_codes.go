package main

import (
	"fmt"
	"io"
	"strings"

	"bulkimport/csvimport"

	"github.com/spf13/cobra"
)

// codesTopic is the page of all codes of findings.
func codesTopic() *cobra.Command {
	var b strings.Builder
	const title = "What the codes of findings mean; bulkimport help CODE tells more of one"
	fmt.Fprintf(&b, "%s\n", title)
	for _, m := range csvimport.Meanings() {
		fmt.Fprintf(&b, "\n  %s\n%s", m.Code, indented(m.What))
	}
	return &cobra.Command{Use: "codes", Short: title, Long: b.String()}
}

// writeMeaning says what a code means and what is to be done about it.
func writeMeaning(w io.Writer, p pen, m csvimport.Meaning) {
	fmt.Fprintf(w, "%s (%s)\n%s", p.bold(string(m.Code)), m.Code.Severity(), indented(m.What))
	if m.Mend != "" {
		fmt.Fprintf(w, "\n%s\n%s", p.bold("What to do:"), indented(m.Mend))
	}
	fmt.Fprintf(w, "\n%s\n", p.bold("Example:"))
	for line := range strings.Lines(m.Example) {
		fmt.Fprintln(w, "    "+clean(strings.TrimRight(line, "\n")))
	}
}

// indented sets a text in, in lines of the width that help is written for.
func indented(text string) string {
	const indent = "    "
	return indent + strings.ReplaceAll(strings.TrimRight(wrapped(text+"\n", writtenFor-len(indent)), "\n"), "\n", "\n"+indent) + "\n"
}
