package machine

import (
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// elapsed is GetTickCount64, which counts sleep and hibernation
// (learn.microsoft.com, GetTickCount64).
func elapsed() time.Duration { return windows.DurationSinceBoot() }

var unbiased = windows.NewLazySystemDLL("kernel32.dll").NewProc("QueryUnbiasedInterruptTime")

// awake is QueryUnbiasedInterruptTime, in units of 100 ns, which stands still in sleep
// and hibernation (learn.microsoft.com, QueryUnbiasedInterruptTime).
func awake() time.Duration {
	var t uint64
	if ok, _, _ := unbiased.Call(uintptr(unsafe.Pointer(&t))); ok == 0 {
		return sinceStart()
	}
	return time.Duration(t) * 100
}

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
