package main

import "testing"

// TestPlainUTF8 reads what editors and shells make of a text.
func TestPlainUTF8(t *testing.T) {
	for _, tt := range []struct{ name, text, want, why string }{
		{"UTF-8", "url = \"ü\"\n", "url = \"ü\"\n", ""},
		{"a mark before it", "\xef\xbb\xbfa", "a", ""},
		{"Unicode, as PowerShell 5 writes by >", "\xff\xfea\x00\xfc\x00\r\x00\n\x00", "aü\r\n", ""},
		{"Unicode big endian", "\xfe\xff\x00a\x00\xfc", "aü", ""},
		{"half a character", "\xff\xfea\x00\xfc", "", "a.txt is UTF-16, and damaged"},
		{"half a pair", "\xff\xfe\x00\xd8a\x00", "", "a.txt is UTF-16, and damaged"},
		{"Latin 1", "a\xfc", "", "a.txt is not UTF-8"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			why := ""
			got, err := plainUTF8("a.txt", []byte(tt.text))
			if err != nil {
				why = err.Error()
			}
			if got != tt.want || why != tt.why {
				t.Errorf("%q, error %q; want %q, error %q", got, why, tt.want, tt.why)
			}
		})
	}
}
