package simulation_test

import (
	"fmt"
	"strings"
	"sync"
	"time"

	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
)

// imports is an import, and what happens while it goes on.
type imports struct {
	importing
	traps     []trap
	meanwhile []meanwhile
}

// meanwhile is something that happens some time after a command was started.
type meanwhile struct {
	after time.Duration
	do    event
}

// event is something that happens to a process and its machine.
type event interface {
	happen(*process) error
	String() string
}

func (a imports) do(o *operator) error { return a.follow(o.importFile(a.importing, a.traps...)) }

// follow lets happen to a process what is to happen, and waits for its end.
func (a imports) follow(p *process) error {
	var events sync.WaitGroup
	defer events.Wait()
	for _, m := range a.meanwhile {
		events.Go(func() {
			select {
			case <-time.After(m.after):
			case <-p.killed:
				return
			case <-p.done:
				return
			}
			if err := m.do.happen(p); err != nil {
				p.c.w.fail("%s: %v: %v", p.name, m.do, err)
			}
		})
	}
	return p.await(patience)
}

func (a imports) String() string {
	var b strings.Builder
	b.WriteString(a.importing.String())
	for _, t := range a.traps {
		fmt.Fprintf(&b, ", %v", t)
	}
	for _, m := range a.meanwhile {
		fmt.Fprintf(&b, ", after %v %v", m.after.Round(time.Millisecond), m.do)
	}
	return b.String()
}

func (i importing) String() string {
	s := "import " + i.file
	if i.proved {
		s += ", the first order was looked at"
	}
	if i.shared {
		s += ", others may help"
	}
	if i.resend {
		s += ", doubts may be sent again"
	}
	if len(i.again) > 0 {
		s += ", again: " + strings.Join(i.again, " ")
	}
	return s
}

// interrupted is a Ctrl-C.
type interrupted struct{}

func (interrupted) happen(p *process) error {
	p.c.w.story.note("%s: interrupted", p.name)
	p.cancel()
	return nil
}

func (interrupted) String() string { return "interrupted" }

// killed is a SIGKILL.
type killed struct{}

func (killed) happen(p *process) error {
	p.die()
	return nil
}

func (killed) String() string { return "killed" }

// powerCut takes the machine down.
type powerCut struct{}

func (powerCut) happen(p *process) error {
	p.c.crash()
	return nil
}

func (powerCut) String() string { return "power cut" }

// suspended lets the machine sleep: the lid is closed and opened again.
type suspended struct{ d time.Duration }

func (e suspended) happen(p *process) error {
	p.c.suspend(e.d)
	return nil
}

func (e suspended) String() string { return "asleep for " + e.d.Round(time.Second).String() }

// unplugged takes the machine off the net.
type unplugged struct{ d time.Duration }

func (e unplugged) happen(p *process) error {
	p.c.unplug(e.d)
	return nil
}

func (e unplugged) String() string { return "off the net for " + e.d.Round(time.Second).String() }

// clockSet sets the machine's wall clock.
type clockSet struct{ by time.Duration }

func (e clockSet) happen(p *process) error {
	p.c.w.story.note("%s: clock set by %v", p.c.Host(), e.by)
	p.c.setClock(e.by)
	return nil
}

func (e clockSet) String() string { return "clock set by " + e.by.String() }

// down takes the platform down.
type down struct {
	d      time.Duration
	refuse bool
}

func (e down) happen(p *process) error {
	w := p.c.w
	w.story.note("the platform is down")
	w.platform.SetOutage(e.refuse)
	time.Sleep(e.d)
	w.platform.EndOutage()
	w.story.note("the platform is up")
	return nil
}

func (e down) String() string { return "the platform is down for " + e.d.Round(time.Second).String() }

// beside starts another import on the machine.
type beside struct{ imports }

func (e beside) happen(p *process) error { return e.do(p.c.operator) }

func (e beside) String() string { return "beside it " + e.imports.String() }

// steps that are not imports.

// reconciles reads the platform back.
type reconciles struct{}

func (reconciles) do(o *operator) error {
	p := &process{command: "reconcile"}
	return o.start(p, nil, func() error { return p.reconcile(o.options) }).await(patience)
}

func (reconciles) String() string { return "reconcile" }

