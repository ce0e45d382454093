//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peak is the peak of resident memory in bytes of a process that has ended.
func peak(p *os.ProcessState) int64 {
	u, ok := p.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	if runtime.GOOS == "darwin" {
		return int64(u.Maxrss)
	}
	return int64(u.Maxrss) << 10
}
