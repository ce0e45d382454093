// Package readme_test keeps README.md true: the recorded session is run again
// and compared, and every command, flag and file it names has to be there.
package readme_test

import (
	"bytes"
	"flag"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient/apstest"
)

const top = "../.."

var update = flag.Bool("update", false, "record the session of README.md anew")

// program is the program as it ships, run in a folder of its own.
type program struct{ path, folder string }

func build(t *testing.T) program {
	t.Helper()
	// The cache of test results sees what a test reads, not what go build does.
	for _, folder := range []string{"cmd", "csvimport", "apsclient"} {
		if err := filepath.WalkDir(filepath.Join(top, folder), func(string, fs.DirEntry, error) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	p := program{path: filepath.Join(t.TempDir(), "bulkimport.exe"), folder: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", p.path, "bulkimport/cmd/bulkimport").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return p
}

func (p program) run(environment []string, args ...string) string {
	cmd := exec.Command(p.path, args...)
	cmd.Dir = p.folder
	cmd.Env = append(os.Environ(), "NO_COLOR=1", "HOME="+p.folder, "XDG_STATE_HOME=", "XDG_CONFIG_HOME=")
	cmd.Env = append(cmd.Env, environment...)
	out, _ := cmd.CombinedOutput() // a refused file is part of the session
	return string(out)
}

func TestReadme(t *testing.T) {
	p := build(t)
	t.Run("session", func(t *testing.T) { testSession(t, p) })
	t.Run("names", func(t *testing.T) { testNames(t, p) })
}

var (
	session = regexp.MustCompile("(?s)```\n\\$ (bulkimport [^\n]*)\n(.*?)```\n")
	spent   = regexp.MustCompile(`rows in \d+s`)
	logged  = regexp.MustCompile(`(?m)^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*\n`) // not at a terminal
)

// testSession runs the commands of README.md against a stand-in that holds what
// the sandbox of README.md holds, and does between them what the text says.
func testSession(t *testing.T, p program) {
	srv := apstest.NewServer(t, apstest.WithTenants(8, 1), apstest.WithSeed(1))
	environment := []string{
		"BULKIMPORT_URL=" + srv.URL(), "BULKIMPORT_CONSUMER_KEY=" + srv.Key(), "BULKIMPORT_CONSUMER_SECRET=" + srv.Secret(),
		"BULKIMPORT_LEDGER=" + filepath.Join(p.folder, "ledger.db"),
	}
	readme, err := os.ReadFile(filepath.Join(top, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimPrefix(srv.URL(), "http://")
	table := filepath.Join(p.folder, "accounts.csv")
	validated := 0
	recorded := session.ReplaceAllStringFunc(string(readme), func(block string) string {
		m := session.FindStringSubmatch(block)
		command, want := m[1], m[2]
		args := strings.Fields(command)[1:]
		if args[0] == "validate" {
			validated++
			fill(t, table, srv.Plans(), validated == 1)
		}
		question := ""
		if args[0] == "import" { // the test has no terminal to be asked on
			args = append(args, "--yes")
			question = "\ngo on? (y/N): y\n"
		}
		got := logged.ReplaceAllString(strings.ReplaceAll(p.run(environment, args...), host, "127.0.0.1:8080"), "")
		got = strings.Replace(got, "8 rows in ", question+"8 rows in ", 1)
		plain := func(s string) string { return spent.ReplaceAllString(s, "rows in 2s") }
		if diff := cmp.Diff(plain(want), plain(got)); diff != "" && !*update {
			t.Errorf("README.md is not what %s prints now (-README +now); -update records it anew:\n%s", command, diff)
		}
		return "```\n$ " + command + "\n" + plain(got) + "```\n"
	})
	if validated != 2 || srv.OrderCount() != 8 {
		t.Errorf("the session validates %d times and places %d orders, want 2 and 8", validated, srv.OrderCount())
	}
	if *update && !t.Failed() {
		if err := os.WriteFile(filepath.Join(top, "README.md"), []byte(recorded), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fill is the person at the spreadsheet: plans chosen, and at first one id cut
// short and one account counted up by mistake.
func fill(t *testing.T, table string, plans []apstest.Plan, mistakes bool) {
	t.Helper()
	text, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	payg, standard := plans[0].ID, plans[1].ID
	lines := bytes.Split(text, []byte("\r\n"))
	for i := 1; i < len(lines) && len(lines[i]) > 0; i++ {
		cells := strings.SplitN(string(lines[i]), ",", 3)
		cells[1] = payg
		if i >= 5 {
			cells[1] = standard
		}
		cells[2] = strings.TrimSuffix(cells[2], "1000010")
		if strings.HasSuffix(cells[2], ",") {
			cells[2] += "1000001"
		}
		if rest, ok := strings.CutSuffix(cells[2], ",1000001"); ok && mistakes {
			cells[2] = rest + ",1000010"
		}
		if mistakes && i == 8 {
			cells[1] = standard[:25]
		}
		lines[i] = []byte(strings.Join(cells, ","))
	}
	if err := os.WriteFile(table, bytes.Join(lines, []byte("\r\n")), 0o600); err != nil {
		t.Fatal(err)
	}
}

var (
	fenced  = regexp.MustCompile("(?s)```\n(.*?)```")
	inline  = regexp.MustCompile("`([^`\n]+)`")
	command = regexp.MustCompile(`^(?:\$ )?bulkimport ([a-z]+)(.*)`)
	option  = regexp.MustCompile(`--[a-z][a-z-]+`)
	link    = regexp.MustCompile(`\]\(([^)#]+)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	anchor  = regexp.MustCompile(`\]\(#([^)]+)\)`)
)

// testNames looks for every command, flag, topic, file and heading that the
// pages name.
func testNames(t *testing.T, p program) {
	everything := make(map[string]string) // help by command
	var all strings.Builder
	for line := range strings.Lines(p.run(nil, "--help")) {
		if name, _, ok := strings.Cut(strings.TrimPrefix(line, "  "), " "); ok && strings.HasPrefix(line, "  ") && name == strings.ToLower(name) {
			everything[name] = p.run(nil, "help", name)
			_, under, _ := strings.Cut(everything[name], "\nCommands:\n")
			under, _, _ = strings.Cut(under, "\n\n")
			for line := range strings.Lines(under) {
				everything[name] += p.run(nil, "help", name, strings.Fields(line)[0])
			}
			all.WriteString(everything[name])
		}
	}
	for _, page := range []string{"README.md", "CHANGELOG.md", "examples/README.md"} {
		data, err := os.ReadFile(filepath.Join(top, page))
		if err != nil {
			t.Fatal(err)
		}
		text := string(data)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if _, err := os.Stat(filepath.Join(top, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
		var anchors []string
		for _, m := range heading.FindAllStringSubmatch(text, -1) {
			anchors = append(anchors, strings.ReplaceAll(strings.ToLower(m[1]), " ", "-"))
		}
		for _, m := range anchor.FindAllStringSubmatch(text, -1) {
			if !strings.Contains("\n"+strings.Join(anchors, "\n")+"\n", "\n"+m[1]+"\n") {
				t.Errorf("%s links to #%s, which is not there", page, m[1])
			}
		}
		var pieces []string
		for _, m := range fenced.FindAllStringSubmatch(text, -1) {
			pieces = append(pieces, strings.Split(m[1], "\n")...)
		}
		for _, m := range inline.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
			pieces = append(pieces, m[1])
		}
		for _, piece := range pieces {
			m := command.FindStringSubmatch(piece)
			if m == nil {
				if flag := option.FindString(piece); strings.HasPrefix(piece, "--") && !strings.Contains(all.String(), flag+" ") {
					t.Errorf("%s names %s, which no command has", page, flag)
				}
				continue
			}
			if m[1] == "help" {
				if topic := strings.Fields(m[2]); len(topic) > 0 && everything[topic[0]] == "" {
					t.Errorf("%s names %s, which is not there", page, piece)
				}
				continue
			}
			if everything[m[1]] == "" {
				t.Errorf("%s names the command %q, which is not there", page, m[1])
			}
			for _, flag := range option.FindAllString(m[2], -1) {
				if !strings.Contains(everything[m[1]], flag+" ") {
					t.Errorf("%s names %s of %s, which is not there", page, flag, m[1])
				}
			}
		}
	}
}
