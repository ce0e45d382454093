package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/jobs"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/sheet/edited"
	"bulkimport/csvimport/upload"
)

// importState is how an import stands.
type importState string

const (
	importWaiting  importState = "waiting"  // for its turn
	importRunning  importState = "running"  // also while the server is away, and goes on then
	importStopping importState = "stopping" // what is begun is finished
	importStopped  importState = "stopped"  // by a person
	importEnded    importState = "ended"
	importBroken   importState = "broken" // it could not go on; nothing is lost
)

// over reports whether nothing follows.
func (s importState) over() bool {
	return s == importStopped || s == importEnded || s == importBroken
}

// importRecord is what is kept of an import. The file as it was then is the upload with
// Cells changed.
type importRecord struct {
	ID       string         `json:"id"`
	File     string         `json:"file"`           // its id
	Name     string         `json:"name"`           // of the file
	From     string         `json:"from,omitempty"` // who handed it in
	Who      serve.Person   `json:"who"`
	Platform string         `json:"platform"` // its address
	Reading  upload.Reading `json:"reading"`
	Cells    edited.Cells   `json:"cells,omitempty"`
	Said     said           `json:"said"`
	Orders   int            `json:"orders"` // that its person agreed to
	GoesOn   string         `json:"goes_on,omitempty"`
	Holder   string         `json:"holder,omitempty"` // the program that has it in hand

	State   importState    `json:"state"`
	Queued  time.Time      `json:"queued"`
	Started time.Time      `json:"started"`
	Ended   time.Time      `json:"ended"`
	Stop    bool           `json:"stop,omitempty"` // a person asked for it
	Counts  importCounts   `json:"counts"`
	Now     *importNow     `json:"now,omitempty"`  // for who watches from another machine
	Help    *helped        `json:"help,omitempty"` // by others; nil: nobody may
	Notices []string       `json:"notices,omitempty"`
	Outcome *importOutcome `json:"outcome,omitempty"`
	Results string         `json:"results,omitempty"` // the part that has them, empty if there are none
	First   *firstView     `json:"first,omitempty"`
}

// importCounts are rows, as they stood last.
type importCounts struct {
	Total   int `json:"total"`
	Done    int `json:"done"`
	Invalid int `json:"invalid"`
	Failed  int `json:"failed"`
	Unknown int `json:"unknown"`
}

func (c *importCounts) add(more importCounts) {
	c.Total, c.Done, c.Failed, c.Unknown = c.Total+more.Total, c.Done+more.Done, c.Failed+more.Failed, c.Unknown+more.Unknown
}

// importNow is what an import is at, beyond its counts.
type importNow struct {
	InFlight   int     `json:"in_flight"`
	Open       int     `json:"open"`
	Rate       float64 `json:"rate"`  // rows a second
	ETA        int     `json:"eta_s"` // 0 if not known
	WaitingFor string  `json:"waiting_for"`
}

// importOutcome is what became of an import, in words.
type importOutcome struct {
	Level   string         `json:"level"` // good, warning, bad
	Words   []string       `json:"words"`
	Counts  map[string]int `json:"counts"`  // by status
	Causes  []causeView    `json:"causes"`  // why rows did not end well, those of most rows first
	Unknown []unknownView  `json:"unknown"` // the first rows that may exist
	Doubles []string       `json:"doubles"`
	Next    []string       `json:"next"`    // all that is due, in this order
	Results bool           `json:"results"` // there is a results file
}

// causeView is a reason that rows share.
type causeView struct {
	Status string `json:"status"`
	Rows   int    `json:"rows"`
	First  []int  `json:"first_rows"`
	What   string `json:"what"`
	Do     string `json:"do"`
}

// newOutcome is an outcome of which only the words are known.
func newOutcome(level string, words ...string) *importOutcome {
	return &importOutcome{Level: level, Words: words, Counts: map[string]int{}, Causes: []causeView{}, Unknown: []unknownView{}, Doubles: []string{}, Next: []string{}}
}

// due puts what is to be done before all else that is due, in place of going on, which
// it says better.
func (o *importOutcome) due(words string) {
	if words != "" {
		o.Next = append([]string{words}, slices.DeleteFunc(o.Next, func(next string) bool { return next == goOnNext })...)
	}
}

// unknownView is a row that may exist on the platform: it is not to be ordered by hand.
type unknownView struct {
	Row      int        `json:"row"`
	Tenant   string     `json:"tenant"`
	SubID    string     `json:"sub_id"`
	What     string     `json:"what"`
	LookFrom *time.Time `json:"look_from"`
}

