// Package pace decides how fast to go: how many orders may be in flight and how many a
// second, whether those after the first few may go, when a platform that does not answer or
// an account that is busy is tried again, and how long to wait between two attempts.
//
// Its parts are told everything, the time too, and belong to one goroutine.
package pace
