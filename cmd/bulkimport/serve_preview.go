package main

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
	"bulkimport/csvimport/upload"
)

// said is what a person says for one import, beyond the file.
type said struct {
	SkipInvalid bool   `json:"skip_invalid,omitempty"`
	FirstOnly   bool   `json:"first_only,omitempty"`     // on the first day one order alone is placed: read and agreed to
	Checked     string `json:"checked,omitempty"`        // the number of the first order, which has been looked at
	LastImport  string `json:"last_import,omitempty"`    // when anybody last imported here
	Resend      bool   `json:"resend_doubts,omitempty"`  // rows in doubt for long that are not found are sent again
	Beside      bool   `json:"beside,omitempty"`         // another import here has other rows
	Contradicts bool   `json:"contradictions,omitempty"` // accounts that are those of other rows are meant
}

// importOf puts an import together as the command does without flags, with what a
// person said. It is to be closed.
func (s *service) importOf(ctx context.Context, file *rows.File, what said) (*importRun, error) {
	o := &importing{env: s.env}
	o.flags(&cobra.Command{})
	o.connection, o.file = s.connection, file.Name()
	o.skipInvalid, o.proved, o.resendDoubts, o.beside, o.allowContradiction = what.SkipInvalid, what.Checked, what.Resend, what.Beside, what.Contradicts
	var err error
	if o.lastImport, err = parseLastImport(what.LastImport, time.Now()); err != nil {
		return nil, wrong(quote(what.LastImport)+" is not a time in the past", lastImportLike)
	}
	r := &importRun{
		importing: o, file: file, began: time.Now(), list: new(findingList), queue: new(queue),
		notice: func() bool { return false }, giveUp: func(error) {}, letSleep: func() {},
	}
	if r.work, err = o.connection.work(ctx, s.env, max(o.concurrency, 4)+4); err != nil {
		return nil, err
	}
	o.settle = r.work.settings.settle
	if err := r.work.openBook(ctx); err != nil {
		r.work.Close()
		return nil, err
	}
	return r, nil
}

// chargeView is a service plan of a preview.
type chargeView struct {
	Plan   string `json:"plan"` // its id
	Name   string `json:"name"`
	Orders int    `json:"orders"`
	Money  string `json:"money"` // in words, empty where nothing is known
}

// firstDayView is what the first day asks.
type firstDayView struct {
	Words []string   `json:"words"`
	First *firstView `json:"first"` // the order to look at, null before it was placed
}

// firstView is the first order.
type firstView struct {
	OrderNumber string `json:"order_number"`
	Tenant      string `json:"tenant"`
	SubID       string `json:"sub_id"`
	Account     string `json:"account"`
	AccountName string `json:"account_name"`
	Plan        string `json:"plan"`
	Completed   bool   `json:"completed"` // it is at its good end, so that it can be looked at
}

// doubtsView are rows that may have an order.
type doubtsView struct {
	Rows  int       `json:"rows"`
	Since time.Time `json:"since"`
	Old   int       `json:"old"` // in doubt for so long that they may be sent again, if somebody says so
}

// previewAnswer is what will happen.
type previewAnswer struct {
	Orders     int           `json:"orders"`
	Already    int           `json:"already"`
	Charges    []chargeView  `json:"charges"`
	Accounts   int           `json:"accounts"`
	Warnings   []string      `json:"warnings"`
	Facts      []previewFact `json:"facts"`
	FirstDay   *firstDayView `json:"first_day"`
	HeldUntil  *time.Time    `json:"held_until"`
	Doubts     *doubtsView   `json:"doubts"`
	LastImport *string       `json:"last_import"` // why it has to be said when anybody last imported here
	Ask        string        `json:"ask"`         // what is to be typed
}

// agreement is what a person was shown of a file, and may agree to.
type agreement struct {
	Version   int            `json:"version"` // of what was changed in the file
	Reading   upload.Reading `json:"reading"`
	What      said           `json:"what"`
	Orders    int            `json:"orders"`
	FirstOnly bool           `json:"first_only"`
	At        time.Time      `json:"at"`
}

// foreseen is how long a preview may be agreed to.
const foreseen = time.Hour

