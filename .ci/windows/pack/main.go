// Command pack makes what Windows people expect, of programs that are built: for each
// a zip with README, licences and completion, and, for who hands them out, the
// manifests by which winget and scoop install them. The same programs give the same
// bytes.
//
//	pack -version V -url URL -readme FILE -time SECONDS DIST
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"embed"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"text/template"
	"time"
)

//go:embed *.tmpl
var templates embed.FS

// release is what the manifests tell.
type release struct {
	Version, URL string
	Zips         map[string]*archive // by architecture, as Go names it
}

// archive is a zip that was made.
type archive struct{ Name, SHA256 string }

func main() {
	r := &release{Zips: make(map[string]*archive)}
	flag.StringVar(&r.Version, "version", "", "version of the program")
	flag.StringVar(&r.URL, "url", "", "the folder of the web where the files will lie")
	readme := flag.String("readme", "", "the text that goes with the program")
	seconds := flag.Int64("time", 0, "time of all files, in seconds since 1970")
	flag.Parse()
	if err := r.make(flag.Arg(0), *readme, time.Unix(*seconds, 0).UTC()); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

// make makes the zips in the folder dist, then the manifests in dist/windows.
func (r *release) make(dist, readme string, at time.Time) error {
	for _, arch := range []string{"amd64", "arm64"} {
		name := "bulkimport-windows-" + arch
		a, err := pack(filepath.Join(dist, name+".zip"), at, [][2]string{
			{"bulkimport.exe", filepath.Join(dist, name+".exe")},
			{"README.txt", readme},
			{"LICENSE.txt", filepath.Join(dist, "LICENSE")},
			{"THIRD-PARTY-LICENSES.txt", filepath.Join(dist, "THIRD-PARTY-LICENSES.txt")},
			{"bulkimport.ps1", filepath.Join(dist, "completion", "bulkimport.ps1")},
		})
		if err != nil {
			return err
		}
		r.Zips[arch] = a
	}
	folder := filepath.Join(dist, "windows")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	all, err := template.ParseFS(templates, "*.tmpl")
	if err != nil {
		return err
	}
	for _, t := range all.Templates() {
		var text bytes.Buffer
		if err := t.Execute(&text, r); err != nil {
			return err
		}
		name := filepath.Join(folder, t.Name()[:len(t.Name())-len(".tmpl")])
		if err := os.WriteFile(name, text.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack makes a zip of files, each with its name there. The lines of texts end as
// Windows ends them.
func pack(path string, at time.Time, files [][2]string) (*archive, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		content, err := os.ReadFile(f[1])
		if err != nil {
			return nil, err
		}
		if filepath.Ext(f[0]) != ".exe" {
			content = bytes.ReplaceAll(bytes.ReplaceAll(content, []byte("\r\n"), []byte("\n")), []byte("\n"), []byte("\r\n"))
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: f[0], Method: zip.Deflate, Modified: at})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	a := &archive{Name: filepath.Base(path), SHA256: fmt.Sprintf("%X", sha256.Sum256(b.Bytes()))}
	return a, os.WriteFile(path, b.Bytes(), 0o644)
}
