package main

import (
	"net/http"
	"slices"

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

// sessionView is a session as an administrator sees it.
type sessionView struct {
	serve.Presence
	Mine bool `json:"mine"` // of who asks
}

// sessionsOf are the sessions that go on, as who asks sees them.
func (s *service) sessionsOf(r *http.Request) ([]sessionView, error) {
	present, err := s.gate.Present(r.Context())
	all, mine := make([]sessionView, 0, len(present)), s.gate.Session(r)
	for _, one := range present {
		all = append(all, sessionView{one, one.ID == mine})
	}
	return all, err
}

func (s *service) showSessions(w http.ResponseWriter, r *http.Request) error {
	all, err := s.sessionsOf(r)
	if err != nil {
		return err
	}
	for i := range all {
		all[i].Person.Name = s.say(all[i].Person.Name)
	}
	return writeJSON(w, http.StatusOK, all)
}

// endSession ends one session, or all of a person but that of who asks.
func (s *service) endSession(w http.ResponseWriter, r *http.Request) error {
	var asked struct {
		ID  string `json:"id"`
		All bool   `json:"all"` // those of the same person too
	}
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	all, err := s.sessionsOf(r)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(one sessionView) bool { return one.ID == asked.ID })
	if i < 0 {
		return &notNow{"this session is over already", "reload the page: it shows who is signed in now"}
	}
	who, ending := all[i].Person.Name, all[i:i+1]
	if asked.All {
		ending = slices.DeleteFunc(all, func(one sessionView) bool { return one.Person.Name != who || one.Mine })
	}
	if err := s.act(r, serve.Act{Act: "end session", More: who + ", " + count(len(ending), "session")}); err != nil {
		return err
	}
	for _, one := range ending {
		if err := s.gate.End(r.Context(), one.ID); err != nil {
			return err
		}
	}
	return s.showSessions(w, r)
}
