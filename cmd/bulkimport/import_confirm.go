package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"time"

	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/pace"
	"bulkimport/csvimport/session"
)

// preview is what will happen, as it is shown before it does.
type preview struct {
	*session.Preview
	platform string
	warnings int  // told before
	resend   bool // rows in doubt are sent again, as a person said
	window   pace.Window
}

// short is a time without what is zero at its end: 5m, 1h30m.
func short(d time.Duration) string {
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-2]
		}
	}
	return text
}

// moment is a time as people read it, with day and zone.
func moment(t time.Time) string { return t.Local().Format("Mon 2006-01-02 15:04 MST") }

func (p *preview) write(w io.Writer, pen pen) {
	fmt.Fprintln(w, pen.bold("this will happen"))
	for _, f := range p.facts() {
		fmt.Fprintf(w, "  %-18s %s\n", f.Name, f.Value)
	}
}

// previewFact is a line of a preview.
type previewFact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// facts are what will happen, in words.
func (p *preview) facts() (all []previewFact) {
	t := p.Tally
	fact := func(name, value string) { all = append(all, previewFact{name, clean(value)}) }
	fact("platform", p.platform)
	fact("file", p.File)
	rows := count(t.Rows, "row")
	if invalid := t.Rows - t.Valid; invalid > 0 {
		rows += fmt.Sprintf(", %s of them invalid and left out", number(invalid))
	}
	fact("rows", rows)
	fact("tenants", number(t.Tenants))
	fact("target accounts", fmt.Sprintf("%s by account_id, %s by company name and e-mail", count(t.ByID, "account"), number(t.ByBinding)))
	if t.Contradicting > 0 {
		fact("other accounts", count(t.Contradicting, "row")+", where both name and e-mail differ from the account's")
	}
	for _, plan := range t.Plans {
		fact("service plan", fmt.Sprintf("%s: %s%s", cmp.Or(plan.Name, plan.ID), count(plan.Rows, "row"), p.charge(plan)))
	}
	if t.Named > 0 {
		fact("plans by name", count(t.Named, "row")+", the others by id")
	}
	for _, day := range t.CutOffs {
		if day.Name == "" {
			fact("cut-off date", "none: "+count(day.Rows, "row"))
		} else {
			fact("cut-off date", strings.TrimSuffix(day.Name, "T00:00:00.000Z")+": "+count(day.Rows, "row"))
		}
	}
	if t.Imported > 0 {
		fact("imported already", count(t.Imported, "row")+", nothing is sent for them")
	}
	if n := t.Ordered - p.Doubts.Rows; n > 0 {
		fact("ordered already", count(n, "row")+", looked at before anything is sent")
	}
	if p.Again > 0 {
		fact("ordered again", count(p.Again, "row")+" of these, as --again says")
	}
	if p.Doubts.Rows > 0 {
		words := count(p.Doubts.Rows, "row") + ", sent without an answer, the first on " + moment(p.Doubts.Since) + ": looked for, and not sent again"
		if p.resend && p.Doubts.Old > 0 {
			words += fmt.Sprintf(", but for %s of them, if they are not found", number(p.Doubts.Old))
		}
		fact("may exist", words)
	}
	if w := p.window; w.Most > 0 {
		words := fmt.Sprintf("at most %s in %s", count(w.Most, "order"), short(w.Per))
		if n := p.ToPlace(); n > w.Most {
			words += ": " + short(time.Duration((n-1)/w.Most)*w.Per) + " at least"
		}
		fact("pace", words)
	}
	if !p.HeldUntil.IsZero() {
		fact("held", fmt.Sprintf("0 orders now, %s from %s: orders of another import may still turn up", number(p.ToPlace()), moment(p.HeldUntil)))
	}
	if p.warnings > 0 {
		fact("warnings", number(p.warnings))
	}
	fact("orders to place", p.ordersWords())
	if p.FirstOnly && p.ToPlace() > 0 {
		fact("first day", "no import has been checked on this platform: the first order alone is placed (bulkimport help first-day)")
	}
	return all
}

