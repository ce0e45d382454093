package main

import (
	"encoding/pem"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"
)

// TestCertificates reads what people have: PEM with a byte order mark, DER, and
// bundles of which one block is no use.
func TestCertificates(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	defer server.Close()
	der := string(server.Certificate().Raw)
	block := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte(der)}))
	key := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte("k")}))
	damaged := strings.Replace(block, block[40:60], "!!", 1)
	for _, tt := range []struct{ name, text, want string }{
		{"PEM", block, ""},
		{"with a byte order mark", "\xef\xbb\xbf" + block, ""},
		{"words between blocks", "# our own\n" + block + "\nsubject=/CN=x\n" + block, ""},
		{"DER", der, ""},
		{"a damaged block", block + damaged, fmt.Sprintf("block 2 (line %d) is damaged", strings.Count(block, "\n")+1)},
		{"a key", "note\n" + key + block, `block 1 (line 2) is a "PRIVATE KEY", not a certificate`},
		{"UTF-16", utf16le(block), ""},
		{"UTF-16, cut off", "\xff\xfe-\x00-", "is UTF-16, and damaged"},
		{"something else", "tenant,plan_id\n", "holds no certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ca.pem")
			if err := os.WriteFile(path, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			pool, err := certificates(path)
			switch {
			case tt.want == "" && (err != nil || pool == nil):
				t.Errorf("error %v", err)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || statusOf(err) != statusUsage):
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// utf16le is a text as PowerShell 5 writes it by >.
func utf16le(text string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}
