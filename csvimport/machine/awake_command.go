//go:build linux || darwin

package machine

import (
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// awake runs a command of the system that keeps it awake as long as another one
// runs: cat, which ends with the pipe it reads from, however this process does.
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
