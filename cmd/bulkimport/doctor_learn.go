package main

import (
	"bufio"
	"cmp"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"bulkimport/apsclient"
	"bulkimport/apsclient/shape"
	"bulkimport/csvimport"
)

// learnShape reads orders that were made by hand in the panel, each for one known
// subscription, and writes a template that would make them into the profile.
func (o *doctor) learnShape(ctx context.Context) error {
	s, err := o.connection.work(ctx, o.env, 0)
	if err != nil {
		return err
	}
	defer s.Close()
	if s.orders, err = s.client.Orders(ctx); err != nil {
		return err
	}
	known, err := readKnown(ctx, s.client)
	if err != nil {
		return err
	}
	var first *lesson
	for _, number := range strings.Split(o.learn, ",") {
		l, err := o.study(ctx, s, known, strings.TrimSpace(number))
		if err != nil {
			return err
		}
		if first == nil {
			first = l
		} else {
			first.compare(l)
		}
	}
	if _, err := shape.Parse(first.template); err != nil {
		return &ending{status: statusFault, err: fmt.Errorf("order %s does not tell all that an import needs: %w", first.order.Number, err),
			hint: "order one subscription by hand in the panel, and learn from that order"}
	}
	o.showLesson(first)
	return o.keepLesson(ctx, s.settings, first)
}

// lesson is what one order tells of its shape.
type lesson struct {
	order    apsclient.Order
	template string
	learned  []shape.Learned
	differs  map[string]string // constants that another order has otherwise, by path
}

// compare notes which constants another order has otherwise.
func (l *lesson) compare(other *lesson) {
	told := make(map[string]string)
	for _, x := range other.learned {
		told[x.Path] = x.Told
	}
	for _, x := range l.learned {
		if t, ok := told[x.Path]; x.Value == 0 && (!ok || t != x.Told) {
			l.differs[x.Path] = other.order.Number + " has " + cmp.Or(t, "nothing")
		}
	}
}

// study reads one order.
func (o *doctor) study(ctx context.Context, s *work, known *knownValues, number string) (*lesson, error) {
	order, err := o.findOrder(ctx, s.orders, number)
	if err != nil {
		return nil, err
	}
	row, err := known.of(order.Raw, s.client.Shape())
	if err != nil {
		return nil, fmt.Errorf("order %s: %w", order.Number, err)
	}
	wire := s.client.Wire()
	l := &lesson{order: order, differs: make(map[string]string)}
	reference, _, nested := strings.Cut(wire.ReferenceField, ".")
	if nested {
		reference = "poNumber"
	}
	l.template, l.learned, err = shape.Learn(order.Raw, row, func(member string) bool { return answered(member, wire) }, reference)
	return l, err
}

// knownValues are what the platform has, by which values of an order are recognised.
type knownValues struct {
	accounts map[string]apsclient.Account // by aps.id and by number
	plans    map[string]bool              // by aps.id
	tenants  map[string]apsclient.Tenant  // by subscription
}

func readKnown(ctx context.Context, c *apsclient.Client) (*knownValues, error) {
	k := &knownValues{accounts: map[string]apsclient.Account{}, plans: map[string]bool{}, tenants: map[string]apsclient.Tenant{}}
	for a, err := range c.Accounts(ctx) {
		if err != nil {
			return nil, err
		}
		k.accounts[strings.ToLower(a.APSID)], k.accounts[a.ID] = a, a
	}
	for p, err := range c.Plans(ctx) {
		if err != nil {
			return nil, err
		}
		k.plans[strings.ToLower(p.APSID)] = true
	}
	for t, err := range c.Tenants(ctx) {
		if err != nil {
			return nil, err
		}
		for _, sub := range t.Subscriptions {
			k.tenants[strings.ToLower(sub.ID)] = t
		}
	}
	return k, nil
}