// imports are those of this server's folder, or of all servers of a team. They are safe
// for concurrent use.
type imports struct {
	service *service
	home    upload.Home
	self    string // holds those that go on here
	queue   *jobs.Queue

	queuing sync.Mutex // an import, or deleting a file: one at a time has a file in hand and looks for another thing

	mu    sync.Mutex
	live  map[string]*liveImport
	lent  *lent                    // to an import that another program has; nil: none
	tally map[csvimport.Status]int // rows that ended since the server began
}

// liveImport is one that goes on in this process.
type liveImport struct {
	home     upload.Home
	mu       sync.Mutex // also while the record is written, so that the last one stays
	record   importRecord
	progress *csvimport.Meter
	helped   csvimport.Meter // of it: rows that others have placed
	cancel   context.CancelCauseFunc
	changed  chan struct{} // closed when something happened that is to be seen at once

	opened bool              // more than one order has been on its way; this and what follows are of who tells others
	asked  time.Time         // for help, last
	why    map[string]string // hands could not go on, as was told last
}

// errStopAsked is why an import's context ends that a person stopped.
var errStopAsked = errors.New("stopped by a person")

// errTaken is why an import's context ends that another machine has taken over.
var errTaken = errors.New("another machine has taken it over")

// errOthers is an import that is not to be begun here.
var errOthers = errors.New("it is over, or not this program's")

// openImports opens the imports of a service, and goes on with those that are not at
// their end.
func openImports(ctx context.Context, s *service, path string) error {
	home, err := s.home(path, "imports")
	if err != nil {
		return err
	}
	im := &imports{service: s, home: home, self: upload.NewID(), live: make(map[string]*liveImport), tally: make(map[csvimport.Status]int)}
	s.imports = im // work may begin at once
	if s.commons != nil {
		return im.join(ctx)
	}
	if im.queue, err = jobs.Open(ctx, filepath.Join(path, "jobs.db"), im.work); err != nil {
		return err
	}
	if err := im.resume(ctx); err != nil {
		return errors.Join(err, im.queue.Close(ctx))
	}
	return nil
}

