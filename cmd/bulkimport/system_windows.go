package main

import (
	"errors"
	"os"
	"syscall"
	"time"
	"unsafe"

	"github.com/inconshreveable/mousetrap"
	"golang.org/x/sys/windows"
)

// enableColour asks the console to obey colour sequences, and reports whether
// it does: consoles before Windows 10 do not.
func enableColour(f *os.File) bool {
	h := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(h, &mode) != nil {
		return false
	}
	return windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// mayChange says nothing: a profile's folder belongs to its user here.
func mayChange(string) string { return "" }

// isOpenElsewhere reports whether a file is locked by another program: a
// spreadsheet that shows it.
func isOpenElsewhere(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}

// mayBeOpenElsewhere reports whether a file could not be replaced because another
// program has it open: a rename over an open file is refused as a right that is missing.
func mayBeOpenElsewhere(err error) bool {
	return isOpenElsewhere(err) || errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

// systemWords says what only Windows has against a file.
func systemWords(err error) (words, hint string) {
	switch {
	case errors.Is(err, windows.ERROR_INVALID_NAME):
		return "Windows takes no such name", `a name has none of < > : " / \ | ? *`
	case errors.Is(err, windows.ERROR_FILENAME_EXCED_RANGE):
		return "the name is too long", "name a shorter one, or a folder nearer to the drive"
	case errors.Is(err, windows.ERROR_BAD_NET_NAME), errors.Is(err, windows.ERROR_NETNAME_DELETED):
		return "the share cannot be reached", "is the network, or a VPN, up?"
	case errors.Is(err, windows.ERROR_NOT_READY), errors.Is(err, windows.ERROR_INVALID_DRIVE):
		return "the drive is not ready", "is it connected?"
	}
	return "", ""
}

// startedBy is the file name of the program that has started this one, empty if it is
// not known.
func startedBy() string {
	all, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return ""
	}
	defer windows.CloseHandle(all)
	parent := uint32(os.Getppid())
	p := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err := windows.Process32First(all, &p); err == nil; err = windows.Process32Next(all, &p) {
		if p.ProcessID == parent {
			return windows.UTF16ToString(p.ExeFile[:])
		}
	}
	return ""
}

// ownerOnly takes the rights to a file from all but its owner, the system and its
// administrators.
func ownerOnly(path string) error {
	me, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return err
	}
	rights, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;" + me.User.Sid.String() + ")(A;;FA;;;SY)(A;;FA;;;BA)")
	if err != nil {
		return err
	}
	list, _, err := rights.DACL()
	if err != nil {
		return err
	}
	return windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, list, nil)
}

// grace is how long what is begun may finish after a signal, 0 as long as usual. Who
// closes the window, logs off or shuts down leaves five seconds, in which the results
// have to be written too
// (https://learn.microsoft.com/windows/console/handlerroutine).
func grace(s os.Signal) time.Duration {
	if s == syscall.SIGTERM {
		return 2 * time.Second
	}
	return 0
}

// hold does nothing: an open file cannot be removed here.
func hold(*os.File) {}

// isAbandoned reports whether no living program writes a file: that is told by
// trying to remove it.
func isAbandoned(string) bool { return true }

// dropTyped drops what was typed at a console and is not read yet.
func dropTyped(f *os.File) { _ = windows.FlushConsoleInputBuffer(windows.Handle(f.Fd())) }

// hideTyped lets a console not show what is typed.
func hideTyped(f *os.File) {
	var mode uint32
	if h := windows.Handle(f.Fd()); windows.GetConsoleMode(h, &mode) == nil {
		_ = windows.SetConsoleMode(h, mode&^windows.ENABLE_ECHO_INPUT)
	}
}

// doubleClicked reports whether a person has opened the program in the Explorer, with a
// window of its own that goes with it.
func doubleClicked() bool { return mousetrap.StartedByExplorer() }
