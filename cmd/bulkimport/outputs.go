package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"bulkimport/csvimport/realpath"
	"bulkimport/csvimport/rows"
)

// output is a file that a command is going to write, and the flag that names
// it. An empty path is none.
type output struct{ flag, path string }

// mayWrite refuses to write over the input, over the ledger and what lies
// beside it, and to write two things to one file. It opens nothing. An empty
// input is none.
func (c *connection) mayWrite(e *env, input string, outputs ...output) error {
	places, _, err := c.places(e)
	if err != nil {
		return err
	}
	outputs = slices.DeleteFunc(slices.Clone(outputs), func(o output) bool { return o.path == "" || o.path == standardInput })
	for i, o := range outputs {
		switch {
		case e.isInput(o.path, input):
			return wrong(o.flag+" "+o.path+" is the input itself", "name another file: the input is not overwritten")
		case e.isInput(o.path+kept, input):
			return wrong(o.flag+" "+o.path+" would be kept as "+kept+", which is the input", "rename the input, or name another file")
		case ofLedger(o.path, places.ledger), sameFile(o.path+kept, places.ledger):
			return wrong(o.flag+" "+o.path+" is the ledger, or belongs to it", "name another file: the ledger knows which orders were placed")
		}
		for _, other := range outputs[:i] {
			if sameFile(o.path, other.path) {
				return wrong(other.flag+" and "+o.flag+" name the same file", "name two files")
			}
		}
	}
	return nil
}

// isInput reports whether a path is the input, which stdin may be too: a shell may
// have opened the file.
func (e *env) isInput(path, input string) bool {
	switch input {
	case "":
		return false
	case standardInput:
		in, ok := e.in.(*os.File)
		if !ok {
			return false
		}
		info, err := in.Stat()
		there, missing := os.Stat(path)
		return err == nil && missing == nil && os.SameFile(info, there)
	}
	return sameFile(path, input)
}

// formOf is what a table is written as, by the name of its file.
func formOf(o output) (rows.Form, error) {
	switch kind := strings.ToLower(filepath.Ext(o.path)); kind {
	case ".xlsx":
		return rows.Workbook, nil
	case ".xls", ".xlsm", ".xlsb", ".ods", ".numbers", ".pdf", ".doc", ".docx":
		return 0, wrong(o.flag+" "+o.path+": tables are written as .xlsx or as CSV, not as "+kind, "name it .xlsx, which every spreadsheet opens")
	}
	return rows.CSV, nil
}

// fits refuses results that the file for them could not hold.
func fits(o output, form rows.Form, file *rows.File) error {
	if most := form.MostRecords(); most > 0 && file.AtMost() > most {
		return wrong(fmt.Sprintf("%s %s: a workbook holds %s, and %s may have more", o.flag, o.path, count(most, "row"), file.Name()), "name a .csv file")
	}
	return nil
}

// ofLedger reports whether a path is the ledger or one of the files that lie
// beside it while it is in use.
func ofLedger(path, ledger string) bool {
	if sameFile(path, ledger) {
		return true
	}
	path, ledger = fileKey(path), fileKey(ledger)
	rest, ok := strings.CutPrefix(path, ledger)
	return ok && (slices.Contains([]string{"", "-wal", "-shm", "-journal", ".lock"}, rest) ||
		strings.HasPrefix(rest, ".run-") && strings.HasSuffix(rest, ".lock"))
}

// fileKey is what tells the file that a path leads to from others, whether or not there
// is one yet, as far as it can be told.
func fileKey(path string) string {
	abs, err := realpath.Of(path)
	if err != nil {
		abs = filepath.Clean(path)
	}
	return realpath.Key(abs, runtime.GOOS)
}

// sameFile reports whether two paths lead to one file, links included.
func sameFile(a, b string) bool {
	if x, err := os.Stat(a); err == nil {
		if y, err := os.Stat(b); err == nil {
			return os.SameFile(x, y)
		}
	}
	return fileKey(a) == fileKey(b)
}
