package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
)

// TestWhoIsWaitedFor: a run that waits for another one's rows says whose it is.
func TestWhoIsWaitedFor(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(5, 5)
		second := *f
		second.meter = new(csvimport.Meter)
		second.whose = func(run int64) string { return fmt.Sprintf("run %d of kim", run) }
		var both sync.WaitGroup
		both.Go(func() { f.must(t, rows, engine.Options{}, count{csvimport.Completed: 5}) })
		both.Go(func() {
			time.Sleep(70 * time.Second)
			second.run(t.Context(), rows, engine.Options{})
		})
		var said []string
		both.Go(func() {
			for range 120 {
				time.Sleep(time.Second)
				if words := second.meter.Snapshot().Waiting; len(said) == 0 || words != said[len(said)-1] {
					said = append(said, words)
				}
			}
		})
		both.Wait()
		if all := strings.Join(said, "\n"); !strings.Contains(all, "rows another run is working on, such as row ") || !strings.Contains(all, ", which is with run 1 of kim") {
			t.Errorf("it said:\n%s", all)
		}
	}, apstest.WithProvisioning(3*time.Minute))
}
