package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// It takes minutes with the race detector: its file comes early, so that it goes on beside
// all that follow.

// TestTeamGuesses lets nobody in by 10,000 wrong passwords, and keeps nobody out who is in.
func TestTeamGuesses(t *testing.T) {
	t.Parallel()
	c := newCrew(t)
	c.opens()
	b, guesser := c.member("import"), c.visitor()
	var mu sync.Mutex
	var guesses atomic.Int64
	var guessing sync.WaitGroup
	answers := map[int]int{}
	for range 2 { // while a password is compared others are guessed
		guessing.Go(func() {
			for i := guesses.Add(1) - 1; i < 10_000; i = guesses.Add(1) - 1 {
				status, text := guesser.signIn([]string{"import", "nobody"}[i%2], fmt.Sprint("guess ", i))
				mu.Lock()
				answers[status]++
				mu.Unlock()
				if strings.Contains(text, "no such") {
					t.Error(text)
				}
				if i%500 == 0 && b.status("GET", "/api/files") != http.StatusOK {
					t.Errorf("after %d guesses the person is out", i)
				}
			}
		})
	}
	guessing.Wait()
	if answers[401]+answers[429] != 10_000 || answers[401] > 200 {
		t.Errorf("answers %v, want a few 401 and else 429", answers)
	}
	if len(guesser.client.Jar.Cookies(&url.URL{Scheme: "https", Host: "127.0.0.1", Path: "/"})) != 0 {
		t.Error("the guesser has a cookie")
	}
}
