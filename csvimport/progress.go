package csvimport

import (
	"time"
)

// Progress is where an import stands at one moment.
type Progress struct {
	Total, Done, Invalid, Failed, Unknown int
	InFlight                              int           // requests of orders under way
	Open                                  int           // accepted orders followed to their end
	OldestOpen                            time.Duration // how long the oldest of them has been open
	PerSecond                             float64       // rows that came to their end lately, while the machine was awake
	ETA                                   time.Duration // by PerSecond; 0 if not known
	Waiting                               string        // what a long wait waits for, in words; empty if none
	Halted                                bool          // nothing new is sent any more, for a reason
}
