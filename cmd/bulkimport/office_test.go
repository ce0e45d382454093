package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// python is a Python that can drive LibreOffice, empty if there is none.
func python() string {
	if _, err := exec.LookPath("soffice"); err != nil {
		return ""
	}
	for _, name := range []string{"/usr/bin/python3", "python3"} { // LibreOffice's module is the system's
		if exec.Command(name, "-c", "import uno").Run() == nil {
			return name
		}
	}
	return ""
}

// TestOffice runs the scripts of testdata/office, in which LibreOffice edits
// workbooks. Beyond the commands of TestScript there is
//
//	edit FILE OUT ACTION…    edit a workbook: testdata/office/edit.py says how
func TestOffice(t *testing.T) {
	if os.Getenv("BULKIMPORT_OFFICE") == "" {
		t.Skip("workbooks were not edited in LibreOffice: make test-office has it do so")
	}
	program := python()
	if program == "" {
		t.Fatal("no soffice, or no Python with its module uno (Debian: libreoffice-calc-nogui, python3-uno)")
	}
	dir := filepath.Join("..", "..", "testdata", "office")
	editor, err := filepath.Abs(filepath.Join(dir, "edit.py"))
	if err != nil {
		t.Fatal(err)
	}
	p := scripts(dir)
	p.Cmds["edit"] = func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Check(ts.Exec(program, append([]string{editor}, args...)...))
	}
	testscript.Run(t, p)
}