// resume queues imports again that were not at their end when the server ended, if they
// are this platform's.
func (im *imports) resume(ctx context.Context) error {
	all, err := im.all()
	if err != nil {
		return err
	}
	slices.Reverse(all) // those that waited longest first
	for _, rec := range all {
		if !rec.State.over() && rec.Platform == im.service.places.url {
			if err := im.queue.Add(ctx, rec.ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// all are all imports, the newest first.
func (im *imports) all() ([]importRecord, error) {
	all, err := upload.Every[importRecord](im.home)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if l := im.liveOf(all[i].ID); l != nil {
			all[i] = l.shown()
		}
	}
	slices.SortFunc(all, func(a, b importRecord) int { return b.Queued.Compare(a.Queued) })
	return all, nil
}

// liveOf is an import that goes on here, nil if it does not.
func (im *imports) liveOf(id string) *liveImport {
	im.mu.Lock()
	defer im.mu.Unlock()
	return im.live[id]
}

// get is how an import stands.
func (im *imports) get(id string) (rec importRecord, err error) {
	if l := im.liveOf(id); l != nil {
		return l.shown(), nil
	}
	return rec, upload.Get(im.home, id, &rec)
}

// shown is the record with the numbers as they are.
func (l *liveImport) shown() importRecord {
	l.mu.Lock()
	defer l.mu.Unlock()
	rec := l.record
	l.count(&rec)
	return rec
}

// count notes the numbers as they are, unless the end has been told, which knows better.
func (l *liveImport) count(r *importRecord) {
	now, known, by := l.progress.Snapshot(), l.helped.Snapshot(), r.Help.all().Counts
	if now.Total == 0 || r.State.over() {
		return
	}
	more := func(all, known int) int { return max(0, all-known) } // that the run has not come to
	r.Counts = importCounts{
		now.Total, min(now.Total, now.Done+more(by.Done, known.Done)), now.Invalid,
		now.Failed + more(by.Failed, known.Failed), now.Unknown + more(by.Unknown, known.Unknown),
	}
}

// change changes a record, keeps it, and has everybody who watches look. What a person
// has asked elsewhere in the meantime stays.
func (l *liveImport) change(do func(*importRecord)) (importRecord, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var next importRecord
	err := upload.Change(l.home, l.record.ID, func(kept *importRecord) error {
		if kept.Holder != l.record.Holder {
			return errTaken
		}
		next = l.record
		next.askedToStop(kept.Stop)
		next.Help = kept.Help
		do(&next)
		*kept = next
		return nil
	})
	switch {
	case errors.Is(err, errTaken):
		l.cancel(err)
		return l.record, err
	case err != nil:
		return l.record, err
	}
	if l.record = next; next.Stop {
		l.cancel(errStopAsked)
	}
	close(l.changed)
	l.changed = make(chan struct{})
	return l.record, nil
}

// askedToStop notes that a person asked for it, if one has.
func (r *importRecord) askedToStop(asked bool) {
	if asked && !r.Stop {
		r.Stop = true
		if r.State == importRunning {
			r.State = importStopping
		}
	}
}

// work is one import, from its queue to its end.
func (im *imports) work(ctx context.Context, id string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l, err := im.begin(ctx, id, cancel)
	if l == nil {
		return err
	}
	defer im.tell(ctx, id, l)()
	defer func() {
		im.mu.Lock()
		delete(im.live, id)
		im.mu.Unlock()
	}()
	_, err = l.change(func(r *importRecord) {
		r.State, r.Help = importRunning, nil
		if r.Started.IsZero() {
			r.Started = time.Now().UTC()
		} else { // it goes on: these words are for one run
			r.Said.LastImport, r.Said.Resend = "", false
		}
	})
	if err != nil {
		return err
	}
	end := im.service.runImport(ctx, l)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errTaken):
		return nil // by who has it now
	case end == nil, cause != nil && !errors.Is(cause, errStopAsked):
		_, _ = l.change(func(r *importRecord) { r.Holder = "" }) // else it is free when we have gone
		return jobs.ErrLater
	}
	im.service.market.forget() // what is imported is not ready any more
	im.service.lights.age()
	_, err = l.change(func(r *importRecord) {
		l.count(r)
		end(r)
		r.Ended, r.Holder, r.Now, r.Help = time.Now().UTC(), "", nil, nil
	})
	return err
}

// begin takes an import in hand, nil if it is not to go on here: it was stopped, or is
// another platform's, or in another's hand.
func (im *imports) begin(ctx context.Context, id string, cancel context.CancelCauseFunc) (*liveImport, error) {
	living, err := im.living(ctx)
	if err != nil {
		return nil, err
	}
	l := &liveImport{home: im.home, progress: new(csvimport.Meter), cancel: cancel, changed: make(chan struct{}), why: make(map[string]string)}
	err = upload.Change(im.home, id, func(r *importRecord) error {
		held := r.Holder != im.self && slices.Contains(living, r.Holder)
		if held || r.State.over() || r.Platform != im.service.places.url {
			return errOthers
		}
		r.Holder = im.self
		l.record = *r
		return nil
	})
	if errors.Is(err, errOthers) || errors.Is(err, upload.ErrNone) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	im.mu.Lock()
	defer im.mu.Unlock()
	im.live[id] = l
	return l, nil
}

// stop ends an import as one Ctrl-C does; one that waits does not begin.
func (im *imports) stop(ctx context.Context, id string) error {
	if l := im.liveOf(id); l != nil {
		switch rec, err := l.change(func(r *importRecord) { r.askedToStop(!r.State.over()) }); {
		case errors.Is(err, errTaken): // by another machine, which is asked
		case rec.State.over():
			return errOver
		default:
			return err
		}
	}
	living, err := im.living(ctx)
	if err != nil {
		return err
	}
	return upload.Change(im.home, id, func(r *importRecord) error {
		switch {
		case r.State.over():
			return errOver
		case slices.Contains(living, r.Holder):
			r.askedToStop(true)
		default:
			stoppedBefore(r)
			r.Stop, r.Ended = true, time.Now().UTC()
		}
		return nil
	})
}

// errOver is an import that cannot be stopped any more.
var errOver = &notNow{"the import has ended already", ""}

// changes is closed when something of an import is to be seen at once; nil where it does
// not go on here.
func (im *imports) changes(id string) <-chan struct{} {
	l := im.liveOf(id)
	if l == nil {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.changed
}

// running are the ids of those that go on.
func (im *imports) running() []string {
	ids := []string{}
	all, err := im.all()
	if err != nil {
		return ids
	}
	for _, rec := range all {
		if !rec.State.over() && rec.Platform == im.service.places.url {
			ids = append(ids, rec.ID)
		}
	}
	return ids
}

// lastWords is how long what is begun gets to end when the server does. The engine
// itself gives it half a minute.
const lastWords = 60 * time.Second

// close ends what goes on; the next server goes on with it.
func (im *imports) close(say io.Writer) error {
	im.mu.Lock()
	working := len(im.live) > 0 || im.lent != nil
	im.mu.Unlock()
	if working {
		who := "The next bulkimport serve goes on"
		if im.service.commons != nil {
			who = "Another machine of the team goes on, or the next one"
		}
		fmt.Fprintln(say, "stopping: what is begun gets up to 30s to finish; press Ctrl-C again to stop at once. "+who)
	}
	ctx, cancel := context.WithTimeout(context.Background(), lastWords)
	defer cancel()
	return im.queue.Close(ctx)
}

// importRequest begins an import.
type importRequest struct {
	Typed string `json:"typed"` // the number of orders, as the preview asks for it
	said
}

// beginImport begins an import of a file as it was shown in the preview.
func (s *service) beginImport(w http.ResponseWriter, r *http.Request) error {
	var asked importRequest
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	f, err := s.files.File(r.PathValue("id"))
	if err != nil {
		return err
	}
	edits, err := s.files.Edits(f.ID)
	if err != nil {
		return err
	}
	if _, err := parseLastImport(asked.LastImport, time.Now()); err != nil {
		return wrong(quote(asked.LastImport)+" is not a time in the past", lastImportLike)
	}
	var shown agreement
	err = upload.Agree(s.files, f.ID, s.personOf(r).Name, func(saw agreement) error {
		switch shown = saw; {
		case shown.Version != edits.Version || shown.Reading != f.Reading || time.Since(shown.At) > foreseen:
			return &notNow{"the file has changed since the preview, or the preview is too old", "look before once more"}
		case shown.Orders > 0 && digits(asked.Typed) != fmt.Sprint(shown.Orders):
			return &notNow{"this is not the number of orders", "it stands beside “Orders to place”; type it once more"}
		case shown.FirstOnly && !asked.FirstOnly:
			return &notNow{"on the first day one order alone is placed", "read what it is about, and agree to it"}
		}
		return nil
	})
	if err != nil {
		return err
	}
	what := asked.said
	what.SkipInvalid, what.Contradicts, what.Resend = shown.What.SkipInvalid, shown.What.Contradicts, shown.What.Resend
	return s.queueImport(w, r, importRecord{
		File: f.ID, Name: f.Name, From: f.Who, Reading: f.Reading, Cells: edits.Cells, Said: what, Orders: shown.Orders,
	})
}

// digits are those of a number as people write it.
func digits(text string) string {
	var b []rune
	for _, r := range text {
		if r >= '0' && r <= '9' {
			b = append(b, r)
		} else if r != ',' && r != '.' && r != ' ' && r != '\u00a0' && r != '\'' {
			return ""
		}
	}
	return string(b)
}

func (s *service) queueImport(w http.ResponseWriter, r *http.Request, rec importRecord) error {
	rec.ID, rec.Who, rec.Platform, rec.Queued, rec.State = upload.NewID(), s.personOf(r), s.places.url, time.Now().UTC(), importWaiting
	s.imports.queuing.Lock()
	defer s.imports.queuing.Unlock()
	note := sync.OnceValue(func() error {
		return s.act(r, serve.Act{Act: "import", File: rec.File, Name: rec.Name, Import: rec.ID, More: count(rec.Orders, "order")})
	})
	err := s.files.Need(rec.File, func() error {
		if err := note(); err != nil {
			return err
		}
		return upload.Put(s.imports.home, rec.ID, rec) // from here on it will happen
	})
	if errors.Is(err, upload.ErrNone) || errors.Is(err, upload.ErrLeaves) {
		return &notNow{"the file of this import was deleted", "hand it in once more: what is done stays done"}
	}
	if err == nil {
		err = s.imports.queue.Add(context.WithoutCancel(r.Context()), rec.ID)
	}
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusCreated, map[string]string{"import": rec.ID})
}

// goOnRequest is what a person adds when an import goes on.
type goOnRequest struct {
	LastImport string `json:"last_import"`
	Resend     bool   `json:"resend_doubts"`
	Beside     bool   `json:"beside"`
}

// goOn is a new import of what an earlier one had, as it was: what is done stays done.
func (s *service) goOn(w http.ResponseWriter, r *http.Request) error {
	var asked goOnRequest
	if r.ContentLength != 0 {
		if err := s.readRequest(w, r, &asked); err != nil {
			return err
		}
	}
	rec, err := s.imports.get(r.PathValue("id"))
	if err != nil {
		return err
	}
	switch {
	case !rec.State.over():
		return &notNow{"the import still goes on", ""}
	case rec.Said.FirstOnly && rec.First != nil && rec.First.Completed:
		return &notNow{"the first order is to be looked at before the rest follows", "look before once more: there its number is asked for"}
	}
	rec.Said.LastImport, rec.Said.Resend, rec.Said.Beside = asked.LastImport, asked.Resend, asked.Beside
	if _, err := parseLastImport(asked.LastImport, time.Now()); err != nil {
		return wrong(quote(asked.LastImport)+" is not a time in the past", lastImportLike)
	}
	return s.queueImport(w, r, importRecord{
		File: rec.File, Name: rec.Name, From: rec.From, Reading: rec.Reading, Cells: rec.Cells, Said: rec.Said, Orders: rec.Orders, GoesOn: rec.ID,
	})
}

func (s *service) stopImport(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	rec, err := s.imports.get(id)
	if err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "stop", File: rec.File, Name: rec.Name, Import: id}); err != nil {
		return err
	}
	if err := s.imports.stop(r.Context(), id); err != nil {
		return err
	}
	return s.showImport(w, r)
}
