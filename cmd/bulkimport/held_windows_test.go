package main

import (
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// holding is a program that has a file open as a spreadsheet has: others may read it,
// and do no more. It says so, and stays.
func holding() {
	name, err := windows.UTF16PtrFromString(os.Args[1])
	if err == nil {
		_, err = windows.CreateFile(name, windows.GENERIC_READ, windows.FILE_SHARE_READ, nil, windows.OPEN_EXISTING, 0, 0)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stderr, "held")
	time.Sleep(time.Minute)
}
