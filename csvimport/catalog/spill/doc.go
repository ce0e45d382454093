// Package spill keeps records and finds them by key, in memory while they are few
// and in temporary files beyond.
package spill
