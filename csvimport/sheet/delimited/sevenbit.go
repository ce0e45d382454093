package delimited

import (
	"bytes"
	"encoding/base64"
	"unicode"
	"unicode/utf16"
)

// sevenBit reports whether text that is all ASCII holds its other letters in
// one of the codes made for mail: escape sequences (ISO-2022), HZ, UTF-7.
func sevenBit(text []byte) bool {
	if ascii(text) < len(text) {
		return false
	}
	return escapes(text) || bytes.Contains(text, []byte("~{")) && bytes.Contains(text, []byte("~}")) || isUTF7(text)
}

// escapes finds the sequences that change letters in ISO-2022.
func escapes(text []byte) bool {
	for {
		i := bytes.IndexByte(text, 0x1b)
		if i < 0 || i+3 > len(text) {
			return false
		}
		if c := text[i+1]; c == '$' || c == '(' || c == ')' {
			return true
		}
		text = text[i+1:]
	}
}

// isUTF7 reports whether every + starts a run of letters in UTF-7 (RFC 2152) or
// is written +-, and there are two such runs at least. Addresses with a + are
// not like that.
func isUTF7(text []byte) bool {
	runs := 0
	for {
		i := bytes.IndexByte(text, '+')
		if i < 0 {
			return runs > 1
		}
		text = text[i+1:]
		n := 0
		for n < len(text) && n < 4096 && isBase64(text[n]) {
			n++
		}
		switch {
		case n == 0 && len(text) > 0 && text[0] == '-':
		case n > 2 && lettersUTF7(text[:n]):
			runs++
		default:
			return false
		}
		text = text[n:]
	}
}

func isBase64(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/'
}

// lettersUTF7 reports whether a run is UTF-16 in base64 with nothing left over and
// without control characters.
func lettersUTF7(run []byte) bool {
	if n := len(run) % 8; n != 0 && n != 3 && n != 6 {
		return false
	}
	raw, err := base64.RawStdEncoding.Strict().DecodeString(string(run))
	if err != nil {
		return false
	}
	units := make([]uint16, len(raw)/2)
	for i := range units {
		units[i] = uint16(raw[2*i])<<8 | uint16(raw[2*i+1])
	}
	for _, r := range utf16.Decode(units) {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}