// of finds which row an order was for.
func (k *knownValues) of(order []byte, form *shape.Template) (*shape.Values, error) {
	told, err := fields(order, form)
	if err != nil {
		return nil, err
	}
	row := new(shape.Values)
	for _, path := range slices.Sorted(maps.Keys(told)) {
		text := told[path]
		id := strings.ToLower(strings.TrimSpace(text))
		for sub, tenant := range k.tenants {
			if strings.Contains(id, sub) {
				row[shape.Subscription], row[shape.Tenant] = sub, tenant.Domain
			}
		}
		if a, ok := k.accounts[id]; ok && (id == strings.ToLower(a.APSID) || strings.Contains(strings.ToLower(path), "account")) {
			row[shape.Account], row[shape.AccountNumber] = a.APSID, a.ID
		}
		if k.plans[id] {
			row[shape.Plan] = id
		}
		if day := strings.ToLower(path); strings.Contains(day, "cut") || strings.Contains(day, "migrationdate") {
			row[shape.CutOff] = text
			if len(text) == len("2006-01-02") {
				row[shape.CutOff] = text + "T00:00:00.000Z"
			}
		}
	}
	if row[shape.Subscription] == "" {
		return nil, fault("the order names no Azure subscription that the tenant list knows", "is it an order that imported one? Synchronize the tenants in the panel, and learn from it again")
	}
	row[shape.Reference] = csvimport.Reference(row[shape.Subscription], 1)
	return row, nil
}

func (o *doctor) showLesson(l *lesson) {
	w, p := o.env.out, o.env.pen(o.env.out)
	fmt.Fprintf(w, "order %s was made in this shape:\n\n%s\n", clean(l.order.Number), cleanLines(l.template))
	var rows [][]string
	for _, x := range l.learned {
		word := "constant"
		switch {
		case l.differs[x.Path] != "":
			word = p.red("neither constant nor known: ") + clean(l.differs[x.Path])
		case x.Value != 0 && x.Told == "":
			word = "our reference, which the panel does not send"
		case x.Value != 0:
			word = p.green("the row's " + strings.ReplaceAll(x.Value.String(), "_", " "))
		}
		rows = append(rows, []string{clean(x.Path), clean(cmp.Or(x.Told, "-")), word})
	}
	table(w, "  ", rows)
}

// cleanLines is a text of several lines, each clean.
func cleanLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString("  " + clean(strings.TrimRight(line, "\n")) + "\n")
	}
	return b.String()
}

// keepLesson writes the template beside config.toml and names it in the profile, once
// a person agrees.
func (o *doctor) keepLesson(ctx context.Context, s *settings, l *lesson) error {
	folder, err := o.env.configFolder()
	if err != nil {
		return err
	}
	name := s.profile
	if name == "" {
		name = usualProfile
	}
	file := name + "-order.json"
	if !o.yes {
		if !isTerminal(o.env.in) {
			return wrong("nothing was written: nobody can be asked", "--yes writes it")
		}
		fmt.Fprintf(o.env.err, "\nwrite it to %s, for profile %s? (y/N): ", filepath.Join(folder, file), name)
		lines := bufio.NewReader(o.env.in)
		answer, err := waitFor(ctx, func() (string, error) { return lines.ReadString('\n') })
		if err != nil || !strings.EqualFold(strings.TrimSpace(answer), "y") {
			return err
		}
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	path := filepath.Join(folder, file)
	out, err := beside(path, 0o600)
	if err != nil {
		return err
	}
	defer out.Discard()
	if _, err := out.Write([]byte(l.template)); err != nil {
		return err
	}
	config, err := o.env.saveProfile(name+".wire.order", [][2]string{{"template_file", tomlString(file)}})
	if err != nil {
		return err // the template that was there, if any, stays
	}
	if err := out.Commit(); err != nil {
		return err
	}
	fmt.Fprintf(o.env.err, "\n%s holds the template, and %s names it\nnext: bulkimport doctor --compare %s shows that nothing differs; the first import places one order and waits\n",
		path, config, l.order.Number)
	return nil
}
