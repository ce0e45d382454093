package pace

// Share is what one of so many runs has of a whole number that is for all runs on a
// platform: at least 1 of it. 0, which is no limit, stays 0.
func Share(all, runs int) int {
	if all <= 0 {
		return 0
	}
	return max(1, all/max(1, runs))
}

// Limit is how many rows may go wrong before a run stops: a number, which all runs on a
// platform share, or a part of those ended. The zero value is the default: ten rows and a
// fifth of those ended.
type Limit struct {
	Rows    int     // so many rows
	Percent float64 // or this part of the rows ended, 0 to 100
	Off     bool    // no limit
}

// few is for how many rows a part of them says nothing.
const few = 10

// Reached reports whether, in one of so many runs, too many of the rows ended are wrong.
func (l Limit) Reached(wrong, ended, runs int) bool {
	switch {
	case l.Off || wrong == 0:
		return false
	case l.Rows > 0:
		return wrong >= Share(l.Rows, runs)
	case l.Percent > 0:
		return ended >= few && float64(wrong) >= l.Percent/100*float64(ended)
	}
	return wrong >= Share(few, runs) && wrong*5 >= ended
}