// charge is the estimated charge of a service plan's rows.
func (p *preview) charge(plan check.Count) string {
	for _, e := range p.Estimates {
		if e.Plan.APSID != plan.ID {
			continue
		}
		each, ok := new(big.Rat).SetString(e.Estimate.Total)
		if !e.Asked || !ok {
			return ", charge not readable"
		}
		sum := new(big.Rat).Mul(each, big.NewRat(int64(e.Rows), 1))
		return fmt.Sprintf(", estimated %[1]s %[2]s each, %[3]s %[2]s for %[4]s", money(each), e.Estimate.Currency, money(sum), count(e.Rows, "order"))
	}
	return ""
}

// money writes a sum with commas between thousands.
func money(sum *big.Rat) string {
	whole, cents, _ := strings.Cut(sum.FloatString(2), ".")
	n, err := strconv.Atoi(whole)
	if err != nil || n == 0 {
		return sum.FloatString(2)
	}
	return number(n) + "." + cents
}

func (r *importRun) preview(will *session.Preview) *preview {
	return &preview{Preview: will, platform: r.work.settings.host(), warnings: r.warnings, resend: r.resendDoubts, window: r.work.settings.window(r.work.client.Shape().Type())}
}

// askLastImport asks, where orders may exist that the ledger does not know, when
// anybody last imported here. Where nobody can answer nobody says.
func (r *importRun) askLastImport(ctx context.Context, loss ledger.Loss) (time.Time, error) {
	if !isTerminal(r.env.in) {
		return time.Time{}, nil
	}
	fmt.Fprintf(r.env.err, "\n%s: orders may exist that it does not know.\n", lossWords(loss))
	for {
		answer, err := r.ask(ctx, "when did anybody, you included, last import here? (2026-11-27 14:30, or never; empty stops): ")
		if err != nil || answer == "" {
			return time.Time{}, err
		}
		at, err := parseLastImport(answer, time.Now())
		if err == nil {
			return at, nil
		}
		fmt.Fprintln(r.env.err, err.Error())
	}
}

// askResend asks whether rows that have been in doubt for long enough are sent again.
func (r *importRun) askResend(ctx context.Context, d session.Doubts) (bool, error) {
	if !isTerminal(r.env.in) {
		return false, nil
	}
	answer, err := r.ask(ctx, fmt.Sprintf("%s may have an order, sent without an answer, the first on %s. They are looked for once more; send again those that are not found? (y/N): ",
		count(d.Old, "row"), moment(d.Since)))
	r.resendDoubts = err == nil && (strings.EqualFold(answer, "y") || strings.EqualFold(answer, "yes"))
	return r.resendDoubts, err
}

// said is what a person said for this import that is no setting, with who and when.
func (r *importRun) said(o engine.Options) string {
	var all []string
	if at := o.LastImport; !at.IsZero() {
		when := "never"
		if at.Unix() > 0 {
			when = "at " + moment(at)
		}
		all = append(all, "somebody last imported here "+when)
	}
	if o.ResendDoubts {
		all = append(all, "rows that were sent without an answer, longer ago than an order may take to turn up, may be sent again where none is found")
	}
	if o.Beside {
		all = append(all, "another import here has other rows")
	}
	if r.proved != "" {
		all = append(all, "order "+clean(r.proved)+" has been looked at")
	}
	if len(o.Again) > 0 {
		all = append(all, "new orders for "+count(len(o.Again), "subscription"))
	}
	if len(all) == 0 {
		return ""
	}
	return fmt.Sprintf("%s said on %s: %s", r.env.who(), moment(time.Now()), strings.Join(all, "; "))
}

