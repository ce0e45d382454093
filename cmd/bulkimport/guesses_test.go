package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
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
	answers := map[int]int{}
	for i := range 10_000 {
		status, text := guesser.signIn([]string{"import", "nobody"}[i%2], fmt.Sprint("guess ", i))
		answers[status]++
		if strings.Contains(text, "no such") {
			t.Fatal(text)
		}
		if i%500 == 0 && b.status("GET", "/api/files") != http.StatusOK {
			t.Fatalf("after %d guesses the person is out", i)
		}
	}
	if answers[401]+answers[429] != 10_000 || answers[401] > 200 {
		t.Errorf("answers %v, want a few 401 and else 429", answers)
	}
	if len(guesser.client.Jar.Cookies(&url.URL{Scheme: "https", Host: "127.0.0.1", Path: "/"})) != 0 {
		t.Error("the guesser has a cookie")
	}
}
