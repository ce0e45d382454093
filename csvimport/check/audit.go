package check

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/normal"
	"bulkimport/csvimport/rows"
)

// OrderList is what an audit needs of the platform's order service.
type OrderList interface {
	List(context.Context, apsclient.OrderQuery) iter.Seq2[apsclient.Order, error]
}

// Auditor reads, after an import, what has become of every row of a results
// file: its order and its subscription, as the platform has them now.
type Auditor struct {
	File    *rows.File
	Catalog *catalog.Catalog // fetched for the audit: it tells what is imported
	Orders  OrderList
	Known   func(orderID string) bool // a person has said to know of this second order; nil: none

	// AllowContradiction is the Checker's.
	AllowContradiction bool

	mu       sync.Mutex
	tally    AuditTally
	findings []csvimport.Finding
}

// Audited is a row with what is not as it should be. Its findings have codes of
// their own: E_NOT_IMPORTED, E_ACCOUNT_OF_OTHER_ROW, W_ACCOUNT_CONTRADICTS, E_OTHER_ACCOUNT, E_OTHER_PLAN, E_OTHER_CUT_OFF,
// E_ORDERED_TWICE, E_ORDER_FAILED, E_ORDER_UNRECORDED, W_ORDER_OPEN,
// W_ORDER_NOT_LISTED and W_NOT_READABLE.
type Audited struct {
	csvimport.Reported
	Order    *apsclient.Order // nil: none, or the platform does not list it
	Findings []csvimport.Finding
}

// AuditTally is an audit in numbers.
type AuditTally struct {
	Rows, Good int                    // Good rows have no finding, and their order or their subscription was read
	Codes      map[csvimport.Code]int // findings by code, those of tenants too
}

// auditRows is how many rows' orders are listed at once.
const auditRows = 100

// Rows yields every row of the results file, audited, in file order. The error
// is ErrNotResults, or that of the platform, and ends the sequence.
func (a *Auditor) Rows(ctx context.Context) iter.Seq2[Audited, error] {
	return func(yield func(Audited, error) bool) {
		a.File.NamePlans(a.Catalog.Plans())
		_, subs, _ := a.Catalog.Positions()
		p := auditPass{Auditor: a, letters: a.File.Letters(), here: catalog.NewMarks(subs), first: make(map[int32]place)}
		p.tally.Codes = make(map[csvimport.Code]int)
		if !a.AllowContradiction {
			p.owners = ownersOf(ctx, a.File, a.Catalog)
		}
		batch := make([]Audited, 0, auditRows)
		flush := func() bool {
			if err := p.audit(ctx, batch); err != nil {
				yield(Audited{}, err)
				return false
			}
			for i := range batch {
				if !yield(batch[i], nil) {
					return false
				}
			}
			batch = batch[:0]
			return true
		}
		for reported, err := range rows.ReadResults(a.File) {
			if err != nil {
				yield(Audited{}, err)
				return
			}
			if batch = append(batch, Audited{Reported: reported}); len(batch) == auditRows && !flush() {
				return
			}
		}
		if !flush() {
			return
		}
		if err := p.end(); err != nil {
			yield(Audited{}, err)
		}
	}
}

// Findings says for how many rows the platform does not tell whether they are
// imported, and names the tenants of which subscriptions were left out, after
// one full pass of Rows.
func (a *Auditor) Findings() []csvimport.Finding {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.findings
}

// Tally counts, after one full pass of Rows.
func (a *Auditor) Tally() AuditTally {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.tally
}

type auditPass struct {
	*Auditor
	letters rows.Letters
	here    catalog.Marks
	owners  *owners         // nil where contradictions are meant
	first   map[int32]place // row of tenants with several subscriptions
	tally   AuditTally
	unseen  int   // rows whose subscription is not readable
	blind   []int // of those: some that have no order to be read either
	blinded int   // how many there are
}

type place struct{ line, row int }

