package apstest

import "encoding/hex"

// guidKind tells apart what a GUID names, so that the id of a plan is never
// taken for the id of an account.
type guidKind uint8

const (
	guidTenant guidKind = iota + 1
	guidSubscription
	guidAccount
	guidPlan
	guidOrder
	guidService
)

// guidKey makes GUIDs from a kind and a position, and finds the position again
// from the GUID alone: a million accounts need no index.
type guidKey uint64

const half = 1<<30 - 1 // one half of the 60 bits that hold kind and position

// mix is the finaliser of splitmix64: every bit of x reaches every bit of the
// result.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

func (k guidKey) round(i int, x uint64) uint64 {
	return mix(uint64(k)^mix(uint64(i)<<32|x)) & half
}

// guid returns the GUID of position (a, b); a and b are below 1<<28.
func (k guidKey) guid(kind guidKind, a, b int) string {
	v := uint64(kind)<<56 | uint64(a)<<28 | uint64(b)
	l, r := v>>30, v&half
	for i := range 4 {
		l, r = r, l^k.round(i, r)
	}
	return format(k.top(v), l<<30|r)
}

func (k guidKey) top(v uint64) uint64 { return mix(uint64(k) + mix(v)) }

// position is the inverse of guid. It reports false for any text that guid
// would not have made with this key.
func (k guidKey) position(kind guidKind, guid string) (a, b int, ok bool) {
	var raw [16]byte
	if len(guid) != 36 || guid[8] != '-' || guid[13] != '-' || guid[18] != '-' || guid[23] != '-' {
		return 0, 0, false
	}
	var digits [32]byte
	n := copy(digits[:], guid[:8])
	n += copy(digits[n:], guid[9:13])
	n += copy(digits[n:], guid[14:18])
	n += copy(digits[n:], guid[19:23])
	copy(digits[n:], guid[24:])
	if _, err := hex.Decode(raw[:], digits[:]); err != nil {
		return 0, 0, false
	}
	var low uint64
	for _, c := range raw[8:] {
		low = low<<8 | uint64(c)
	}
	low &= 1<<60 - 1
	l, r := low>>30, low&half
	for i := 3; i >= 0; i-- {
		l, r = r^k.round(i, l), l
	}
	v := l<<30 | r
	a, b = int(v>>28&(1<<28-1)), int(v&(1<<28-1))
	if guidKind(v>>56) != kind || k.guid(kind, a, b) != guid {
		return 0, 0, false
	}
	return a, b, true
}

// format writes a version 4 GUID; the top 4 bits of the second half are lost.
func format(top, low uint64) string {
	var raw [16]byte
	for i := range 8 {
		raw[i] = byte(top >> (56 - 8*i))
		raw[8+i] = byte(low >> (56 - 8*i))
	}
	raw[6] = raw[6]&0x0f | 0x40
	raw[8] = raw[8]&0x0f | 0x80 | byte(top>>8)&0x30
	var out [36]byte
	hex.Encode(out[:8], raw[:4])
	hex.Encode(out[9:13], raw[4:6])
	hex.Encode(out[14:18], raw[6:8])
	hex.Encode(out[19:23], raw[8:10])
	hex.Encode(out[24:], raw[10:])
	out[8], out[13], out[18], out[23] = '-', '-', '-', '-'
	return string(out[:])
}
