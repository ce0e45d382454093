package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"golang.org/x/sys/windows"
)

// signalling is how a program that is about to start is sent signals. It gets a console
// that nobody sees: INT is Ctrl-C there, KILL ends it as Task Manager does.
func signalling(cmd *exec.Cmd) (send func(name string) error) {
	failed := func(err error) func(string) error { return func(string) error { return err } }
	path, err := exec.LookPath("console")
	if err != nil {
		return failed(err)
	}
	cmd.Path, cmd.Args = path, append([]string{path, cmd.Path}, cmd.Args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: windows.CREATE_NO_WINDOW}
	keys, err := cmd.StdinPipe()
	if err != nil {
		return failed(err)
	}
	return func(name string) error {
		switch name {
		case "INT":
			_, err := keys.Write([]byte{'c'})
			return err
		case "KILL":
			return keys.Close()
		}
		return fmt.Errorf("Windows has no signal %s", name)
	}
}

// console is a program that runs another one in the console it was given, and ends as
// that does. What it reads are keys: at each, Ctrl-C is pressed; with the last one the
// other program is killed.
func console() {
	signal.Notify(make(chan os.Signal, 1), os.Interrupt) // which reaches all in a console
	program := exec.Command(os.Args[1], os.Args[2:]...)
	program.Stdout, program.Stderr = os.Stdout, os.Stderr
	if err := program.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	go func() {
		for key := make([]byte, 1); ; {
			if _, err := io.ReadFull(os.Stdin, key); err != nil {
				program.Process.Kill()
				return
			}
			if err := windows.GenerateConsoleCtrlEvent(windows.CTRL_C_EVENT, 0); err != nil {
				fmt.Fprintln(os.Stderr, "Ctrl-C:", err)
			}
		}
	}()
	program.Wait()
	os.Exit(program.ProcessState.ExitCode())
}
