package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"sync"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/choice"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/sheet"
	"bulkimport/csvimport/upload"
)

// checks are the files that have been checked, or are being. They are safe for
// concurrent use.
type checks struct {
	service *service
	mu      sync.Mutex
	by      map[string]*checking
	used    []string // ids, the one used last at the end
	busy    sync.WaitGroup
}

// mostChecks is how many files are kept ready to be looked at.
const mostChecks = 12

func newChecks(s *service) *checks { return &checks{service: s, by: make(map[string]*checking)} }

// of is the check of a file; it begins where there is none, or where the file was
// changed on another machine.
func (k *checks) of(f upload.File) *checking {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.by[f.ID]
	switch {
	case c == nil:
		c = k.begin(f, nil)
	case c.file.Changes != f.Changes || c.file.Reading != f.Reading:
		c = k.anew(f)
	}
	k.use(f.ID)
	return c
}

// use puts a file at the end of those that are kept ready, and drops what was not used
// for longest.
func (k *checks) use(id string) {
	k.used = append(slices.DeleteFunc(k.used, func(other string) bool { return other == id }), id)
	for len(k.used) > mostChecks {
		k.drop(k.by[k.used[0]])
		delete(k.by, k.used[0])
		k.used = k.used[1:]
	}
}

// again checks a file anew: it has changed. Until that is done its rows are shown as
// they were.
func (k *checks) again(f upload.File) *checking {
	k.mu.Lock()
	defer k.mu.Unlock()
	c := k.anew(f)
	k.use(f.ID)
	return c
}

func (k *checks) anew(f upload.File) *checking {
	old := k.by[f.ID]
	before := old.lastWhole()
	c := k.begin(f, before)
	if before != old {
		k.drop(old)
	}
	return c
}

// begin begins a check; before is an earlier one of the same file, which goes when this
// one has ended.
func (k *checks) begin(f upload.File, before *checking) *checking {
	ctx, cancel := context.WithCancel(k.service.life)
	c := &checking{
		service: k.service, file: f, before: before, cancel: cancel, ended: make(chan struct{}),
		list: &findingList{most: mostFaults}, offers: make(map[string][]offer),
	}
	k.by[f.ID] = c
	k.busy.Go(func() {
		defer close(c.ended)
		c.end(c.run(ctx))
	})
	return c
}

// forget lets the check of a file go that is deleted.
func (k *checks) forget(id string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.drop(k.by[id])
	delete(k.by, id)
	k.used = slices.DeleteFunc(k.used, func(other string) bool { return other == id })
}

// drop lets a check go, whose rows go once it has ended. Nil is none.
func (k *checks) drop(c *checking) {
	if c == nil {
		return
	}
	c.cancel()
	k.busy.Go(func() {
		<-c.ended
		c.close()
	})
}

// close ends all of them.
func (k *checks) close() {
	k.mu.Lock()
	for _, c := range k.by {
		k.drop(c)
	}
	clear(k.by)
	k.mu.Unlock()
	k.busy.Wait()
}

// mostFaults is how many different findings of each kind are told apart.
const mostFaults = 1000

// checking is a file that is checked, and what was found so far. It is safe for
// concurrent use.
type checking struct {
	service *service
	file    upload.File
	cancel  context.CancelFunc
	ended   chan struct{}

	mu       sync.Mutex
	before   *checking    // shown until this one is whole; nil if there is none
	view     *upload.View // nil before the file is open
	columns  []columnView
	sheets   []string
	list     *findingList
	offers   map[string][]offer // by key, of the faults that are told in full
	rows     int                // of them so far
	last     int                // the last one's number
	valid    int
	invalid  int
	warned   int
	most     int // rows at most
	whole    bool
	err      error
	readable bool
	tally    check.Tally
}

// columnView is a column of the file.
type columnView struct {
	Name    string `json:"name"`    // canonical where it is ours
	Heading string `json:"heading"` // as its owner wrote it
	Letter  string `json:"letter"`
}