// measures finds out how old a signature may be.
type measures struct{}

func (measures) do(o *operator) error {
	p := &process{command: "measure"}
	return o.start(p, nil, p.measure).await(patience)
}

func (measures) String() string { return "how old signatures may be is measured" }

// loses deletes the ledger.
type loses struct{}

func (loses) do(o *operator) error { return o.lose() }

func (loses) happen(p *process) error { return p.c.lose() }

func (loses) String() string { return "the ledger is deleted" }

// backs up the ledger, and puts the backup back.
type (
	backsUp  struct{}
	putsBack struct{}
)

func (backsUp) do(o *operator) error { return o.backUp() }

func (backsUp) happen(p *process) error { return p.c.backUp() }

func (backsUp) String() string { return "the ledger is backed up" }

func (putsBack) do(o *operator) error { return o.restore() }

func (putsBack) String() string { return "the ledger is put back from the backup" }

// copies takes the ledger of another machine.
type copies struct{ from int }

func (a copies) do(o *operator) error { return o.copyFrom(o.w.machines[a.from]) }

func (a copies) String() string {
	return fmt.Sprintf("the ledger of machine-%d is copied here", a.from+1)
}

// edits changes rows of a file.
type edits struct {
	file string
	what string
	edit func(table []tableRow) []tableRow
}

func (a edits) do(o *operator) error {
	o.w.story.note("%s: %v", o.Host(), a)
	o.w.save(a.file, a.edit(o.w.table(a.file)))
	return nil
}

func (a edits) happen(p *process) error { return a.do(p.c.operator) }

func (a edits) String() string { return a.file + ": " + a.what }

// colleague places an order in the panel, with or without our reference.
type colleague struct {
	row      tableRow
	ours     bool
	sale     bool // of something else than an import
	status   string
	provided time.Duration // how long ago, negative: later
	shows    time.Duration // after so long; 0: as the platform's orders do
	takes    time.Duration // to be provisioned; 0: no time
}

func (a colleague) do(o *operator) error {
	w := o.w
	so := apstest.StoredOrder{SubID: w.sub(a.row), Tenant: w.tenants[a.row.tenant].Domain, AccountID: w.tenants[a.row.account].AccountID,
		PlanID: w.plans[a.row.plan].ID, CutOff: a.row.cutOff, Status: a.status}
	if a.provided != 0 {
		so.Placed = time.Now().Add(-a.provided)
	}
	if a.shows > 0 {
		so.Shows = time.Now().Add(a.shows)
	}
	if a.takes > 0 {
		so.Ends = time.Now().Add(a.takes)
	}
	if a.sale {
		so.SubID = ""
	}
	if a.ours {
		so.Reference, so.HasReference = csvimport.Reference(so.SubID, 1), true
	}
	_, err := w.platform.AddOrder(so)
	w.story.note("%v", a)
	return err
}

func (a colleague) happen(p *process) error { return a.do(p.c.operator) }

func (a colleague) String() string {
	return fmt.Sprintf("a colleague places an order for row %d/%d", a.row.tenant, a.row.sub)
}

// staff gives the orders of a subscription another status.
type staff struct {
	row    tableRow
	status string
}

func (a staff) do(o *operator) error {
	for _, order := range o.w.platform.Orders() {
		if order.SubID == o.w.sub(a.row) {
			o.w.story.note("staff: order %s is %s", order.Number, a.status)
			o.w.mu.Lock()
			o.w.changed[order.ID] = true
			o.w.mu.Unlock()
			return o.w.platform.SetOrderStatus(order.ID, a.status)
		}
	}
	return nil
}

func (a staff) happen(p *process) error { return a.do(p.c.operator) }

func (a staff) String() string {
	return fmt.Sprintf("staff set the order of row %d/%d to %s", a.row.tenant, a.row.sub, a.status)
}

// asking is an import with a new order for some rows.
type asking struct {
	file string
	rows []tableRow
}

func (a asking) do(o *operator) error {
	i := importing{file: a.file, proved: true}
	for _, row := range a.rows {
		i.again = append(i.again, o.w.sub(row))
	}
	return o.importFile(i).await(patience)
}

func (a asking) String() string { return fmt.Sprintf("import %s, again: rows %v", a.file, a.rows) }
