package main

import (
	"bytes"
	"encoding/json"
	"math"
	"net/http"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/serve"
)

// importShort is an import in a list.
type importShort struct {
	ID      string      `json:"id"`
	File    string      `json:"file"` // its name
	FileID  string      `json:"file_id"`
	Who     string      `json:"who"`
	From    string      `json:"uploaded_by"`
	Queued  time.Time   `json:"queued"`
	Started *time.Time  `json:"started"`
	Ended   *time.Time  `json:"ended"`
	State   importState `json:"state"`
	Rows    int         `json:"rows"`
	Done    int         `json:"done"`
	Invalid int         `json:"invalid"`
	Failed  int         `json:"failed"`
	Unknown int         `json:"unknown"`
}

func (s *service) shortImport(r *importRecord) importShort {
	return importShort{
		ID: r.ID, File: s.say(r.Name), FileID: r.File, Who: s.say(r.Who.Name), From: s.say(r.From), Queued: r.Queued, Started: orNull(r.Started), Ended: orNull(r.Ended),
		State: r.State, Rows: r.Counts.Total, Done: r.Counts.Done, Invalid: r.Counts.Invalid, Failed: r.Counts.Failed, Unknown: r.Counts.Unknown,
	}
}

// orNull is a time, or null for none.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// importAnswer is an import as the page shows it.
type importAnswer struct {
	importShort
	importNow
	Total   int            `json:"total"`
	Notices []string       `json:"notices"`
	Outcome *importOutcome `json:"outcome"`
	First   *firstView     `json:"first"`
	GoesOn  string         `json:"goes_on"` // the import it goes on with
}

// answer tells how an import stands.
func (im *imports) answer(id string) (importAnswer, error) {
	l := im.liveOf(id)
	rec, err := im.get(id)
	if err != nil {
		return importAnswer{}, err
	}
	s := im.service
	a := importAnswer{importShort: s.shortImport(&rec), Total: rec.Counts.Total, Notices: rec.Notices, Outcome: rec.Outcome, First: rec.First, GoesOn: rec.GoesOn}
	if a.Notices == nil {
		a.Notices = []string{}
	}
	switch {
	case rec.State.over():
	case l != nil:
		a.importNow = *s.now(l)
	case rec.Now != nil:
		a.importNow = *rec.Now
	case rec.Platform != s.places.url:
		a.WaitingFor = s.say("bulkimport serve with the platform " + rec.Platform)
	default:
		a.WaitingFor = "its turn"
	}
	return a, nil
}

// now is what an import is at that goes on here.
func (s *service) now(l *liveImport) *importNow {
	p, rec := l.progress.Snapshot(), l.shown()
	by := rec.Help.all()
	if p.Done > 0 && rec.Counts.Done > p.Done {
		p.PerSecond *= float64(rec.Counts.Done) / float64(p.Done)
		p.ETA = time.Duration(float64(p.Total-rec.Counts.Done) / p.PerSecond * float64(time.Second))
	}
	return &importNow{p.InFlight + by.InFlight, p.Open + by.Open, math.Round(p.PerSecond*10) / 10, int(p.ETA.Seconds()), s.say(waitsFor(p))}
}

func (s *service) listImports(w http.ResponseWriter, _ *http.Request) error {
	all, err := s.imports.all()
	if err != nil {
		return err
	}
	list := make([]importShort, 0, len(all))
	for i := range all {
		list = append(list, s.shortImport(&all[i]))
	}
	return writeJSON(w, http.StatusOK, list)
}

func (s *service) showImport(w http.ResponseWriter, r *http.Request) error {
	a, err := s.imports.answer(r.PathValue("id"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a)
}

const (
	watchEvery = 250 * time.Millisecond
	beatEvery  = 15 * time.Second
)

// watchImport tells how an import stands, whenever that changes, until its end.
func (s *service) watchImport(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	if _, err := s.imports.get(id); err != nil {
		return err
	}
	stream := serve.NewStream(w)
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	var last []byte
	for {
		changed := s.imports.changes(id)
		a, err := s.imports.answer(id)
		if err != nil {
			return errAnswered
		}
		text, err := json.Marshal(a)
		if err != nil {
			return errAnswered
		}
		if !bytes.Equal(text, last) {
			last = text
			if stream.Send("progress", json.RawMessage(text)) != nil {
				return errAnswered
			}
		}
		if a.State.over() {
			_ = stream.Send("end", struct{}{})
			return errAnswered
		}
		select {
		case <-r.Context().Done():
			return errAnswered
		case <-changed:
		case <-tick.C:
		case <-beat.C:
			if stream.Beat() != nil {
				return errAnswered
			}
			if _, why := s.gate.Person(r); why == serve.NoSession { // who watches is there, until they may not be
				return errAnswered
			}
		}
	}
}

// count counts rows that ended, for the metrics.
func (im *imports) count(status csvimport.Status) {
	im.mu.Lock()
	defer im.mu.Unlock()
	im.tally[status]++
}