// run checks all rows.
func (c *checking) run(ctx context.Context) error {
	s := c.service
	file, err := s.open(c.file)
	if err != nil {
		return err
	}
	defer file.Close()
	view, err := upload.NewView()
	if err != nil {
		return err
	}
	c.mu.Lock()
	c.view, c.columns, c.most, c.readable = view, columnsOf(file), file.AtMost(), len(file.Header()) > 0
	c.sheets = sheetsOf(file)
	c.mu.Unlock()
	checker := &check.Checker{File: file, Restore: true}
	market, err := s.market.open(ctx)
	if err != nil {
		c.note("checked without the platform: " + c.why(err))
	} else {
		defer market.leave()
		checker.Catalog = market.work.catalog
		books, err := market.openBook(ctx)
		if err != nil {
			return err
		}
		if books != nil {
			defer books.Close()
			checker.Book = books.book
		}
	}
	for row, err := range checker.Rows(ctx) {
		if err != nil {
			return err
		}
		if err := c.take(&row, checker.Catalog); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.whole, c.tally = true, checker.Tally()
	c.list.add(pageAdvised(checker.Findings())...)
	return nil
}

func (c *checking) why(err error) string {
	words, _ := c.service.env.explain(err)
	return c.service.say(words)
}

// note adds a warning of ours about the whole file.
func (c *checking) note(words string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list.add(csvimport.Finding{Severity: csvimport.SeverityWarning, Message: words})
}

// take takes a row that was checked.
func (c *checking) take(row *csvimport.Row, lists *catalog.Catalog) error {
	found := pageAdvised(row.Findings)
	shown := upload.Row{Row: row.Row, Cells: c.cells(row.Cells), Marks: make([]upload.Mark, 0, len(found))}
	for i := range found {
		f := &found[i]
		shown.Marks = append(shown.Marks, upload.Mark{
			Column: columnIndex(f.Letter), Severity: string(f.Severity), What: c.service.say(f.Message), Mend: c.service.say(f.Hint),
			Fault: faultKey(f), Error: refuses(f),
		})
	}
	if err := c.view.Add(&shown); err != nil {
		return err
	}
	offers := c.newOffers(shown.Marks, found, lists)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list.add(found...)
	maps.Copy(c.offers, offers)
	c.rows++
	c.last = row.Row
	switch {
	case !row.Valid():
		c.invalid++
	case len(found) > 0:
		c.warned++
		c.valid++
	default:
		c.valid++
	}
	return nil
}

// newOffers are what is offered for faults that were not met before. It reads what only
// its caller writes, so that nobody waits for it.
func (c *checking) newOffers(marks []upload.Mark, found []csvimport.Finding, lists *catalog.Catalog) map[string][]offer {
	var fresh map[string][]offer
	for i, m := range marks {
		if _, known := c.offers[m.Fault]; known || len(c.offers)+len(fresh) >= mostFaults {
			continue
		}
		if fresh == nil {
			fresh = make(map[string][]offer)
		}
		fresh[m.Fault] = offersFor(&found[i], lists)
	}
	return fresh
}

// cells are those below the headings, ready to be shown.
func (c *checking) cells(cells []string) []string {
	shown := make([]string, len(c.columns))
	for i := range min(len(cells), len(shown)) {
		shown[i] = clean(cells[i])
	}
	return shown
}

// end is the end of the check; what was shown before it goes.
func (c *checking) end(err error) {
	c.mu.Lock()
	before := c.before
	c.before, c.err = nil, err
	c.mu.Unlock()
	if before != nil {
		before.close()
	}
}

// close drops the rows.
func (c *checking) close() {
	c.mu.Lock()
	view := c.view
	c.mu.Unlock()
	if view != nil {
		view.Close()
	}
}

// lastWhole is this check if it is whole, else the one that is shown in its place, which
// is the caller's from now on; nil if there is none.
func (c *checking) lastWhole() *checking {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.whole {
		return c
	}
	before := c.before
	c.before = nil
	return before
}

// await waits until the check has ended.
func (c *checking) await(ctx context.Context, patience time.Duration) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-ctx.Done():
	case <-timer.C:
	}
}

// fileAnswer is a file as the page shows it.
type fileAnswer struct {
	fileShort
	State   string       `json:"state"` // checking, checked, unreadable
	Done    int          `json:"done"`  // rows checked so far
	Most    int          `json:"most"`  // rows there are at most
	Rows    int          `json:"rows"`
	Valid   int          `json:"valid"`
	Invalid int          `json:"invalid"`
	Warned  int          `json:"warned"`
	Edits   int          `json:"edits"`   // cells that are not as they came
	Undo    int          `json:"undo"`    // steps that can be taken back
	Version int          `json:"version"` // of what was changed
	Columns []columnView `json:"columns"`
	Sheets  []string     `json:"sheets"` // of a workbook, those that can be chosen
	Faults  []faultView  `json:"faults"`
	Words   string       `json:"words"`

	Reading upload.Reading `json:"reading"`
	Error   *answerError   `json:"error"`
}

// faultView is a finding of one row, or of many that is the same.
type faultView struct {
	Key      string  `json:"key"`
	Code     string  `json:"code"`
	Severity string  `json:"severity"`
	What     string  `json:"what"`
	Mend     string  `json:"mend"`
	Column   string  `json:"column"`
	Letter   string  `json:"letter"`
	Value    string  `json:"value"`
	Count    int     `json:"count"`
	First    []int   `json:"first_rows"`
	Whole    bool    `json:"whole"` // of the file: no row is marked with it
	Offers   []offer `json:"offers"`
}

