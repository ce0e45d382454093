package serve

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

const (
	codeLife  = 15 * time.Minute
	mostCodes = 16 // at once

	mostWrong  = 10 // codes in a row, before one has to wait
	wrongEvery = 6 * time.Second
)

// digest is what is kept of a code or a session: the text itself is nobody's but its owner's.
type digest [sha256.Size]byte

func digestOf(text string) digest { return sha256.Sum256([]byte(text)) }

// codes are those that were given out and not used. It is safe for concurrent use.
type codes struct {
	mu     sync.Mutex
	given  map[digest]code
	wrongs int // that count against the next one
	last   time.Time
}

type code struct {
	person Person
	until  time.Time
}

// give makes a code for a person.
func (c *codes) give(p Person, now time.Time) string {
	text := rand.Text()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.given == nil {
		c.given = make(map[digest]code)
	}
	c.expire(now)
	c.given[digestOf(text)] = code{p, now.Add(codeLife)}
	return text
}

// expire forgets the codes whose time is over, and the oldest of too many.
func (c *codes) expire(now time.Time) {
	var oldest digest
	for d, code := range c.given {
		if now.After(code.until) {
			delete(c.given, d)
		} else if old, ok := c.given[oldest]; !ok || code.until.Before(old.until) {
			oldest = d
		}
	}
	if len(c.given) >= mostCodes {
		delete(c.given, oldest)
	}
}

// take exchanges a code for its person, once. A right one is always taken, so that
// nobody can lock others out by wrong ones; of these, wait is how long to wait.
func (c *codes) take(text string, now time.Time) (p Person, ok bool, wait time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d := digestOf(text)
	if code, known := c.given[d]; known && !now.After(code.until) {
		delete(c.given, d)
		return code.person, true, 0
	}
	c.wrongs = max(0, c.wrongs-int(now.Sub(c.last)/wrongEvery))
	if c.wrongs >= mostWrong {
		return Person{}, false, wrongEvery - now.Sub(c.last)
	}
	c.wrongs++
	c.last = now
	return Person{}, false, 0
}
