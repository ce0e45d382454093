// Package simulation runs whole imports in fake time, to find what breaks the
// promise of at most one order for each row.
//
// There is no code here but tests. The engine, the session, the ledger and the
// client are the real ones; the platform is the stand-in, over a net within this
// process, in a bubble of testing/synctest. All that happens is drawn from a seed:
// how many machines there are and what their operators do, what the platform does
// wrong, when a machine is killed, sleeps, or has its clock set. What breaks the
// promise is printed with its seed, happens again with it, and is made smaller.
//
//	make simulate SEEDS=10000        so many seeds, drawn afresh
//	make simulate SEEDS=1 SEED=17    that one, with its story
//
// # The world
//
// A world has a platform behind a gateway, and machines, each with a clock, a disk
// and a net of its own. What a person starts on a machine is a process: it reaches
// everything outside of itself through doors. A kill shuts them for good; what
// the process still does changes nothing any more. A machine asleep, or without a
// net, has some of them shut for a while.
//
// # The promise
//
// The checker compares what the platform holds with what every process was asked
// to do and said it did: orders for each subscription, each result at the time it
// was read, sums, endings. What the promise leaves out is a list (allowances): each
// needs something in the plan that allows it, and is counted.
package simulation
