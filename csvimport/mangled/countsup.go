package mangled

import "strconv"

// CountsUp reports whether the number in which an id ends is one more than that of the
// id before it, in decimal or hexadecimal digits: as the fill handle of a spreadsheet
// makes them.
func CountsUp(before, after string) bool {
	const group = 12 // digits of an id's last group
	if len(before) != len(after) || len(before) < group {
		return false
	}
	at := len(before) - group
	for _, base := range [...]int{10, 16} {
		from := at
		for i := len(before) - 1; base == 10 && i >= at; i-- {
			if before[i] > '9' {
				from = i + 1
				break
			}
		}
		a, errA := strconv.ParseUint(before[from:], base, 64)
		b, errB := strconv.ParseUint(after[from:], base, 64)
		if errA == nil && errB == nil && b == a+1 && before[:from] == after[:from] {
			return true
		}
	}
	return false
}
