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
