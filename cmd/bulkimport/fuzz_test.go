package main

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// isComplete demands of an error that it says what to do, on lines fit to be shown.
func isComplete(t *testing.T, err error, secret string) {
	t.Helper()
	end, ok := errors.AsType[*ending](err)
	if !ok || end.hint == "" {
		t.Errorf("error without a hint: %#v", err)
	}
	if secret != "" && strings.Contains(err.Error(), secret) {
		t.Errorf("the error tells the secret: %v", err)
	}
}

// FuzzProfiles reads a config.toml that anybody may have written. One that can be read
// can be written to: then a profile is as it was set, and the others are as they were.
func FuzzProfiles(f *testing.F) {
	for _, text := range []string{
		"", "[default]\nurl = \"https://a\"\n", "[default]\nconsumer_secret = \"x\"\n", "[default]\nsettle = \"1s\"\n", "[default]\npace = \"100/5m\"\nsettle = \"24h\"\n",
		"default = {url = \"https://a\"}\n", "default.url = \"https://a\"\n", "[ default ]\nurl='https://a'\n", "[other]\nurl = \"\"\"\n[default]\n\"\"\"\n",
		"[default.columns]\nplan_id = \"Plan\"\n[default.wire.order]\ntemplate_file = \"o.json\"\n", "[default]\nurl = \"https://a\" # x\n# y\n\n[other]\nkeyring = true\n",
		"[\"default\"]\nurl = \"https://a\"\n", "[default]\r\nurl = \"https://a\"\r\n", "[default]\nwire = {order = {template_file = 1}}\n", "\ufeff[default]\n",
	} {
		f.Add(text)
	}
	e := &env{lookup: func(string) (string, bool) { return "", false }, veil: new(veil)}
	f.Fuzz(func(t *testing.T, text string) {
		before, err := e.parseProfiles(text, "config.toml")
		if err != nil {
			isComplete(t, err, "")
			return
		}
		after, err := e.withProfile(text, "default", [][2]string{{"url", `"https://set.example"`}}, "config.toml")
		if err != nil {
			isComplete(t, err, "")
			return
		}
		profiles, err := e.parseProfiles(after, "config.toml")
		if err != nil || profiles["default"].URL != "https://set.example" {
			t.Fatalf("set to %q (%v):\n%s", profiles["default"].URL, err, after)
		}
		for name, p := range before {
			if got := profiles[name]; name != "default" && (got.URL != p.URL || got.ConsumerKey != p.ConsumerKey || got.Ledger != p.Ledger) {
				t.Errorf("profile %q is another:\n%s", name, after)
			}
		}
	})
}

// FuzzCertificates reads a file in which certificates should be.
func FuzzCertificates(f *testing.F) {
	const begin, end = "-----BEGIN CERTIFICATE-----\n", "-----END CERTIFICATE-----\n"
	for _, text := range []string{"", begin, begin + end, begin + "AAAA\n" + end, "\xef\xbb\xbf" + begin + "!\n" + end, "\xff\xfeB\x00", "-----BEGIN \x1b[31m-----\nAA==\n-----END \x1b[31m-----\n", "\x30\x82\x01\x0a", strings.Repeat(begin, 50)} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "ca.pem")
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(path, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		pool, err := certificates(path)
		switch {
		case err != nil:
			isComplete(t, err, "")
		case pool == nil:
			t.Error("neither certificates nor an error")
		}
	})
}

// FuzzSecretFile reads a file in which a secret should be: what is taken for it is one
// line without blanks or quotes around it, and an error does not tell it.
func FuzzSecretFile(f *testing.F) {
	for _, text := range []string{"hush-hush-hush\n", "", " \r\n", "\xef\xbb\xbfhush-hush-hush", "\xff\xfeh\x00", "\"hush-hush-hush\"", "a\nb", "BULKIMPORT_CONSUMER_SECRET=hush-hush", "export BULKIMPORT_PASSWORD='x'", "a=b", "h\x00sh", "hush\x1b[31m"} {
		f.Add([]byte(text))
	}
	path := filepath.Join(f.TempDir(), "secret")
	e := &env{err: io.Discard, lookup: func(string) (string, bool) { return "", false }, veil: new(veil)}
	const marker = "hush-hush-hush"
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, text := range []string{string(raw), string(raw) + marker} {
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			secret, err := e.secretFile(path, "the test")
			switch {
			case err != nil:
				isComplete(t, err, marker)
			case secret == "" || secret != strings.TrimSpace(secret) || strings.ContainsAny(secret, "\r\n") || inQuotes(secret):
				t.Errorf("%q is taken for a secret", secret)
			}
		}
	})
}
