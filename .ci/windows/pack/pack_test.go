package main

import (
	"archive/zip"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestZip packs the program as it is, and each text with the ends of lines of Windows.
func TestZip(t *testing.T) {
	dist := t.TempDir()
	files := map[string]string{
		"bulkimport-windows-amd64.exe": "MZ\n\r\n", "bulkimport-windows-arm64.exe": "MZ\n", "README.txt": "one\ntwo\r\nthree\n",
		"LICENSE": "free\n", "THIRD-PARTY-LICENSES.txt": "free too\n", "completion/bulkimport.ps1": "# Tab\n",
	}
	for name, text := range files {
		path := filepath.Join(dist, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := &release{Version: "1.0.0", URL: "https://files.example", Zips: make(map[string]*archive)}
	if err := r.make(dist, filepath.Join(dist, "README.txt"), time.Unix(0, 0).UTC()); err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(dist, "bulkimport-windows-amd64.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if len(z.File) != 5 {
		t.Errorf("%d files", len(z.File))
	}
	for _, f := range z.File {
		in, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(in)
		if err != nil {
			t.Fatal(err)
		}
		if f.Name == "bulkimport.exe" {
			if string(text) != files["bulkimport-windows-amd64.exe"] {
				t.Errorf("the program is %q", text)
			}
		} else if ends := bytes.Count(text, []byte("\r\n")); ends == 0 || ends != bytes.Count(text, []byte("\n")) || ends != bytes.Count(text, []byte("\r")) {
			t.Errorf("%s: %q", f.Name, text)
		}
	}
}
