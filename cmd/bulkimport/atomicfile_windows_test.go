package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// A spreadsheet that shows the results keeps them from being replaced: they take a
// name beside, and both are there.
func TestResultsOpenElsewhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "r.results.csv")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := reserve(path, 100)
	if err != nil {
		t.Fatal(err)
	}
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		t.Fatal(err)
	}
	h, err := windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING, 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	if _, err := io.WriteString(out, "new"); err != nil {
		t.Fatal(err)
	}
	if err := out.Commit(); err != nil {
		t.Fatal(err)
	}
	if out.held == nil || out.path != filepath.Join(filepath.Dir(path), "r.results (2).csv") {
		t.Errorf("the results are at %s, for %v", out.path, out.held)
	}
	for file, want := range map[string]string{path: "old", out.path: "new"} {
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("%s is %q, %v; want %q", file, got, err, want)
		}
	}
}

// What only its owner may read says so by itself, whatever the folder says.
func TestOwnerOnly(t *testing.T) {
	if windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil {
		t.Skip("wine keeps no list of rights, only a mode")
	}
	path := filepath.Join(t.TempDir(), "secret")
	if err := writeSecretFile(path, "hush-hush"); err != nil {
		t.Fatal(err)
	}
	rights, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	for _, everybody := range []string{";;;WD)", ";;;BU)", ";;;AU)"} {
		if strings.Contains(rights.String(), everybody) {
			t.Errorf("others have rights: %s", rights)
		}
	}
	if !strings.Contains(rights.String(), ";;;SY)") || !strings.Contains(rights.String(), ";;;BA)") {
		t.Errorf("rights %s", rights)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "hush-hush\n" {
		t.Errorf("its owner reads %q, %v", text, err)
	}
}
