package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"bulkimport/csvimport/ledger/lockfile"
)

// servePlace is the folder of the one server of a ledger: who has it locked.
type servePlace struct {
	folder string
	secret string // by which another process of the same person is known
	lock   *lockfile.Lock
}

const (
	placeLock = "serve.lock"
	placeFile = "serve.json"
)

// placeNote is what a running server tells other processes of the same person.
type placeNote struct {
	Origin string `json:"origin"`
	Secret string `json:"secret"`
}

// takePlace takes the folder, nil if another process has it.
func takePlace(folder string) (*servePlace, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	lock, err := lockfile.Take(filepath.Join(folder, placeLock))
	if lock == nil {
		return nil, err
	}
	return &servePlace{folder, rand.Text(), lock}, nil
}

// tell writes where the server listens, for its owner's eyes.
func (p *servePlace) tell(origin string) error {
	text, err := json.Marshal(placeNote{origin, p.secret})
	if err != nil {
		return err
	}
	path := filepath.Join(p.folder, placeFile)
	if err := replace(path, func(w io.Writer) error { _, err := w.Write(text); return err }); err != nil {
		return err
	}
	removeQuietly(path + kept)
	return nil
}

func (p *servePlace) drop() {
	removeQuietly(filepath.Join(p.folder, placeFile))
	p.lock.Drop()
}

// secretHeader is by which a process shows that it can read its owner's files.
const secretHeader = "X-Bulkimport-Secret"

// askForCode has the server of a folder make a new address.
func askForCode(ctx context.Context, folder string) (string, error) {
	var note placeNote
	for try := 0; ; try++ { // it may be about to begin
		text, err := os.ReadFile(filepath.Join(folder, placeFile))
		if err == nil {
			err = json.Unmarshal(text, &note)
		}
		if err == nil {
			break
		}
		if try == 50 {
			return "", errors.New("it does not say where it listens")
		}
		time.Sleep(50 * time.Millisecond)
	}
	if note.Secret == "" { // it is a team's
		return clean(note.Origin), nil
	}
	if !strings.HasPrefix(note.Origin, "http://127.0.0.1:") {
		return "", errors.New("it does not say where it listens")
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, note.Origin+"/code", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set(secretHeader, note.Secret)
	client := &http.Client{Transport: &http.Transport{Proxy: nil, DisableKeepAlives: true}}
	answer, err := client.Do(req)
	if err != nil {
		return "", errors.New("no connection")
	}
	defer answer.Body.Close()
	code, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err != nil || answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("it answers %d", answer.StatusCode)
	}
	return note.Origin + "/start?code=" + strings.TrimSpace(string(code)), nil
}
