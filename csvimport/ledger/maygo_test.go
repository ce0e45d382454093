package ledger_test

import (
	"testing"
	"time"

	"bulkimport/csvimport/ledger"
)

func TestMayGo(t *testing.T) {
	const most, per = 3, time.Minute
	type ask struct {
		at   time.Duration
		more time.Duration // until it may be asked again; 0: it may go
	}
	for _, tc := range []struct {
		name string
		asks []ask
	}{
		{"as many as may go", []ask{{0, 0}, {0, 0}, {time.Second, 0}}},
		{"the fourth waits for the first", []ask{{0, 0}, {0, 0}, {time.Second, 0}, {2 * time.Second, 63 * time.Second}}},
		{"with seconds to spare for the way", []ask{{0, 0}, {time.Second, 0}, {time.Second, 0}, {time.Minute, 5 * time.Second}, {65 * time.Second, 0}, {65 * time.Second, time.Second}}},
		{"within a second", []ask{{900 * time.Millisecond, 0}, {950 * time.Millisecond, 0}, {1100 * time.Millisecond, 0}, {1200 * time.Millisecond, 63800 * time.Millisecond}}},
		{"the clock is set back", []ask{{time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}, {0, 65 * time.Second}, {65 * time.Second, 0}}},
		{"long ago", []ask{{0, 0}, {0, 0}, {0, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 65 * time.Second}}},
	} {
		var e ledger.Evidence
		for i, a := range tc.asks {
			now := noon.Add(a.at)
			again, ok := e.MayGo(now, most, per)
			if ok != (a.more == 0) || again.Sub(now) != a.more {
				t.Errorf("%s, %d: %v in %v, want in %v", tc.name, i, ok, again.Sub(now), a.more)
			}
		}
		if len(e.LetGo) > most {
			t.Errorf("%s: %d seconds are kept", tc.name, len(e.LetGo))
		}
	}
}
