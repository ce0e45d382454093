package machine

import (
	"time"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// elapsed is GetTickCount64, which counts sleep and hibernation
// (learn.microsoft.com, GetTickCount64).
func elapsed() time.Duration { return windows.DurationSinceBoot() }

// boot is empty: no number that tells one start from another stays the same when
// the clock is set.
func boot() string { return "" }

// id is made when the system is installed.
func id() string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, `SOFTWARE\Microsoft\Cryptography`, registry.QUERY_VALUE|registry.WOW64_64KEY)
	if err != nil {
		return ""
	}
	defer key.Close()
	id, _, err := key.GetStringValue("MachineGuid")
	if err != nil {
		return ""
	}
	return id
}
