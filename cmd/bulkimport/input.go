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
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, fault(name+" is a folder, not a file", "name a file in it")
	}
	return rows.Open(io.Reader(f), name, opt)
}
