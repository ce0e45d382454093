package main

import (
	"os/exec"
	"runtime"
)

// openBrowser opens an address in the person's browser. It does not wait for it.
func openBrowser(address string) error {
	args := []string{"xdg-open", address}
	switch runtime.GOOS {
	case "windows":
		args = []string{"rundll32", "url.dll,FileProtocolHandler", address}
	case "darwin":
		args = []string{"open", address}
	}
	cmd := exec.Command(args[0], args[1:]...)
	if err := cmd.Start(); err != nil {
		return err
	}
	go cmd.Wait()
	return nil
}
