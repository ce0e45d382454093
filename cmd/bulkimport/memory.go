package main

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
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
	go func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				debug.SetGCPercent(before)
				return
			case <-tick.C:
			}
			if now := growth(); now < percent*9/10 || now > percent*11/10 {
				percent = now
				debug.SetGCPercent(percent)
			}
		}
	}()
}

// growth is headroom in percent of what is live.
func growth() int {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	return max(25, min(400, int(headroom*100/max(1, live[0].Value.Uint64()))))
}
