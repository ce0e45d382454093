package main

import (
	"cmp"
	"math"
	"net/http"
	"time"

	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/serve"
)

// journalAnswer is a part of the journal, the newest act first.
type journalAnswer struct {
	Acts   []serve.Act `json:"acts"`
	Before int64       `json:"before"` // where to ask for older ones; 0: there are none
	Shared bool        `json:"shared"` // there may be other servers, each with a journal of its own
}

// journalWanted are the acts that a request asks for.
func journalWanted(r *http.Request) (want serve.Wanted, err error) {
	q := r.URL.Query()
	want.Who, want.What = q.Get("who"), q.Get("what")
	if want.From, err = timeAsked(q.Get("from")); err == nil {
		want.Until, err = timeAsked(q.Get("until"))
	}
	return want, err
}

// timeAsked is a time in a request, zero for none.
func timeAsked(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, wrong("the journal was not searched: "+quote(text)+" is no time", "write it like 2026-11-27T14:30:00Z, or leave it empty")
	}
	return at, nil
}

// showJournal answers with acts, the newest first, from a place on.
func (s *service) showJournal(w http.ResponseWriter, r *http.Request) error {
	want, err := journalWanted(r)
	if err != nil {
		return err
	}
	most, err := numberAsked(r, "count", 100, 1000)
	if err != nil {
		return err
	}
	before, err := numberAsked(r, "before", 0, math.MaxInt)
	if err != nil {
		return err
	}
	acts, rest, err := s.journal.Older(r.Context(), int64(before), most, want)
	if err != nil {
		return s.unreadable(err)
	}
	a := journalAnswer{make([]serve.Act, 0, len(acts)), rest, s.commons != nil}
	for _, one := range acts {
		a.Acts = append(a.Acts, s.shownAct(one))
	}
	return writeJSON(w, http.StatusOK, a)
}

// journalTable is the journal as CSV, the oldest act first.
func (s *service) journalTable(w http.ResponseWriter, r *http.Request) error {
	want, err := journalWanted(r)
	if err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "download journal"}); err != nil {
		return err
	}
	table := rows.NewWriter(w, rows.CSV)
	began := false
	begin := func() error {
		if began {
			return nil
		}
		began = true
		startDownload(w, "journal.csv", rows.CSV)
		return table.Write([]string{"time", "who", "role", "act", "name", "file", "import", "more"})
	}
	for a, err := range s.journal.All(want) {
		switch {
		case err != nil && !began:
			return s.unreadable(err)
		case err == nil:
			err = begin()
		}
		a = s.shownAct(a)
		err = cmp.Or(err, table.Write([]string{a.Time.Format(time.RFC3339), a.Who, string(a.Role), a.Act, a.Name, a.File, a.Import, a.More}))
		if err != nil {
			return errCut
		}
	}
	if begin() != nil || table.Close() != nil {
		return errCut
	}
	return nil
}

// unreadable says that the journal cannot be read.
func (s *service) unreadable(err error) error {
	words, hint := s.env.explain(err)
	return fault("the journal cannot be read: "+words, cmp.Or(hint, "it is audit.jsonl, beside the ledger of this server: see that its disk is there, and that it is ours to read"))
}

// shownAct is an act ready to be shown.
func (s *service) shownAct(a serve.Act) serve.Act {
	for _, text := range []*string{&a.Who, &a.Act, &a.Name, &a.File, &a.Import, &a.More} {
		*text = s.say(*text)
	}
	return a
}
