package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A secret that a program tells: of a password manager, or of a vault.

// commandPatience is how long it may take: a person may be asked by it.
const commandPatience = 2 * time.Minute

// commandSecret runs a command of the profile and takes the first line of what it
// prints. No shell runs it, so that nothing in it has a meaning beyond its words.
func (s *settings) commandSecret(e *env, name, command string) (string, error) {
	key := name + "_command"
	words, err := splitWords(command)
	if err != nil || len(words) == 0 {
		return "", wrong(fmt.Sprintf("profile %s: %s is not a command", s.profile, key), "a program and its arguments; what holds spaces stands in quotes")
	}
	ctx, cancel := context.WithTimeout(context.Background(), commandPatience)
	defer cancel()
	run := exec.CommandContext(ctx, words[0], words[1:]...)
	run.WaitDelay = time.Second
	run.Stderr = e.err
	if f, ok := e.in.(*os.File); ok && isTerminal(f) {
		run.Stdin = f
	}
	out := &bytes.Buffer{}
	run.Stdout = &limited{out, maxSecret}
	if err := run.Run(); err != nil {
		why := "it ended with an error"
		if ctx.Err() != nil {
			why = "it did not end within " + span(commandPatience)
		} else if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			why = "there is no program " + quote(words[0])
		}
		return "", fault(fmt.Sprintf("profile %s: %s did not tell the %s: %s", s.profile, key, secretWords(name), why), "run it by hand, and mend it")
	}
	secret, _, _ := strings.Cut(out.String(), "\n")
	if secret = strings.TrimRight(secret, "\r"); secret == "" {
		return "", fault(fmt.Sprintf("profile %s: %s printed nothing", s.profile, key), "its first line has to be the "+secretWords(name))
	}
	return secret, nil
}

// limited takes so many bytes and drops the rest.
type limited struct {
	to   io.Writer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	n := min(len(p), l.left)
	l.left -= n
	_, err := l.to.Write(p[:n])
	return len(p), err
}

// splitWords splits a command into words at blanks, but for what stands in quotes.
func splitWords(command string) (words []string, err error) {
	var word strings.Builder
	var within rune
	begun := false
	for _, r := range command {
		switch {
		case within != 0 && r == within:
			within = 0
		case within == 0 && (r == '"' || r == '\''):
			within, begun = r, true
		case within == 0 && (r == ' ' || r == '\t'):
			if begun {
				words = append(words, word.String())
			}
			word.Reset()
			begun = false
		default:
			word.WriteRune(r)
			begun = true
		}
	}
	if within != 0 {
		return nil, errors.New("a quote is not closed")
	}
	if begun {
		words = append(words, word.String())
	}
	return words, nil
}
