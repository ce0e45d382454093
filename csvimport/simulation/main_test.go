package simulation_test

import (
	"flag"
	"os"
	"runtime/debug"
	"testing"
)

// Worlds are short and many: most of what they need is garbage at once.
func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(800)
	os.Exit(m.Run())
}