// preview shows what an import will do.
func (s *service) preview(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := s.files.File(r.PathValue("id"))
	if err != nil {
		return err
	}
	edits, err := s.files.Edits(f.ID)
	if err != nil {
		return err
	}
	file, err := s.open(f)
	if err != nil {
		return err
	}
	defer file.Close()
	what := said{
		SkipInvalid: r.URL.Query().Get("skip_invalid") != "", Resend: r.URL.Query().Get("resend_doubts") != "",
		Contradicts: r.URL.Query().Get("contradictions") != "",
	}
	run, err := s.importOf(ctx, file, what)
	if err != nil {
		return err
	}
	defer run.work.Close()
	warnings := new(findingList)
	job := run.job(ctx)
	job.Events = session.Events{
		Checked: func(row *csvimport.Row) {
			if row.Valid() { // the others are left out
				warnings.add(pageAdvised(row.Findings)...)
			}
		},
		Found: func(c *check.Checker) { warnings.add(pageAdvised(c.Findings())...) },
	}
	will, err := session.Foresee(ctx, job)
	look, _ := errors.AsType[*session.LookFirst](err)
	if err != nil && look == nil {
		return pageRefusal(run, err)
	}
	run.warnings = warnings.count[isWarning]
	p := run.preview(will)
	a, err := s.previewOf(ctx, run, p, look)
	if err != nil {
		return err
	}
	a.Warnings = s.warningWords(warnings)
	if err := s.files.Show(f.ID, s.personOf(r).Name, agreement{edits.Version, f.Reading, what, p.orders(), will.FirstOnly, time.Now()}); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, a)
}

func (s *service) previewOf(ctx context.Context, run *importRun, p *preview, look *session.LookFirst) (previewAnswer, error) {
	t := p.Tally
	a := previewAnswer{
		Orders: p.orders(), Already: t.Imported + t.Ordered, Accounts: t.ByID + t.ByBinding, Charges: []chargeView{}, Facts: p.facts(),
		Ask: strconv.Itoa(p.orders()),
	}
	for _, plan := range t.Plans {
		a.Charges = append(a.Charges, chargeView{plan.ID, s.say(plan.Name), plan.Rows, strings.TrimPrefix(p.charge(plan), ", ")})
	}
	if !p.HeldUntil.IsZero() {
		a.HeldUntil = &p.HeldUntil
	}
	if p.Doubts.Rows > 0 {
		a.Doubts = &doubtsView{p.Doubts.Rows, p.Doubts.Since, p.Doubts.Old}
	}
	switch {
	case look != nil:
		a.FirstDay = &firstDayView{Words: s.lookWords(&look.First, "type the order's number; the rest follows then"), First: s.firstOf(&look.First)}
	case p.FirstOnly:
		a.FirstDay = &firstDayView{Words: firstDayWords}
	}
	loss, err := run.work.book.Loss(ctx, s.env.marksFolder())
	if err == nil && loss != ledger.Sound {
		words := lossWords(loss) + ": orders may exist that it does not know. When did anybody, you included, last import here?"
		a.LastImport = &words
	}
	return a, err
}

// firstDayWords say what the first day is about.
var firstDayWords = []string{
	"No import has been checked on this platform yet. So the first order alone is ordered, and followed to its end.",
	"Then you look at that order in Billing and in the panel, and say whether it is right. The rest goes only after that.",
}

// lookWords say what is to be looked at on the first day, and what to do then.
func (s *service) lookWords(first *ledger.Entry, then string) []string {
	var b bytes.Buffer
	if first.State != ledger.Completed {
		return []string{s.say("The first order, " + orderName(first) + ", is not at its end yet. Go on with its import, then look.")}
	}
	_ = lookAt(&b, pen{}, first, then)
	var words []string
	for line := range strings.Lines(b.String()) {
		words = append(words, s.say(strings.TrimSpace(strings.Replace(line, " (bulkimport help first-day)", "", 1))))
	}
	return words
}

func (s *service) firstOf(e *ledger.Entry) *firstView {
	return &firstView{
		OrderNumber: s.say(orderName(e)), Tenant: s.say(e.Tenant), SubID: s.say(e.Sub), Account: s.say(e.AccountNo), AccountName: s.say(e.AccountName),
		Plan: s.say(e.PlanName), Completed: e.State == ledger.Completed,
	}
}

// warningWords are the kinds of warnings of a file, the most frequent first.
func (s *service) warningWords(l *findingList) []string {
	all := []string{}
	for _, c := range l.sorted() {
		if c.kind != isWarning {
			continue
		}
		words := c.message
		if rows := c.words(); rows != "" {
			words += " (" + rows + ")"
		}
		all = append(all, s.say(words))
	}
	return all
}
