package main

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"bulkimport/csvimport/session"
)

// light is one line of doctor's, as a traffic light.
type light struct {
	Level string `json:"level"` // good, warning, bad
	Name  string `json:"name"`
	What  string `json:"what"`
	Hint  string `json:"hint,omitempty"`
}

// lights are what doctor last said. They are safe for concurrent use.
type lights struct {
	service *service
	mu      sync.Mutex
	looking bool
	old     bool // an import has ended since
	last    []light
	at      time.Time
	busy    sync.WaitGroup
}

// listPatience is how long the first step waits for the platform's lists. They come
// with the next answer.
const listPatience = 2 * time.Second

// doctorPatience is how long an estimate may take while doctor looks.
const doctorPatience = 15 * time.Second

// look has doctor look, unless it does already.
func (l *lights) look(ctx context.Context) {
	l.mu.Lock()
	if l.looking || ctx.Err() != nil {
		l.mu.Unlock()
		return
	}
	l.looking, l.old = true, false
	l.busy.Add(1)
	l.mu.Unlock()
	defer l.busy.Done()
	d := &doctor{env: l.service.env, connection: l.service.connection, timeout: doctorPatience, onPage: true}
	d.examine(ctx)
	levels := map[health]string{healthy: "good", warned: "warning", faulty: "bad"}
	all := make([]light, 0, len(d.checks))
	for _, c := range d.checks {
		all = append(all, light{levels[c.Status], c.Name, c.Message, c.Hint})
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.looking, l.last, l.at = false, all, time.Now()
}

// age notes that what doctor said is so no more.
func (l *lights) age() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.old = true
}

// close waits for doctor, whose context has ended.
func (l *lights) close() { l.busy.Wait() }

// shown is what doctor last said, and whether it looks, or should look, again.
func (l *lights) shown() (all []light, looking, old bool, at time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.last, l.looking, l.old, l.at
}

// whereAnswer is where we are.
type whereAnswer struct {
	Platform struct {
		URL  string `json:"url"`
		Name string `json:"name"`
	} `json:"platform"`
	Ledger   string     `json:"ledger"`
	Version  string     `json:"version"`
	Person   string     `json:"person"`
	Role     string     `json:"role"`
	Team     bool       `json:"team"` // people sign in
	Lights   []light    `json:"lights"`
	Looking  bool       `json:"looking"` // doctor has not ended yet
	Looked   *time.Time `json:"looked"`
	Ready    *int       `json:"ready"`
	FirstDay bool       `json:"first_day"`
	Running  []string   `json:"running"`
}

func (s *service) where(w http.ResponseWriter, r *http.Request) error {
	fresh := r.URL.Query().Get("fresh") != ""
	if fresh {
		s.market.forget()
	}
	var a whereAnswer
	a.Platform.URL, a.Platform.Name = s.say(s.places.url), s.say(s.places.host())
	a.Ledger, a.Version, a.Running = s.say(s.places.ledger), version, s.imports.running()
	who := s.personOf(r)
	a.Person, a.Role, a.Team = s.say(who.Name), string(who.Role), s.team != nil
	all, looking, old, at := s.lights.shown()
	if a.Lights, a.Looking = all, looking || fresh || old; fresh || old {
		go s.lights.look(s.life)
	}
	if a.Lights == nil {
		a.Lights = []light{}
	}
	if !at.IsZero() {
		a.Looked = &at
	}
	ctx, cancel := context.WithTimeout(r.Context(), listPatience)
	defer cancel()
	s.know(ctx, &a)
	return writeJSON(w, http.StatusOK, a)
}

// know adds what only the platform and the ledger can tell, where they do: the lights
// say why if they do not.
func (s *service) know(ctx context.Context, a *whereAnswer) {
	market, err := s.market.open(ctx)
	if err != nil {
		a.Looking = a.Looking || errors.Is(err, context.DeadlineExceeded)
		return
	}
	defer market.leave()
	if market.work.catalog.TenantsUnread() == nil {
		a.Ready = &market.ready
	}
	books, err := market.openBook(ctx)
	if err != nil || books == nil {
		return
	}
	defer books.Close()
	if !books.settings.loopback() || books.settings.rehearsed {
		a.FirstDay, _, _ = session.FirstDay(ctx, books.book)
	}
}
