package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// line is one line of the table.
type line struct {
	what, measured, beside, ratio, bar string
	reached                            string // yes, NO, or - where there is no bar
}

// judge tells whether a bar was reached.
func (b *bench) judge(reached bool) string {
	switch {
	case b.shrink > 1:
		return "not judged"
	case reached:
		return "yes"
	}
	return "NO"
}

func (b *bench) add(l line) {
	l.reached = orDash(l.reached)
	b.table = append(b.table, l)
	b.say("  %s: %s, beside %s, ratio %s, bar %s: %s", l.what, l.measured, orDash(l.beside), orDash(l.ratio), orDash(l.bar), l.reached)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func tally(table []line) (reached, bars int) {
	for _, l := range table {
		switch l.reached {
		case "yes":
			reached, bars = reached+1, bars+1
		case "NO":
			bars++
		}
	}
	return reached, bars
}

var headings = []string{"what", "measured", "beside it", "ratio", "bar", "reached"}

func (l line) cells() []string {
	return []string{l.what, orDash(l.measured), orDash(l.beside), orDash(l.ratio), orDash(l.bar), l.reached}
}

func writeTable(w io.Writer, table []line) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, strings.Join(headings, "\t"))
	for _, l := range table {
		fmt.Fprintln(t, strings.Join(l.cells(), "\t"))
	}
	t.Flush()
}

// machine is where and when the table was measured.
type machine struct {
	when                time.Time
	took                time.Duration
	cpu                 string
	cpus                int
	system, disk        string
	version             string
	loadBefore, loadEnd string
	rounds              int
}

func describeMachine(b *bench, began time.Time, before string) machine {
	m := machine{when: began, took: time.Since(began), cpu: cpuModel(), cpus: runtime.NumCPU(),
		system: runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH, disk: diskKind(b.scratch),
		loadBefore: before, loadEnd: load(), rounds: b.rounds}
	if out, err := exec.Command(b.tool, "version").Output(); err == nil {
		m.version, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	}
	return m
}

func (m *machine) line() string {
	return fmt.Sprintf("%s; %d CPUs, %s; %s; ledger on %s; load %s before, %s after; median of %d; %s; took %s",
		m.when.UTC().Format(time.DateTime+" UTC"), m.cpus, m.cpu, m.system, m.disk, m.loadBefore, m.loadEnd, m.rounds, m.version, m.took.Round(time.Second))
}

// load is the load average of this machine over the last minute.
func load() string {
	data, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "not known"
	}
	first, _, _ := strings.Cut(string(data), " ")
	return first
}

func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		if name, value, ok := strings.Cut(s.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// diskKind is the type of the file system that holds the ledgers: on one in
// memory a sync costs nothing.
func diskKind(path string) string {
	out, err := exec.Command("stat", "-f", "-c", "%T", path).Output()
	if err != nil {
		return "a file system not known"
	}
	return strings.TrimSpace(string(out))
}

// keepTable writes the table as a page, with date and machine.
func keepTable(b *bench, m machine) (string, error) {
	var page bytes.Buffer
	fmt.Fprintf(&page, "# Measured on %s\n\n", m.when.UTC().Format(time.DateOnly))
	fmt.Fprintf(&page, "%s.\n\n", m.line())
	fmt.Fprintf(&page, "| %s |\n|%s\n", strings.Join(headings, " | "), strings.Repeat("---|", len(headings)))
	for _, l := range b.table {
		cells := l.cells()
		for i := range cells {
			cells[i] = strings.ReplaceAll(cells[i], "|", "\\|")
		}
		fmt.Fprintf(&page, "| %s |\n", strings.Join(cells, " | "))
	}
	if len(b.notes) > 0 {
		fmt.Fprintf(&page, "\n- %s\n", strings.Join(b.notes, "\n- "))
	}
	reached, bars := tally(b.table)
	fmt.Fprintf(&page, "\nOrders and results were right in every run. %d of %d bars reached.\n", reached, bars)
	path := filepath.Join(b.keep, "results-"+m.when.UTC().Format(time.DateOnly)+".md")
	return path, os.WriteFile(path, page.Bytes(), 0o644)
}

// median is the one in the middle; of an even number, the lower of the two.
func median[T int64 | float64 | time.Duration](of []T) T {
	s := slices.Sorted(slices.Values(of))
	return s[(len(s)-1)/2]
}

// spread is the smallest and the largest.
func spread(of []float64) string {
	if len(of) < 2 {
		return ""
	}
	return fmt.Sprintf(" (%.2f to %.2f)", slices.Min(of), slices.Max(of))
}

// grouped writes a number with a comma between thousands.
func grouped[T int | int64 | float64](n T) string {
	s := fmt.Sprintf("%.0f", float64(n))
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func megabytes(n int64) string { return fmt.Sprintf("%.0f MB", float64(n)/(1<<20)) }