func (p *auditPass) end() error {
	found, err := p.Catalog.PartialTenants("in the file", p.here, func(tenant int32) (line, row int) {
		return p.first[tenant].line, p.first[tenant].row
	})
	if err != nil {
		return err
	}
	found = append(p.notReadable(), p.letters.Name(found)...)
	for i := range found {
		p.tally.Codes[found[i].Code]++
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Auditor.tally, p.Auditor.findings = p.tally, found
	return nil
}

// blindNamed is how many rows of which nothing could be read are named.
const blindNamed = 5

// see reports whether anything could be read of a row, and notes if not.
func (p *auditPass) see(a *Audited) bool {
	if a.Row.Binding.Known || a.Order != nil {
		return true
	}
	if len(a.Findings) == 0 {
		if p.blinded++; len(p.blind) < blindNamed {
			p.blind = append(p.blind, a.Row.Row)
		}
	}
	return false
}

// notReadable says once for how many rows the platform does not tell whether
// they are imported.
func (p *auditPass) notReadable() []csvimport.Finding {
	if p.unseen == 0 {
		return nil
	}
	f := csvimport.NewFinding(csvimport.WNotReadable, csvimport.Place{}, "",
		"it cannot be read whether the subscription is imported, for "+csvimport.Plural(p.unseen, "row", "rows"), "look them up in the panel under NCE Customers")
	if p.unseen == 1 {
		f.Hint = "look it up in the panel under NCE Customers"
	}
	switch {
	case p.blinded == 0:
		return []csvimport.Finding{f}
	case p.unseen == 1:
		f.Message += ", which has no order to be read either"
	case p.blinded == 1:
		f.Message += ", one of which has no order to be read either"
	default:
		f.Message += fmt.Sprintf(", %d of which have no order to be read either", p.blinded)
	}
	rows := make([]string, len(p.blind))
	for i, row := range p.blind {
		rows[i] = strconv.Itoa(row)
	}
	f.Message += " (row " + strings.Join(rows, ", ")
	if more := p.blinded - len(p.blind); more > 0 {
		f.Message += fmt.Sprintf(" and %d more", more)
	}
	f.Message += ")"
	return []csvimport.Finding{f}
}

// audit reads the orders of some rows and judges each.
func (p *auditPass) audit(ctx context.Context, batch []Audited) error {
	byID, byReference, err := p.orders(ctx, batch)
	if err != nil {
		return err
	}
	for i := range batch {
		a := &batch[i]
		order, ok := byID[a.Result.OrderID]
		same := byReference[p.reference(a)]
		if !ok && len(same) > 0 {
			order, ok = same[max(0, slices.IndexFunc(same, billable))], true
		}
		if ok {
			a.Order = &order
		}
		p.judge(a, same)
		p.tally.Rows++
		if p.see(a) && len(a.Findings) == 0 {
			p.tally.Good++
		}
		for _, f := range a.Findings {
			p.tally.Codes[f.Code]++
		}
	}
	return p.Catalog.Err()
}

func (p *auditPass) reference(a *Audited) string {
	if a.Result.Reference != "" {
		return a.Result.Reference
	}
	return csvimport.Reference(a.Row.SubID, 1)
}

// orders lists the rows' orders by id and by reference. What the platform lists
// is compared again: its filters are not trusted.
func (p *auditPass) orders(ctx context.Context, batch []Audited) (byID map[string]apsclient.Order, byReference map[string][]apsclient.Order, err error) {
	byID, byReference = make(map[string]apsclient.Order), make(map[string][]apsclient.Order)
	var ids, references []string
	for i := range batch {
		if id := batch[i].Result.OrderID; id != "" {
			ids = append(ids, id)
		}
		if batch[i].Row.SubID != "" {
			references = append(references, p.reference(&batch[i]))
		}
	}
	if len(ids) > 0 {
		for o, err := range p.Orders.List(ctx, apsclient.OrderQuery{IDs: ids}) {
			if err != nil {
				return nil, nil, catalog.ReadError("orders", err)
			}
			byID[o.ID] = o
		}
	}
	if len(references) > 0 {
		for o, err := range p.Orders.List(ctx, apsclient.OrderQuery{References: references}) {
			if err != nil {
				return nil, nil, catalog.ReadError("orders", err)
			}
			if o.HasReference {
				byReference[o.Reference] = append(byReference[o.Reference], o)
			}
		}
	}
	return byID, byReference, nil
}

// judge says what is not as it should be with one row.
func (p *auditPass) judge(a *Audited, same []apsclient.Order) {
	row := a.Row
	row.Findings, row.Account, row.Plan = nil, nil, nil
	at := p.Catalog.Resolve(&row)
	p.owners.judge(&row)
	p.here.Mark(at.Sub)
	if t := at.Tenant.Pos; at.Several && p.first[t].row == 0 {
		p.first[t] = place{row.Line, row.Row}
	}
	found := row.Findings
	row.Findings = nil
	if a.Row.Valid() {
		for _, f := range found {
			if f.Severity == csvimport.SeverityError || f.Code == csvimport.WAccountContradicts {
				row.Findings = append(row.Findings, f)
			}
		}
	}
	p.judgeOrder(&row, a, same)
	p.judgeSubscription(&row, a, at.Sub >= 0)
	a.Row.Account, a.Row.Plan, a.Row.Binding = row.Account, row.Plan, row.Binding
	a.Findings = p.letters.Name(oneError(row.Findings))
}

// weights are the errors of which only the heaviest of a row is told with its mend,
// heaviest first; the others lie between the last two.
var weights = []csvimport.Code{
	csvimport.EOrderedTwice, csvimport.EOrderFailed, csvimport.EOrderUnrecorded,
	csvimport.EOtherAccount, csvimport.EOtherPlan, csvimport.EOtherCutOff, "", csvimport.ENotImported,
}

func weight(c csvimport.Code) int {
	if i := slices.Index(weights, c); i >= 0 {
		return i
	}
	return slices.Index(weights, "")
}

// oneError makes one of a row's errors: the heaviest, with what the others say behind
// it. Its mend alone is told, so that no two contradict each other.
func oneError(found []csvimport.Finding) []csvimport.Finding {
	isError := func(f csvimport.Finding) bool { return f.Severity == csvimport.SeverityError }
	var errors []csvimport.Finding
	for _, f := range found {
		if isError(f) {
			errors = append(errors, f)
		}
	}
	if len(errors) < 2 {
		return found
	}
	slices.SortStableFunc(errors, func(a, b csvimport.Finding) int { return weight(a.Code) - weight(b.Code) })
	one := errors[0]
	for _, f := range errors[1:] {
		one.Message += "; " + f.Message
	}
	at := slices.IndexFunc(found, isError)
	return slices.Insert(slices.DeleteFunc(found, isError), at, one)
}

func (p *auditPass) judgeOrder(row *csvimport.Row, a *Audited, same []apsclient.Order) {
	standing := 0
	for i := range same {
		if billable(same[i]) && (p.Known == nil || !p.Known(same[i].ID)) {
			standing++
		}
	}
	if standing > 1 {
		row.Add(csvimport.EOrderedTwice, "sub_id", row.SubID,
			fmt.Sprintf("%d orders have this row's reference, and none of them was cancelled: %s", standing, orderWords(same)),
			"a customer may be billed twice: cancel the one too many in Billing")
	}
	o := a.Order
	if o == nil {
		if a.Result.OrderID != "" {
			row.Add(csvimport.WOrderNotListed, "", "",
				fmt.Sprintf("the platform does not list order %s now", orderWord(a.Result.OrderNumber, a.Result.OrderID)),
				"look for it in Billing; it may not be readable from here")
		}
		return
	}
	word := orderWord(o.Number, o.ID)
	switch a.Result.Status {
	case csvimport.Refused, csvimport.Invalid, csvimport.Unsent:
		row.Found(csvimport.NewFinding(csvimport.EOrderUnrecorded, row.At("sub_id"), row.SubID,
			fmt.Sprintf("the file says %s, and the platform has order %s (%s)", a.Result.Status, word, o.Status),
			"import the file again: what is done stays done").Then(csvimport.LookAgain))
	}
	switch o.Phase() {
	case apsclient.Bad:
		message := fmt.Sprintf("order %s ended badly (%s)", word, o.Status)
		if o.Reason != "" {
			message += ": " + csvimport.Shorten(o.Reason, 200)
		}
		row.Add(csvimport.EOrderFailed, "", "", message, "")
	case apsclient.Person:
		row.Add(csvimport.WOrderOpen, "", "", fmt.Sprintf("order %s waits for a person (%s)", word, o.Status), "approve it in Billing")
	case apsclient.Waiting:
		row.Add(csvimport.WOrderOpen, "", "", fmt.Sprintf("order %s is not at its end (%s)", word, o.Status), "")
	}
	if want := row.Account; want != nil && o.AccountID != "" && o.AccountID != want.APSID {
		has := "another account"
		if other, ok := p.Catalog.Account(o.AccountID); ok {
			has = "account " + catalog.AccountWords(&other)
		}
		row.Add(csvimport.EOtherAccount, "account_id", row.AccountID,
			fmt.Sprintf("order %s is for %s, the row is for account %s", word, has, catalog.AccountWords(want)), "cancelling an order may suspend the subscription in Azure: ask Billing first")
	}
	if !o.HasItems {
		return
	}
	if o.PlanID != "" && row.PlanID != "" && !strings.EqualFold(o.PlanID, row.PlanID) {
		has := o.PlanID
		if plan, err := p.Catalog.Plan(o.PlanID); err == nil {
			has = catalog.PlanWords([]csvimport.Plan{plan})
		}
		row.Add(csvimport.EOtherPlan, "plan_id", row.PlanID, fmt.Sprintf("order %s is for service plan %s", word, has), "")
	}
	want := a.Result.CutOff
	if want == "" {
		want = row.CutOff
	}
	if !sameInstant(want, o.CutOff) {
		row.Add(csvimport.EOtherCutOff, "cut_off_date", want,
			fmt.Sprintf("order %s has the cut-off date %s, the row %s", word, orNone(o.CutOff), orNone(want)), "")
	}
}

func (p *auditPass) judgeSubscription(row *csvimport.Row, a *Audited, found bool) {
	said := a.Result.Status
	switch {
	case row.SubID == "" || !a.Row.Valid() && !found:
		row.Add(csvimport.ENotImported, "", "", fmt.Sprintf("not imported: the row is %s", said), "mend the row and import it")
	case !found && (csvimport.Has(row.Findings, csvimport.ESubscriptionUnknown) || csvimport.Has(row.Findings, csvimport.ETenantUnknown) || csvimport.Has(row.Findings, csvimport.ESubscriptionTenant)):
	case !row.Binding.Known:
		p.unseen++ // told once for all
	case !row.Binding.Imported:
		hint, next := "see error in the file, mend the row and import it", csvimport.Action(0)
		switch {
		case a.Order != nil && (a.Order.Phase() == apsclient.Waiting || a.Order.Phase() == apsclient.Person):
			hint = "its order is not at its end"
		case said == csvimport.Unknown:
			hint, next = "audit again", csvimport.LookAgain
		case said == csvimport.Completed || said == csvimport.Existing || said == csvimport.Differs:
			hint = "an order may have sold a new subscription instead: look at it in Billing before importing more"
		case said == csvimport.Submitted:
			hint = "its order may still be on its way"
		}
		row.Found(csvimport.NewFinding(csvimport.ENotImported, row.At("sub_id"), row.SubID,
			fmt.Sprintf("the platform shows this subscription as not imported, the file says %s", said), hint).Then(next))
	default:
		p.judgeBinding(row, a)
	}
}

// judgeBinding compares the account a subscription is imported under.
func (p *auditPass) judgeBinding(row *csvimport.Row, a *Audited) {
	want := a.Result.Account
	if row.Account != nil {
		want = row.Account.ID
	}
	if is := row.Binding.AccountID; is != "" && want != "" && normal.Number(is) != normal.Number(want) && !csvimport.Has(row.Findings, csvimport.EOtherAccount) {
		row.Add(csvimport.EOtherAccount, "account_id", row.AccountID,
			fmt.Sprintf("the subscription is imported under account %s, the row is for account %s", is, want), "")
	}
}

// billable reports whether an order bills, or may come to.
func billable(o apsclient.Order) bool { return o.Phase() != apsclient.Bad }

func orderWord(number, id string) string {
	if number != "" {
		return number
	}
	return id
}

func orderWords(orders []apsclient.Order) string {
	var words []string
	for i := range orders[:min(5, len(orders))] {
		words = append(words, fmt.Sprintf("%s (%s)", orderWord(orders[i].Number, orders[i].ID), orders[i].Status))
	}
	return strings.Join(words, ", ")
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// sameInstant compares two times as written, or their text where they are none.
func sameInstant(a, b string) bool {
	if a == b {
		return true
	}
	x, errX := time.Parse(time.RFC3339, a)
	y, errY := time.Parse(time.RFC3339, b)
	return errX == nil && errY == nil && x.Equal(y)
}
