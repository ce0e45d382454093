package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var teamExample = filepath.Join("..", "..", "examples", "team")

// TestTeamExample holds the command lines of the example for a team against the program.
func TestTeamExample(t *testing.T) {
	lines := map[string][]string{}
	for _, unit := range []string{"bulkimport-serve.service", "bulkimport-work.service"} {
		_, line, ok := strings.Cut(teamFile(t, unit), "\nExecStart=/usr/local/bin/bulkimport ")
		if !ok {
			t.Fatalf("%s does not start bulkimport", unit)
		}
		line, _, _ = strings.Cut(line, "\n")
		lines[unit] = strings.Fields(line)
	}
	found := regexp.MustCompile(`(?m)^    command: (\[.*\])$`).FindAllStringSubmatch(teamFile(t, "compose.yaml"), -1)
	if len(found) != 2 {
		t.Fatalf("compose.yaml has %d commands", len(found))
	}
	for _, command := range found {
		var args []string
		if err := json.Unmarshal([]byte(command[1]), &args); err != nil {
			t.Fatalf("%v: %s", err, command[1])
		}
		lines["compose.yaml "+args[0]] = args
	}
	for name, args := range lines {
		t.Run(name, func(t *testing.T) {
			cmd, rest, err := newRoot(system(), func() {}).Find(args)
			if err != nil || !strings.HasSuffix(cmd.CommandPath(), "bulkimport "+args[0]) {
				t.Fatalf("%q is %s: %v", args, cmd.CommandPath(), err)
			}
			if err := cmd.ParseFlags(rest); err != nil || cmd.Flags().NArg() > 0 {
				t.Errorf("%q: %v, left %q", args, err, cmd.Flags().Args())
			}
		})
	}
}

// TestTeamVariables knows each variable that the example sets.
func TestTeamVariables(t *testing.T) {
	var known strings.Builder
	for _, v := range connectionVariables {
		known.WriteString(v + "\n")
	}
	for _, file := range []string{"team.env", "compose.yaml", "bulkimport-serve.service", "bulkimport-work.service"} {
		for _, name := range regexp.MustCompile(`\b(?:BULKIMPORT_|PGPASS)[A-Z_]+`).FindAllString(teamFile(t, file), -1) {
			if plain := strings.TrimSuffix(name, "_FILE"); !strings.Contains(known.String(), plain) {
				t.Errorf("%s sets %s, which is none of the program's", file, name)
			}
		}
	}
}

// TestTeamUnits has systemd read the units.
func TestTeamUnits(t *testing.T) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	for _, unit := range []string{"bulkimport-serve.service", "bulkimport-work.service"} {
		path := filepath.Join(t.TempDir(), unit)
		text := strings.ReplaceAll(teamFile(t, unit), "/usr/local/bin/bulkimport", "/bin/true") // it has to be there
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(program, "verify", "--man=no", path)
		if said, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(said), unit) {
			t.Errorf("%s: %v: %s", unit, err, said)
		}
	}
}

func teamFile(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(teamExample, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
