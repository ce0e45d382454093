//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// signalling is how a program that is about to start is sent signals.
func signalling(cmd *exec.Cmd) (send func(name string) error) {
	return func(name string) error {
		return cmd.Process.Signal(map[string]syscall.Signal{
			"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL, "USR1": syscall.SIGUSR1,
		}[name])
	}
}

// console is a program for Windows.
func console() {}