// ask asks a person and returns the answer, without blanks around it.
func (r *importRun) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(r.env.err, question)
	if r.answers == nil {
		r.answers = bufio.NewReader(r.env.in)
	}
	answer, err := waitFor(ctx, func() (string, error) { return r.answers.ReadString('\n') })
	if signal, ok := errors.AsType[*interruption](err); ok {
		fmt.Fprintln(r.env.err)
		return "", &ending{status: statusInterrupted, err: signal, hint: "nothing was sent; the same command asks again"}
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimSpace(answer), nil
}

// fewOrders is how many orders a person agrees to without typing their number.
const fewOrders = 10

// mostAnswers is how often a person is asked for the number of orders.
const mostAnswers = 3

// confirm shows what will happen, and asks how many orders a person expects. The
// number stands in what is shown and not in the question: whoever types it has read
// it.
func (r *importRun) confirm(ctx context.Context, will *session.Preview) error {
	p := r.preview(will)
	if !r.yes || r.events == nil {
		p.write(r.env.err, r.env.pen(r.env.err))
	}
	if r.yes {
		return nil
	}
	orders := p.orders()
	if orders <= 0 && p.Tally.Ordered == 0 {
		return nil
	}
	fmt.Fprintln(r.env.err)
	if orders <= fewOrders {
		return r.confirmFew(ctx)
	}
	for range mostAnswers {
		answer, err := r.ask(ctx, "how many orders do you expect? ")
		if err != nil {
			return err
		}
		answer = strings.NewReplacer(",", "", ".", "", " ", "").Replace(answer)
		switch n, err := strconv.Atoi(answer); {
		case answer == "":
			return r.notConfirmed()
		case err == nil && n == orders:
			return nil
		}
		fmt.Fprintln(r.env.err, "not so: "+p.sum())
	}
	return r.notConfirmed()
}

// confirmFew asks for a yes or a no.
func (r *importRun) confirmFew(ctx context.Context) error {
	for range mostAnswers {
		answer, err := r.ask(ctx, "go on? (y/N): ")
		if err != nil {
			return err
		}
		switch strings.ToLower(answer) {
		case "y", "yes":
			return nil
		case "", "n", "no":
			return r.notConfirmed()
		}
		fmt.Fprintln(r.env.err, "y goes on, n sends nothing")
	}
	return r.notConfirmed()
}

// notConfirmed drops what was typed ahead, which a shell would take for commands.
func (r *importRun) notConfirmed() error {
	if f := fileOf(r.env.in); isTerminal(f) {
		dropTyped(f)
	}
	return fault("not confirmed; nothing was sent", "the same command asks again")
}

// ordersWords are the orders that follow if a person agrees, and those that come later.
func (p *preview) ordersWords() string {
	all := p.ToPlace()
	if p.resend {
		all += p.Doubts.Old
	}
	words := number(p.orders())
	switch later := all - p.orders(); {
	case later > 0:
		words += ": the first one alone; " + number(later) + " more when it was looked at"
	case all > p.ToPlace():
		words += ", with those that are sent again"
	}
	return words
}

// orders is how many orders follow if a person agrees.
func (p *preview) orders() int {
	n := p.ToPlace()
	if p.resend {
		n += p.Doubts.Old
	}
	if p.FirstOnly {
		n = min(n, 1)
	}
	return n
}

// sum says how the orders to place come of the rows.
func (p *preview) sum() string {
	t := p.Tally
	words := []string{count(t.Rows, "row") + " in the file"}
	for _, part := range []struct {
		n    int
		what string
	}{
		{t.Rows - t.Valid, "invalid"}, {t.Imported, "imported already"}, {t.Ordered - p.Doubts.Rows, "ordered already"}, {p.Again, "of these ordered again"}, {p.Doubts.Rows, "that may exist"},
		{p.ToPlace() - p.Again, "to be ordered"},
	} {
		if part.n > 0 {
			words = append(words, number(part.n)+" "+part.what)
		}
	}
	if p.FirstOnly {
		words = append(words, "and on the first day one order alone")
	}
	return strings.Join(words, ", ")
}
