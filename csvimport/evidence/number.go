package evidence

import (
	"cmp"
	"strings"
)

// CompareNumbers orders two order numbers as the platform gave them out: SO000999
// comes before SO001000 and SO1000000. Those without digits come last.
func CompareNumbers(a, b string) int {
	da, db := digits(a), digits(b)
	if (da == "") != (db == "") {
		return cmp.Compare(len(db), len(da))
	}
	return cmp.Or(cmp.Compare(len(da), len(db)), cmp.Compare(da, db), cmp.Compare(a, b))
}

// digits is the last run of digits in a number, without leading zeros.
func digits(s string) string {
	end := strings.LastIndexAny(s, "0123456789") + 1
	start := end
	for start > 0 && s[start-1] >= '0' && s[start-1] <= '9' {
		start--
	}
	if d := strings.TrimLeft(s[start:end], "0"); d != "" || start == end {
		return d
	}
	return "0"
}
