package sqlite

import (
	"os"
	"strings"
	"time"
)

// Machine is what a ledger asks of the computer it is on. It is safe for
// concurrent use.
type Machine interface {
	Now() time.Time // wall time
	Boot() string   // tells one start of the machine from another, empty where that cannot be told
	Host() string   // its name, empty where it has none
}

// local is the machine this program runs on.
type local struct{}

func (local) Now() time.Time { return time.Now() }

func (local) Boot() string {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(id))
}

func (local) Host() string {
	name, _ := os.Hostname()
	return name
}
