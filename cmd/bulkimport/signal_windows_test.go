package main

import "syscall"

const userSignal = syscall.SIGTERM // there is no SIGUSR1; scripts with signals are skipped
