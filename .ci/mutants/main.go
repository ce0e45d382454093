// Command mutants proves that the simulation finds what breaks the promise: each
// mutant is one sentence of "Exactly once" that the program no longer keeps, and
// has to be found within some seeds, by a scenario with a name, or by the seed that found it
// first. A few sentences keep it where others fail too: a test of the package has to find those.
//
// The tree is never touched: a mutant is laid over it when the simulation is built.
//
//	go run ./.ci/mutants           all of them
//	go run ./.ci/mutants -short    those that a scenario or a seed is known to find, by that alone
//	go run ./.ci/mutants -only 'doubt'
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
)

// mutant is a sentence that is not kept.
type mutant struct {
	name     string
	sentence string // of "Exactly once" that it breaks
	file     string
	from, to string // from stands once in the file
	finds    string // for the short run: a scenario's name, a seed that finds it, or a package and its test; may be empty
}

const room = "csvimport/simulation"

// finder looks for mutants.
type finder struct {
	root, dir string // of the tree, and of what is built
	first     uint64
	seeds     int
	short     bool
}

func main() {
	f := finder{}
	only := flag.String("only", "", "those whose names match")
	flag.BoolVar(&f.short, "short", false, "those that a scenario or a seed is known to find, by that alone")
	flag.Uint64Var(&f.first, "seed", 1000, "the first seed")
	flag.IntVar(&f.seeds, "seeds", 200, "so many seeds for each")
	flag.Parse()
	if err := f.run(regexp.MustCompile(*only)); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func (f *finder) run(only *regexp.Regexp) (err error) {
	if f.root, err = os.Getwd(); err != nil {
		return err
	}
	if f.dir, err = os.MkdirTemp("", "mutants-"); err != nil {
		return err
	}
	defer os.RemoveAll(f.dir)
	var errs []error
	for i := range mutants {
		m := &mutants[i]
		if _, err := f.mutated(m); err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	var tried, open atomic.Int32
	var g errgroup.Group
	g.SetLimit(runtime.GOMAXPROCS(0)) // linking and a bubble take one processor each
	for i := range mutants {
		m := &mutants[i]
		if !only.MatchString(m.name) || f.short && m.finds == "" {
			continue
		}
		g.Go(func() error {
			began := time.Now()
			tried.Add(1)
			by, err := f.find(m)
			if by == "" {
				by = "NOT FOUND"
				open.Add(1)
			}
			fmt.Printf("%-60s %s (%s)\n", m.name, by, time.Since(began).Round(time.Second))
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return err
	}
	if open.Load() > 0 {
		return fmt.Errorf("%d of %d were not found: the simulation does not see that these sentences are not kept", open.Load(), tried.Load())
	}
	return nil
}

// mutated is the text of a mutant's file.
func (f *finder) mutated(m *mutant) (string, error) {
	b, err := os.ReadFile(filepath.Join(f.root, m.file))
	if err != nil {
		return "", err
	}
	if n := strings.Count(string(b), m.from); n != 1 {
		return "", fmt.Errorf("%s: what it changes stands %d times in %s, want once:\n%s", m.name, n, m.file, m.from)
	}
	return strings.Replace(string(b), m.from, m.to, 1), nil
}

// find builds a mutant and returns what finds it, empty if nothing does.
func (f *finder) find(m *mutant) (by string, err error) {
	text, err := f.mutated(m)
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(f.dir, "")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file, overlay := filepath.Join(dir, "mutant.go"), filepath.Join(dir, "overlay.json")
	lay, err := json.Marshal(map[string]any{"Replace": map[string]string{filepath.Join(f.root, m.file): file}})
	if err := errors.Join(err, os.WriteFile(file, []byte(text), 0o600), os.WriteFile(overlay, lay, 0o600)); err != nil {
		return "", err
	}
	build := func(room string) (*program, error) {
		p := &program{filepath.Join(dir, "mutant.test"), filepath.Join(f.root, room)}
		build := exec.Command("go", "test", "-c", "-vet=off", "-ldflags", "-s -w", "-overlay", overlay, "-o", p.path, "./"+room)
		if out, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("%s does not build: %w\n%s", m.name, err, out)
		}
		return p, nil
	}
	var pkg, test string
	tested, _ := fmt.Sscanf(m.finds, "test %s %s", &pkg, &test)
	if tested < 2 || !f.short {
		p, err := build(room)
		if err != nil {
			return "", err
		}
		if by = f.simulate(p, m.finds); by != "" || tested < 2 {
			return by, nil
		}
	}
	p, err := build(pkg)
	if err != nil {
		return "", err
	}
	return p.test(brokenTest, "-test.run", "^"+test+"$", "-test.failfast"), nil
}

// simulate returns what finds a mutant in the simulation, which is this program.
func (f *finder) simulate(p *program, finds string) (by string) {
	scenarios := func(name string) string {
		return p.test(brokenScenario, "-test.run", "^TestScenario$/^"+regexp.QuoteMeta(name), "-test.failfast")
	}
	seeds := func(first uint64, n int) string {
		return p.test(brokenSeed, "-test.run", "^TestSimulate$", "-simulate.seed", fmt.Sprint(first), "-simulate.seeds", fmt.Sprint(n),
			"-simulate.until-broken", "-simulate.shrink", "0")
	}
	var known uint64
	switch n, _ := fmt.Sscanf(finds, "seed %d", &known); {
	case f.short && n == 1:
		return seeds(known, 1)
	case f.short:
		return scenarios(strings.TrimPrefix(finds, "scenario "))
	}
	if by = seeds(f.first, f.seeds); by == "" {
		by = scenarios("")
	}
	if by == "" && known > 0 {
		by = seeds(known, 1)
	}
	return by
}

var (
	brokenSeed     = regexp.MustCompile(`(seed \d+) breaks the promise:\n\s*(.*)`)
	brokenScenario = regexp.MustCompile(`--- FAIL: TestScenario/(\S+)`)
	brokenTest     = regexp.MustCompile(`--- FAIL: (\S+)`)
)

// program is the tests of a package with a mutant in it.
type program struct{ path, dir string }

// test runs a test and returns what failed, by what it has written.
func (p *program) test(failed *regexp.Regexp, args ...string) string {
	cmd := exec.Command(p.path, append(args, "-test.v", "-test.timeout", "0")...)
	cmd.Dir = p.dir
	out, err := cmd.CombinedOutput()
	if err == nil {
		return ""
	}
	if m := failed.FindStringSubmatch(string(out)); m != nil {
		words := strings.Join(m[1:], ": ")
		if failed == brokenScenario {
			words = "scenario " + strings.ReplaceAll(words, "_", " ")
		}
		return words
	}
	return "it crashes: " + string(out[:min(len(out), 300)])
}
