// Command leash runs a program of Windows for tests outside wine. It ends as the
// program does, and ends it as Task Manager does (TerminateProcess) when its own stdin
// is closed.
package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

func main() {
	// Each test has a home of its own; wine would give all of them the same folders.
	if home, err := filepath.Abs(os.Getenv("HOME")); err == nil {
		os.Setenv("APPDATA", home)
		os.Setenv("LOCALAPPDATA", home)
	}

	program := exec.Command(os.Args[1], os.Args[2:]...)
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	if err := program.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		_ = program.Process.Kill()
	}()
	_ = program.Wait()
	os.Exit(program.ProcessState.ExitCode())
}
