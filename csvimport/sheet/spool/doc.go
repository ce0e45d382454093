// Package spool keeps a private copy of bytes, in memory while it is small, else
// in a temporary file that only this user can read.
package spool
