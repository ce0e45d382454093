package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMain is the command itself, for a test that starts it.
func TestMain(m *testing.M) {
	if os.Getenv("SBOM_TEST") != "" {
		main()
		return
	}
	m.Run()
}

// part is what we write of a component of CycloneDX 1.5.
type part struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
}

// document is a bill as somebody else reads it: what is not of CycloneDX 1.5 is not taken
// (https://cyclonedx.org/schema/bom-1.5.schema.json).
type document struct {
	Format   string `json:"bomFormat"`
	Spec     string `json:"specVersion"`
	Version  int    `json:"version"`
	Metadata struct {
		Component part `json:"component"`
	} `json:"metadata"`
	Components []part `json:"components"`
}

// purl is how a package is named (https://github.com/package-url/purl-spec).
var purl = regexp.MustCompile(`^pkg:golang/[A-Za-z0-9._~/-]+@[A-Za-z0-9._%-]+$`)

// TestBill lists each module that is linked into any of several programs once, and is valid
// CycloneDX.
func TestBill(t *testing.T) {
	var programs []string
	want := []string{"std " + output(t, nil, "go", "env", "GOVERSION")}
	// Which tells the cache of tests what it depends on.
	if _, err := os.ReadFile("../../go.mod"); err != nil {
		t.Fatal(err)
	}
	// As make builds and runs them: what is compiled is not compiled again.
	static := []string{"CGO_ENABLED=0"}
	for _, build := range [][]string{{"-trimpath", "../../cmd/bulkimport"}, {"../house"}} {
		program, source := filepath.Join(t.TempDir(), "program"), build[len(build)-1]
		output(t, static, "go", append([]string{"build", "-o", program}, build...)...)
		programs = append(programs, program)
		list := output(t, static, "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", source)
		want = append(want, strings.Split(list, "\n")...)
	}
	slices.Sort(want)
	want = slices.DeleteFunc(slices.Compact(want), func(line string) bool { return line == "" })

	text := output(t, []string{"SBOM_TEST=yes"}, os.Args[0], append([]string{"v1.2.3"}, programs...)...)
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	var b document
	if err := d.Decode(&b); err != nil {
		t.Fatal(err)
	}
	if again, err := json.MarshalIndent(b, "", "  "); err != nil || string(again) != text {
		t.Errorf("another case of names, which Go's reader takes (%v):\n%s", err, cmp.Diff(string(again), text))
	}
	if b.Format != "CycloneDX" || b.Spec != "1.5" || b.Version < 1 {
		t.Errorf("it is %s %s, version %d", b.Format, b.Spec, b.Version)
	}
	if diff := cmp.Diff(part{"application", "bulkimport", "bulkimport", "v1.2.3", "pkg:golang/bulkimport@v1.2.3"}, b.Metadata.Component); diff != "" {
		t.Errorf("what it is a bill of (-want +got):\n%s", diff)
	}
	var got []string
	refs := map[string]bool{b.Metadata.Component.Ref: true}
	for _, c := range b.Components {
		got = append(got, c.Name+" "+c.Version)
		if c.Type != "library" || refs[c.Ref] || !purl.MatchString(c.PURL) || !strings.HasPrefix(c.PURL, "pkg:golang/"+c.Name+"@") {
			t.Errorf("no component: %+v", c)
		}
		refs[c.Ref] = true
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("linked in, and listed (-want +got):\n%s", diff)
	}
}

func output(t *testing.T, environment []string, program string, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Env = append(os.Environ(), environment...)
	cmd.Stderr = t.Output()
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v", program, args, err)
	}
	return strings.TrimSpace(string(out))
}
