//go:build unix

package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// stopSignals are the signals that stop a run. A hang-up that the caller
// ignores (nohup) stays ignored.
func stopSignals() []os.Signal {
	s := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		s = append(s, syscall.SIGHUP)
	}
	return s
}

// outlivePipe keeps a run alive when the reader of its output goes away: the
// write fails instead of killing the process.
func outlivePipe() { signal.Ignore(syscall.SIGPIPE) }

// statusRequests delivers a value whenever somebody asks, by SIGUSR1, where a
// run stands; until ctx ends.
func statusRequests(ctx context.Context) <-chan os.Signal {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR1)
	context.AfterFunc(ctx, func() { signal.Stop(asked) })
	return asked
}
