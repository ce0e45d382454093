//go:build unix

package main

// holding is a program that has a file open, which keeps nobody from it here.
func holding() {}
