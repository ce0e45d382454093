package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/url"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// veil hides the secrets a command has read from all words that leave it. No
// code path is known to print one; this is the net below.
type veil struct {
	mu      sync.Mutex
	secrets []string
}

// cover adds a secret. One shorter than eight characters would blot out
// ordinary words and is left to the paths that never print it.
func (v *veil) cover(secret string) {
	if len(secret) < 8 {
		return
	}
	quoted, _ := json.Marshal(secret)
	v.mu.Lock()
	defer v.mu.Unlock()
	page := strings.ReplaceAll(html.EscapeString(secret), "+", "&#43;") // as html/template writes it
	for _, form := range []string{secret, string(quoted[1 : len(quoted)-1]), url.QueryEscape(secret), page} {
		if !slices.Contains(v.secrets, form) {
			v.secrets = append(v.secrets, form)
		}
	}
}

// secretVariables hold secrets, also where a command has no use for them.
var secretVariables = []string{"BULKIMPORT_CONSUMER_SECRET", "BULKIMPORT_CLIENT_SECRET", "BULKIMPORT_PASSWORD", "PGPASSWORD"}

// hide returns s with every secret blotted out.
func (v *veil) hide(s string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, secret := range v.secrets {
		s = strings.ReplaceAll(s, secret, "********")
	}
	return s
}

// through has write write to w, past the veil.
func (v *veil) through(w io.Writer, write func(io.Writer) error) error {
	c := &curtain{to: w, veil: v}
	if err := write(c); err != nil {
		return err
	}
	_, err := w.Write(c.rest)
	return err
}

// curtain is a writer that hides secrets, also those that come in pieces.
type curtain struct {
	to   io.Writer
	veil *veil
	rest []byte // in which a secret may begin
}

func (c *curtain) Write(p []byte) (int, error) {
	text := c.veil.hide(string(append(c.rest, p...)))
	done := max(0, len(text)-c.veil.longest())
	c.rest = []byte(text[done:])
	if _, err := io.WriteString(c.to, text[:done]); err != nil {
		return 0, err
	}
	return len(p), nil
}

// longest is the length of the longest secret.
func (v *veil) longest() (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, secret := range v.secrets {
		n = max(n, len(secret))
	}
	return n
}

// maxSecret bounds what is read as a secret: a longer file is some other file.
const maxSecret = 16 << 10

// secretFile reads the secret that a file holds, less the blanks around it. source
// names the setting that named the file.
func (e *env) secretFile(path, source string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		words, _ := e.explain(err)
		return "", wrong(fmt.Sprintf("%s (named by %s)", words, source), "write the secret to that file, mode 0600, or correct the setting")
	}
	if info.Mode().Perm()&0o077 != 0 && info.Mode().IsRegular() && runtime.GOOS != "windows" {
		fmt.Fprintf(e.err, "warning: %s can be read by others on this machine\nhint: chmod 600 %s\n", path, shellFile(path))
	}
	text, err := readText(path, maxSecret)
	if err != nil {
		words, hint := e.explain(err)
		return "", wrong(fmt.Sprintf("%s (named by %s)", words, source), hint)
	}
	secret := strings.TrimSpace(text)
	if why := noSecret(secret); why != "" {
		return "", wrong(fmt.Sprintf("%s %s (named by %s)", path, why, source), "the file holds the secret and nothing else")
	}
	return secret, nil
}

// noSecret says why a text is not the secret alone, empty if it may be.
func noSecret(text string) string {
	name, _, _ := strings.Cut(text, "=")
	switch {
	case text == "":
		return "does not hold a secret"
	case strings.ContainsAny(text, "\r\n"):
		return "holds several lines"
	case inQuotes(text):
		return "holds a secret in quotes"
	case slices.Contains(settingVariables, strings.TrimSpace(strings.TrimPrefix(name, "export "))):
		return "holds a variable with the secret"
	}
	return ""
}

// inQuotes reports whether a text stands in quotes, which a shell takes off and
// nobody else.
func inQuotes(text string) bool {
	n := len(text)
	return n > 1 && text[0] == text[n-1] && (text[0] == '"' || text[0] == '\'')
}

// writeSecretFile keeps a secret in a file that only its owner can read.
func writeSecretFile(path, secret string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err = ownerOnly(path); err == nil {
		_, err = f.WriteString(secret + "\n")
	}
	return errors.Join(err, f.Sync(), f.Close())
}
