package main

import (
	"io"
	"os"
	"strings"
	"time"

	"bulkimport/csvimport/rows"
)

// standardInput is the name of stdin as a file.
const standardInput = "-"

// sheetUsage is the help of --sheet.
const sheetUsage = "of a workbook, read the sheet with this `name` (default the only one that has our headings)"

// allowUsage is the help of --allow-contradiction.
const allowUsage = "accounts that by name and e-mail are those of other rows are meant"

// parseHidden reads what is to become of a workbook's hidden rows.
func parseHidden(word string) (rows.Hidden, error) {
	switch word {
	case "":
		return rows.HiddenRefused, nil
	case hiddenImport:
		return rows.HiddenTaken, nil
	case hiddenSkip:
		return rows.HiddenSkipped, nil
	}
	return 0, wrong("--hidden: "+quote(word)+" is not a word for hidden rows", hiddenImport+" takes them like all others, "+hiddenSkip+" leaves them out")
}

// The words of --hidden.
const (
	hiddenImport = "import"
	hiddenSkip   = "skip"
)

// openInput reads the operator's file into its private spool. What is in it is
// not judged here.
func (e *env) openInput(name string, opt rows.ReadOptions) (*rows.File, error) {
	opt.Now = time.Now()
	if opt.CutOff != "" {
		if _, err := rows.ParseCutOff(opt.CutOff); err != nil {
			words, hint, _ := strings.Cut(err.Error(), "; ")
			return nil, wrong("--cut-off: "+words, hint)
		}
	}
	if name == standardInput {
		return rows.Open(e.in, "stdin", opt)
	}
	f, err := openFile(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return rows.Open(f, name, opt)
}

// isOrdinary reports whether an input is a file that can be named again, and have
// others beside it: stdin, a pipe and what a shell puts in place of a command are not.
func isOrdinary(name string) bool {
	if name == standardInput {
		return false
	}
	info, err := os.Stat(name)
	return err != nil || info.Mode().IsRegular() || info.IsDir()
}

// openFile opens a file that a person named, which is no folder.
func openFile(name string) (io.ReadCloser, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fault(name+" is a folder, not a file", "name a file in it")
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
