package main

import (
	"cmp"
	"os"
	"os/user"
)

// who is the person at this machine, for what is kept of a person's word.
func (e *env) who() string {
	name := ""
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	name = cmp.Or(name, e.get("USER"), e.get("USERNAME"), "somebody")
	if host, err := os.Hostname(); err == nil && host != "" {
		name += " at " + host
	}
	return clean(name)
}
