// Command manual makes man pages of a program's own help: one page for the
// program, one for each command, and one in section 7 for each topic to read.
//
//	manual -o DIR PROGRAM
//
// It knows the shape of the help text only, so nothing of it is linked into
// the program. The date of the pages is SOURCE_DATE_EPOCH, where that is set.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

func main() {
	folder := flag.String("o", ".", "write the pages to man1 and man7 below this `folder`")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: manual -o DIR PROGRAM")
		os.Exit(2)
	}
	written, err := write(flag.Arg(0), *folder, os.Getenv("SOURCE_DATE_EPOCH"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
	fmt.Printf("%d pages in %s\n", written, *folder)
}

// write makes all pages of a program and returns how many.
func write(program, folder, epoch string) (int, error) {
	day, err := date(epoch)
	if err != nil {
		return 0, err
	}
	version, err := ask(program, "--version")
	if err != nil {
		return 0, err
	}
	text, err := ask(program, "--help")
	if err != nil {
		return 0, err
	}
	name := strings.TrimSuffix(filepath.Base(program), ".exe")
	top := parse(text)
	pages := []page{{name: name, section: 1, help: top}}
	for _, c := range top.commands() {
		text, err := ask(program, "help", c.term)
		if err != nil {
			return 0, err
		}
		p := page{name: name + "-" + c.term, short: c.text, section: 1, help: parse(text)}
		if c.topic {
			p.section = 7
		}
		pages = append(pages, p)
	}
	for _, p := range pages {
		p.program, p.day, p.source = name, day, strings.TrimSpace(version)
		path := filepath.Join(folder, fmt.Sprintf("man%d", p.section), fmt.Sprintf("%s.%d", p.name, p.section))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return 0, err
		}
		if err := os.WriteFile(path, []byte(p.roff(pages)), 0o644); err != nil {
			return 0, err
		}
	}
	return len(pages), nil
}

// ask runs the program and returns what it printed.
func ask(program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Env = append(os.Environ(), "NO_COLOR=1")
	cmd.Stderr = io.Discard
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w", program, strings.Join(args, " "), err)
	}
	return string(out), nil
}

// date is the day of an epoch in seconds, today if there is none.
func date(epoch string) (string, error) {
	at := time.Now()
	if epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return "", fmt.Errorf("SOURCE_DATE_EPOCH %q is not a number of seconds", epoch)
		}
		at = time.Unix(seconds, 0)
	}
	return at.UTC().Format(time.DateOnly), nil
}
