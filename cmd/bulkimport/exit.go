package main

import (
	"errors"
	"fmt"
)

// The exit statuses. When several hold at once the first of statusLook,
// statusInterrupted, statusFault, statusDoubt, statusIncomplete counts.
const (
	statusDone        = 0
	statusFault       = 1
	statusUsage       = 2
	statusIncomplete  = 3
	statusRefused     = 4
	statusDoubt       = 5
	statusLook        = 6
	statusInterrupted = 130
)

// ending is an error that knows the exit status and what a person can do next.
// Without an error of its own everything has been said already.
type ending struct {
	status int
	err    error
	hint   string
}

func (e *ending) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit status %d", e.status)
	}
	return e.err.Error()
}

func (e *ending) Unwrap() error { return e.err }

// ended ends a command with a status and no further words.
func ended(status int) error {
	if status == statusDone {
		return nil
	}
	return &ending{status: status}
}

// wrong is wrong usage or configuration.
func wrong(words, hint string) error {
	return &ending{status: statusUsage, err: errors.New(words), hint: hint}
}

// fault is something that keeps a command from going on.
func fault(words, hint string) error {
	return &ending{status: statusFault, err: errors.New(words), hint: hint}
}

// statusOf returns the exit status an error asks for.
func statusOf(err error) int {
	if err == nil {
		return statusDone
	}
	if e, ok := errors.AsType[*ending](err); ok {
		return e.status
	}
	return statusFault
}

// leave is the one door out: it turns an error into words and a number.
func (e *env) leave(err error) int {
	status := statusOf(err)
	end, ok := errors.AsType[*ending](err)
	if err == nil || ok && end.err == nil {
		return status
	}
	words, hint := e.explain(err)
	p := e.pen(e.err)
	fmt.Fprintln(e.err, p.red("error:"), e.veil.hide(clean(words)))
	if hint != "" {
		fmt.Fprintln(e.err, p.dim("hint:"), e.veil.hide(clean(hint)))
	}
	return status
}
