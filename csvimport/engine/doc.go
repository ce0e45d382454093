// Package engine places at most one order for each row, follows each to its end,
// and tells what became of every row.
//
// Three share the work, and each sees only what it may touch. The run is what all
// have in common and does not change. The asker places, looks and reads back, from
// any goroutine; it is given values and returns what it found. The loop and its
// parts (lanes, doubts, follower, other runs, ends) have the state, in one
// goroutine, and hear of everything else by functions posted to them. Lanes are small
// machines that are told everything, as those in packages evidence and pace are.
package engine
