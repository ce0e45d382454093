package main

import (
	"encoding/json"
	"net/http"

	"bulkimport/csvimport/serve"
)

// me tells a person who they are here: what the page asks first.
func (s *service) me(w http.ResponseWriter, r *http.Request) error {
	who := s.personOf(r)
	return writeJSON(w, http.StatusOK, struct {
		Name     string     `json:"name"`
		Role     serve.Role `json:"role"`
		Team     bool       `json:"team"` // people sign in
		Platform string     `json:"platform"`
	}{s.say(who.Name), who.Role, s.team != nil, s.say(s.places.host())})
}

// What an administrator sees of people: who did what, and who is here.

// showJournal answers with the last acts, the newest first.
func (s *service) showJournal(w http.ResponseWriter, r *http.Request) error {
	count, err := numberAsked(r, "count", 200, 1000)
	if err != nil {
		return err
	}
	lines, err := s.journal.Last(count)
	if err != nil {
		return err
	}
	acts := make([]serve.Act, 0, len(lines))
	for _, line := range lines {
		var a serve.Act
		if json.Unmarshal(line, &a) != nil {
			continue // cut off by a crash
		}
		for _, text := range []*string{&a.Who, &a.Act, &a.File, &a.Import, &a.More} {
			*text = s.say(*text)
		}
		acts = append(acts, a)
	}
	return writeJSON(w, http.StatusOK, acts)
}

func (s *service) showSessions(w http.ResponseWriter, r *http.Request) error {
	all, err := s.gate.Present(r.Context())
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Person.Name = s.say(all[i].Person.Name)
	}
	return writeJSON(w, http.StatusOK, all)
}

// endSession signs a person out.
func (s *service) endSession(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		ID string `json:"id"`
	}
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	all, err := s.gate.Present(r.Context())
	if err != nil {
		return err
	}
	for _, one := range all {
		if one.ID != asked.ID {
			continue
		}
		if err := s.act(r, serve.Act{Act: "end session", More: one.Person.Name}); err != nil {
			return err
		}
		if err := s.gate.End(r.Context(), one.ID); err != nil {
			return err
		}
		return s.showSessions(w, r)
	}
	return &notNow{"this session is over already", "reload the page"}
}
