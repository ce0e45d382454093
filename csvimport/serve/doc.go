// Package serve is who may speak to this program over HTTP, and within which bounds.
//
// A [Gate] lets nobody in but people who were given a one-time code: it is exchanged
// for a cookie and dead after that. Requests that name another host (DNS rebinding),
// or that another page makes, are turned away, and what a page may load or run is
// said with every answer. Who is in, and who has tried to come in, is kept in a [Store],
// which several servers may share. Bodies are bounded in size and time. A [Journal] keeps who
// did what.
//
// The package knows nothing of imports, and has no words for people but those of its
// refusals.
package serve
