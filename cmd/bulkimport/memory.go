package main

import (
	"context"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// headroom is by how much the heap may grow between two collections.
const headroom = 24 << 20

// keepHeadroom has the heap collected whenever it has grown by headroom, until
// ctx ends. By default it is when it has doubled: a small heap would be collected
// dozens of times a second, a large one would be twice as large as it has to be.
// Whoever sets GOGC or GOMEMLIMIT decides otherwise.
func keepHeadroom(ctx context.Context) {
	if os.Getenv("GOGC") != "" || os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	percent := growth()
	before := debug.SetGCPercent(percent)
	eachCollection(func() bool {
		if ctx.Err() != nil {
			debug.SetGCPercent(before)
			return false
		}
		if now := growth(); now < percent*9/10 || now > percent*11/10 {
			percent = now
			debug.SetGCPercent(percent)
		}
		return true
	})
}

// eachCollection calls f soon after each collection of the heap, as long as it
// returns true.
func eachCollection(f func() bool) {
	type garbage struct{ _ *int } // a pointer, or it would be collected with others
	runtime.AddCleanup(new(garbage), func(f func() bool) {
		if f() {
			eachCollection(f)
		}
	}, f)
}

// growth is headroom in percent of what is live.
func growth() int {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return max(25, min(400, int(headroom*100/max(1, live[0].Value.Uint64()))))
}
