package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
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
	v.mu.Lock()
	defer v.mu.Unlock()
	v.secrets = append(v.secrets, secret)
}

// hide returns s with every secret blotted out.
func (v *veil) hide(s string) string {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, secret := range v.secrets {
		s = strings.ReplaceAll(s, secret, "********")
	}
	return s
}

// maxSecret bounds what is read as a secret: a longer file is some other file.
const maxSecret = 16 << 10

// secretFile reads the secret that a file holds, less the line end after it.
// source names the setting that named the file.
func (e *env) secretFile(path, source string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		words, _ := e.explain(err)
		return "", wrong(fmt.Sprintf("%s (named by %s)", words, source), "write the secret to that file, mode 0600, or correct the setting")
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", wrong(fmt.Sprintf("%s is a folder, not a file with a secret (named by %s)", path, source), "")
	case info.Mode().Perm()&0o077 != 0 && info.Mode().IsRegular() && runtime.GOOS != "windows":
		fmt.Fprintf(e.err, "warning: %s can be read by others on this machine\nhint: chmod 600 %s\n", path, shell(path))
	}
	text, err := io.ReadAll(io.LimitReader(f, maxSecret+1))
	if err != nil {
		return "", err
	}
	secret := strings.TrimRight(string(text), "\r\n")
	if secret == "" || len(secret) > maxSecret {
		return "", wrong(fmt.Sprintf("%s does not hold a secret (named by %s)", path, source), "the file holds the secret and nothing else")
	}
	return secret, nil
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
	_, err = f.WriteString(secret + "\n")
	return errors.Join(err, f.Sync(), f.Close())
}
