package simulation_test

import (
	"fmt"
	"strings"
	"time"
)

// imports is an import, and what happens while it goes on.
type imports struct {
	importing
	trap      trap
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

func (a imports) do(o *operator) error {
	p := o.importFile(a.importing, a.trap)
	for _, m := range a.meanwhile {
		go func() {
			select {
			case <-time.After(m.after):
			case <-p.killed:
				return
			case <-p.done:
				return
			}
			if err := m.do.happen(p); err != nil {
				o.w.fail("%s: %v: %v", p.name, m.do, err)
			}
		}()
	}
	return p.await(patience)
}

func (a imports) String() string {
	var b strings.Builder
	b.WriteString(a.importing.String())
	if a.trap.door != "" {
		fmt.Fprintf(&b, ", killed at door %q, time %d", a.trap.door, a.trap.n)
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
