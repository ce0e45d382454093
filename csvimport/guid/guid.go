// Package guid reads and writes ids of the form 8-4-4-4-12.
package guid

import (
	"encoding/hex"
	"strings"
)

// ID is an id in 16 bytes, in the order of its digits.
type ID [16]byte

// notHex marks bytes that are no hexadecimal digit.
const notHex = 0xff

var hexValues = func() (t [256]byte) {
	for i := range t {
		t[i] = notHex
	}
	for i := range 10 {
		t['0'+i] = byte(i)
	}
	for i := range 6 {
		t['a'+i], t['A'+i] = byte(10+i), byte(10+i)
	}
	return t
}()

// Parse reads 36 characters of the form 8-4-4-4-12. lower is false if there are
// capitals among them.
func Parse(s string) (id ID, lower, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false, false
	}
	var wrong, upper byte
	two := func(at int) byte {
		a, b := s[at], s[at+1]
		high, low := hexValues[a], hexValues[b]
		wrong |= high | low
		// Capitals have bit 5 clear, digits and small letters have it set.
		upper |= ^a | ^b
		return high<<4 | low&15
	}
	id = ID{
		two(0), two(2), two(4), two(6),
		two(9), two(11),
		two(14), two(16),
		two(19), two(21),
		two(24), two(26), two(28), two(30), two(32), two(34),
	}
	if wrong&0xf0 != 0 {
		return ID{}, false, false
	}
	return id, upper&0x20 == 0, true
}

// String returns the id in lower case, in the form that Parse reads.
func (id ID) String() string {
	var s [36]byte
	hex.Encode(s[0:8], id[0:4])
	hex.Encode(s[9:13], id[4:6])
	hex.Encode(s[14:18], id[6:8])
	hex.Encode(s[19:23], id[8:10])
	hex.Encode(s[24:36], id[10:16])
	s[8], s[13], s[18], s[23] = '-', '-', '-', '-'
	return string(s[:])
}

// Find returns the ids that begin in the first 4096 bytes of a text, at most two,
// in lower case.
func Find(s string) (ids []string) {
	for i := 0; i+36 <= len(s) && i < 4096 && len(ids) < 2; {
		if _, _, ok := Parse(s[i : i+36]); ok {
			ids = append(ids, strings.ToLower(s[i:i+36]))
			i += 36
			continue
		}
		i++
	}
	return ids
}

// IsHex reports whether s has nothing but hexadecimal digits, capitals or not.
func IsHex(s string) bool {
	for i := range len(s) {
		if hexValues[s[i]] == notHex {
			return false
		}
	}
	return true
}
