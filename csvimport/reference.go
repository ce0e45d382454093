package csvimport

import (
	"strconv"
	"strings"
)

// ReferencePrefix is what all references of ours begin with.
const ReferencePrefix = "azure-import/"

// Reference is the client reference of an order: deterministic, so that anyone
// on any machine finds the order again, with or without a ledger.
func Reference(sub string, gen int) string {
	if gen <= 1 {
		return ReferencePrefix + sub
	}
	return ReferencePrefix + sub + "/" + strconv.Itoa(gen)
}

// ParseReference is Reference backwards; ok is false for references that are
// not ours.
func ParseReference(ref string) (sub string, gen int, ok bool) {
	rest, ok := strings.CutPrefix(ref, ReferencePrefix)
	if !ok {
		return "", 0, false
	}
	sub, tail, more := strings.Cut(rest, "/")
	gen = 1
	if more {
		n, err := strconv.Atoi(tail)
		if err != nil || n < 2 || n > 1000 {
			return "", 0, false
		}
		gen = n
	}
	return sub, gen, len(sub) == 36
}
