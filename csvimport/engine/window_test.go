package engine_test

import (
	"testing"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/pace"
)

// TestWindow: what may go in five minutes counts the orders of earlier runs too.
func TestWindow(t *testing.T) {
	scene(t, func(t *testing.T, f *fixture) {
		rows := f.platform.table(50, 50)
		o := engine.Options{Window: pace.Window{Most: 20, Per: 5 * time.Minute}}
		began := time.Now()
		f.must(t, rows[:15], o, count{csvimport.Completed: 15})
		if spent := time.Since(began); spent > time.Minute {
			t.Errorf("15 orders took %v", spent)
		}
		f.must(t, rows, o, count{csvimport.Completed: 35, csvimport.Existing: 15})
		if spent := time.Since(began); spent < 10*time.Minute || spent > 12*time.Minute {
			t.Errorf("50 orders took %v, want the third twenty after ten minutes", spent)
		}
	})
}
