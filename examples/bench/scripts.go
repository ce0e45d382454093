package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed place.py
var placePython string

//go:embed place.sh
var placeShell string

// scripts measures what people use instead: a sequential Python script, and
// GNU parallel with curl.
func (b *bench) scripts(ctx context.Context) error {
	python, parallel := b.python(ctx), b.parallel(ctx)
	py, sh := filepath.Join(b.scratch, "place.py"), filepath.Join(b.scratch, "place.sh")
	if err := errors.Join(os.WriteFile(py, []byte(placePython), 0o600), os.WriteFile(sh, []byte(placeShell), 0o600)); err != nil {
		return err
	}
	const latency = 20 * time.Millisecond
	few := world{tenants: b.rows(100), latency: latency}
	many := world{tenants: b.rows(6000), latency: latency}
	var tool, session, plain, shell []float64
	for range b.rounds {
		p, err := b.toolOnce(ctx, many, 64, 0)
		if err != nil {
			return err
		}
		tool = append(tool, p.perSecond())
		if python != "" {
			for _, kind := range []struct {
				flag string
				into *[]float64
			}{{"--session", &session}, {"--no-session", &plain}} {
				p, err := b.clientOnce(ctx, few, "Python script", func(s *standin) process {
					return process{name: python, args: []string{py, kind.flag, s.Place}, env: s.env(""), stdin: s.signed}
				})
				if err != nil {
					return err
				}
				*kind.into = append(*kind.into, p.perSecond())
			}
		}
		if parallel {
			p, err := b.clientOnce(ctx, few, "parallel and curl", func(s *standin) process {
				return process{name: "sh", args: []string{sh, s.Place, "64"}, stdin: s.signed}
			})
			if err != nil {
				return err
			}
			shell = append(shell, p.perSecond())
		}
	}
	b.scriptLine(tool, session, "Python script, one Session", 50)
	b.scriptLine(tool, plain, "Python script, a connection each", 0)
	b.scriptLine(tool, shell, "GNU parallel -j 64 and curl", 0)
	b.note("scripts: %d orders, bulkimport %d; requests with requests-oauthlib one after another, as bulk_import.py is in kind, the bar being against the faster of the two; "+
		"curl sends orders signed beforehand. None of them keeps a ledger.", few.tenants, many.tenants)
	return nil
}

func (b *bench) scriptLine(tool, beside []float64, what string, bar float64) {
	l := line{what: "import, 20 ms, 64 in flight", measured: grouped(median(tool)) + " orders/s", beside: what + ": skipped, it could not be installed"}
	if len(beside) > 0 {
		times := median(tool) / median(beside)
		l.beside, l.ratio = fmt.Sprintf("%s %.1f/s", what, median(beside)), fmt.Sprintf("%.0f times", times)
		if bar > 0 {
			l.bar, l.reached = fmt.Sprintf("≥ %.0f times", bar), b.judge(times >= bar)
		}
	}
	b.add(l)
}

// python finds Debian's Python with its libraries, installs them if it may, or
// says why it does not.
func (b *bench) python(ctx context.Context) string {
	const path = "/usr/bin/python3"
	works := func() error {
		out, err := exec.CommandContext(ctx, path, "-c", "import requests, requests_oauthlib").CombinedOutput()
		return withOutput(err, out)
	}
	if b.present(ctx, works, "python3-requests", "python3-requests-oauthlib") {
		return path
	}
	return ""
}

func (b *bench) parallel(ctx context.Context) bool {
	works := func() error {
		if _, err := exec.LookPath("curl"); err != nil {
			return err
		}
		out, err := exec.CommandContext(ctx, "parallel", "--version").CombinedOutput()
		if err == nil && !strings.Contains(string(out), "GNU parallel") {
			err = errors.New("there is another parallel, not GNU's")
		}
		return err
	}
	return b.present(ctx, works, "parallel", "curl")
}

// present reports whether something works, after installing packages if it has
// to and this user may.
func (b *bench) present(ctx context.Context, works func() error, packages ...string) bool {
	err := works()
	if err == nil {
		return true
	}
	apt, noApt := exec.LookPath("apt-get")
	if os.Geteuid() == 0 && noApt == nil {
		b.say("installing %s", strings.Join(packages, ", "))
		for _, args := range [][]string{{"update", "-qq"}, append([]string{"install", "-y", "-qq", "--no-install-recommends"}, packages...)} {
			cmd := exec.CommandContext(ctx, apt, args...)
			cmd.Env = append(os.Environ(), "DEBIAN_FRONTEND=noninteractive")
			out, e := cmd.CombinedOutput()
			if err = withOutput(e, out); err != nil {
				break
			}
		}
		if err == nil {
			err = works()
		}
	}
	if err != nil {
		b.note("skipped: %s (Debian package %s)", strings.ReplaceAll(err.Error(), "\n", " "), strings.Join(packages, ", "))
	}
	return err == nil
}

func withOutput(err error, out []byte) error {
	if err == nil {
		return nil
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return fmt.Errorf("%w: %s", err, lines[len(lines)-1])
}