// answer tells how the file stands.
func (c *checking) answer() fileAnswer {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := fileAnswer{
		fileShort: shortOf(c.file), Done: c.rows, Most: c.most, Rows: c.rows, Valid: c.valid, Invalid: c.invalid, Warned: c.warned,
		Columns: c.columns, Faults: []faultView{}, Reading: c.file.Reading, Sheets: c.sheets,
	}
	if a.Sheets == nil {
		a.Sheets = []string{}
	}
	if a.Columns == nil {
		a.Columns = []columnView{}
	}
	if edits, err := c.service.files.Edits(c.file.ID); err == nil {
		a.Undo, a.Version = edits.Steps, edits.Version
		for _, cells := range edits.Cells {
			a.Edits += len(cells)
		}
	}
	a.State = "checking"
	switch {
	case c.err != nil && !errors.Is(c.err, context.Canceled):
		a.State = "unreadable"
		words, hint := c.service.env.explain(c.err)
		a.Error = &answerError{c.service.say(words), c.service.say(hint)}
	case c.whole && (!c.readable || c.rows == 0):
		a.State = "unreadable"
		if first := c.list.first[isError]; len(first) > 0 {
			a.Error = &answerError{c.service.say(first[0].Message), c.service.say(first[0].Hint)}
		}
	case c.whole:
		a.State = "checked"
	}
	shown := slices.Concat(c.list.first[isError], c.list.first[isWarning])
	for _, f := range shown {
		fault := c.service.faultOf(f, c.offers)
		fault.Whole = c.view == nil || !c.view.Has(fault.Key)
		a.Faults = append(a.Faults, fault)
	}
	if c.whole {
		a.Words = verdictWords(pen{}, c.list, c.tally)
	}
	return a
}

// faultOf tells a finding, with what it may be mended with.
func (s *service) faultOf(f *sameFinding, offers map[string][]offer) faultView {
	v := faultView{
		Key: faultKey(&f.Finding), Code: string(f.Code), Severity: string(f.Severity), What: s.say(f.Message), Mend: s.say(f.Hint),
		Column: f.Column, Letter: f.Letter, Value: clean(f.Value), Count: f.n, First: f.rows, Offers: []offer{},
	}
	if all := offers[v.Key]; all != nil {
		v.Offers = all
	}
	if v.First == nil {
		v.First = []int{}
	}
	return v
}

// rowsAnswer is a part of the rows.
type rowsAnswer struct {
	Total int               `json:"total"`
	Rows  []json.RawMessage `json:"rows"`
}

func (c *checking) page(q upload.Query) (rowsAnswer, error) {
	c.mu.Lock()
	view := c.view
	if c.before != nil {
		view = c.before.view // which does not change any more
	}
	c.mu.Unlock()
	a := rowsAnswer{Rows: []json.RawMessage{}}
	if view == nil {
		return a, nil
	}
	total, list, err := view.Page(q)
	if errors.Is(err, os.ErrClosed) {
		return a, &notNow{"the file has been checked anew meanwhile", "ask again"}
	}
	a.Total = total
	if list != nil {
		a.Rows = list
	}
	return a, err
}

// columnsOf are the columns of a file.
func columnsOf(file *rows.File) []columnView {
	names := make(map[string]string)
	letters := file.Letters()
	for _, name := range rows.Columns() {
		if l := letters[sheet.Fold(name)]; l != "" {
			names[l] = name
		}
	}
	var all []columnView
	for i, heading := range file.Header() {
		l := sheet.Letter(i)
		all = append(all, columnView{cmp.Or(names[l], clean(heading)), clean(heading), l})
	}
	return all
}

// sheetsOf are the sheets of a workbook that a person may choose. Names that cannot be
// shown as they are cannot be chosen either.
func sheetsOf(file *rows.File) []string {
	return slices.DeleteFunc(slices.Clone(file.Sheets()), func(name string) bool { return clean(name) != name || choice.IsList(name) })
}

// columnIndex is the place of a column by its letter, from 0; -1 for none.
func columnIndex(letter string) int {
	n := 0
	for _, r := range letter {
		if r < 'A' || r > 'Z' || n > sheet.MaxColumns {
			return -1
		}
		n = n*26 + int(r-'A') + 1
	}
	return n - 1
}

// faultKey is what findings share that are equal but for their row.
func faultKey(f *csvimport.Finding) string {
	sum := sha256.New()
	for _, part := range []string{string(f.Severity), string(f.Code), f.Column, f.Letter, f.Value, f.Message, f.Hint, strconv.FormatBool(f.Line == 0)} {
		sum.Write([]byte(part))
		sum.Write([]byte{0})
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
