//go:build linux || darwin

package main

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// awake asks the system not to sleep by itself until release is called or the
// process ends. It runs a command that keeps it awake as long as another one runs:
// cat, which ends with the pipe it reads from. Where that is not possible nothing
// happens; a person can put the machine to sleep all the same, by closing its lid.
func awake(why string) (release func()) {
	args := []string{"caffeinate", "-i", "cat"}
	if runtime.GOOS == "linux" {
		args = []string{"systemd-inhibit", "--what=sleep:idle", "--mode=block", "--who=bulkimport", "--why=" + why, "cat"}
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // no terminal to ask for a password on, no Ctrl-C
	pipe, err := cmd.StdinPipe()
	if err != nil || cmd.Start() != nil {
		return func() {}
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	return func() {
		pipe.Close()
		select {
		case <-ended:
		case <-time.After(time.Second): // it waits for somebody itself
			cmd.Process.Kill()
		}
	}
}
