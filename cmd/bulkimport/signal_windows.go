package main

import (
	"context"
	"os"
	"syscall"
)

// stopSignals are the signals that stop a run; closing the console window
// arrives as SIGTERM.
func stopSignals() []os.Signal { return []os.Signal{os.Interrupt, syscall.SIGTERM} }

// outlivePipe does nothing: Windows has no signal for a closed pipe.
func outlivePipe() {}

// statusRequests never delivers: Windows has no SIGUSR1.
func statusRequests(context.Context) <-chan os.Signal { return nil }
