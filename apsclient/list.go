package apsclient

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient/shape"
)

// List lists sales orders, each of them once, newest first within each request
// it takes: a query with many ids, references or accounts takes several, so
// that no address grows over 8 KB. An error, an *Error if it came of a request,
// ends the sequence.
//
// A filter that the platform refuses is replaced by a wider one, in the end by
// none, and orders that contradict q are left out here. An order that does not
// tell what q asks for is listed all the same, so the caller has to compare.
func (o *Orders) List(ctx context.Context, q OrderQuery) iter.Seq2[Order, error] {
	return func(yield func(Order, error) bool) {
		over := o.c.newLine(q)
		defer over.close()
		l := newLister(o, q, yield)
		l.line = over
		var err error
		for _, s := range q.ways() {
			if o.isRefused(s) || !o.canAsk(s) {
				continue
			}
			err = l.list(ctx, s)
			if !refusesFilter(err) {
				break
			}
			o.setRefused(s)
		}
		if err != nil && !errors.Is(err, errEnough) {
			yield(Order{}, err)
		}
	}
}

// way is one of asking for what a query wants.
type way struct {
	parts  string // of the query that are asked for, a letter each
	spread bool   // or(eq,eq) in the place of in
	single bool   // each order by itself
	plain  bool   // without sort
}

// The parts of a query.
const (
	partIDs       = 'i'
	partNumbers   = 'n'
	partReference = 'r'
	partPrefix    = 'p'
	partAccounts  = 'a'
	partSince     = 's'
)

// ways lists the ways to ask, the narrowest first.
func (q *OrderQuery) ways() []way {
	all, single := "", ""
	for _, part := range "inrpas" {
		switch {
		case part == partPrefix && q.ReferencePrefix == "", part == partSince && q.Since.IsZero():
			continue
		case part != partPrefix && part != partSince && len(q.values(part)) == 0:
			continue
		}
		all += string(part)
	}
	list := []way{{parts: all}}
	for _, part := range "inra" {
		if len(q.values(part)) > 1 {
			list = append(list, way{parts: all, spread: true})
			break
		}
	}
	if len(q.IDs) > 0 {
		list = append(list, way{parts: "i", single: true})
	}
	for _, part := range all {
		single = string(part)
		if part != partSince && strings.ContainsRune(all, partSince) {
			list = append(list, way{parts: single + "s"})
		}
		list = append(list, way{parts: single})
	}
	list = append(list, way{}, way{plain: true})
	// Compact drops what came out twice.
	seen := map[way]bool{}
	return slices.DeleteFunc(list, func(s way) bool {
		twice := seen[s]
		seen[s] = true
		return twice
	})
}

// values are those of a part that holds a list.
func (q *OrderQuery) values(part rune) []string {
	switch part {
	case partIDs:
		return q.IDs
	case partNumbers:
		return q.Numbers
	case partReference:
		return q.References
	case partAccounts:
		return q.AccountIDs
	default:
		return nil
	}
}

// canAsk reports whether the shape of orders lets all parts be asked for.
func (o *Orders) canAsk(s way) bool {
	for _, part := range s.parts {
		if o.property(part) == "" {
			return false
		}
	}
	return true
}

func (o *Orders) isRefused(s way) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.refused[s]
}

func (o *Orders) setRefused(s way) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.refused == nil {
		o.refused = map[way]bool{}
	}
	o.refused[s] = true
}

// refusesFilter reports whether the platform did not like the question.
func refusesFilter(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == Refused
}

// errEnough ends a listing that has what it was asked for.
var errEnough = errors.New("enough")

// lister is one call of List.
type lister struct {
	orders *Orders
	q      OrderQuery
	wanted map[rune]map[string]bool // values of the query's lists, in lower case
	seen   *idSet
	told   int
	line   *line
	yield  func(Order, error) bool
}

func newLister(o *Orders, q OrderQuery, yield func(Order, error) bool) *lister {
	l := &lister{orders: o, q: q, wanted: map[rune]map[string]bool{}, seen: newIDSet(), yield: yield}
	for _, part := range "inra" {
		set := make(map[string]bool, len(q.values(part)))
		for _, v := range q.values(part) {
			set[folded(v)] = true
		}
		l.wanted[part] = set
	}
	return l
}

// folded is a value as it is compared: ids and references are told back with
// their letters in another case, or padded, by some platforms.
func folded(v string) string { return strings.ToLower(strings.TrimSpace(v)) }

// list asks in one way. It returns errEnough if the caller or the limit
// ended it.
func (l *lister) list(ctx context.Context, s way) error {
	if s.single {
		return l.oneByOne(ctx)
	}
	o := l.orders
	path := o.path + o.c.wire.OrdersPath
	for where := range l.questions(s, maxURL-len(o.c.base.String())-len(path)) {
		if !s.plain {
			where = append(where, sortDown(o.c.wire.OrderDateField))
		}
		newest := listing{op: opOrders, path: path, where: where, size: l.pageSize(), key: o.c.wire.OrderIDField, line: l.line}
		if l.q.Whole && !s.plain {
			newest.reversed = append(slices.Clone(where[:len(where)-1]), sortUp(o.c.wire.OrderDateField))
		}
		if l.q.PageSize > 0 {
			newest.first = min(newest.size, max(2, l.q.PageSize))
		}
		last, descending := time.Time{}, !s.plain
		for it, err := range o.c.each(ctx, newest) {
			if err != nil {
				return err
			}
			order := o.decode(it)
			if err := l.tell(order); err != nil {
				return err
			}
			if order.Date.IsZero() || !last.IsZero() && order.Date.After(last) {
				descending = false
			}
			if last = order.Date; descending && l.tooOld(order) {
				break // all that follow are older still
			}
		}
	}
	return nil
}

// oneByOne reads the orders by their ids. One that the platform does not show
// is left out, as a list would.
func (l *lister) oneByOne(ctx context.Context) error {
	for _, id := range l.q.IDs {
		order, err := l.orders.get(ctx, id, l.line)
		if e, ok := errors.AsType[*Error](err); ok && e.Kind == Refused && e.Status == http.StatusNotFound {
			continue
		}
		if err != nil {
			return err
		}
		if err := l.tell(order); err != nil {
			return err
		}
	}
	return nil
}

// tell yields an order once, unless it contradicts the query.
func (l *lister) tell(order Order) error {
	if l.contradicts(order) || !l.q.AnyType && !l.orders.isOfType(order) {
		return nil
	}
	if order.ID != "" && !l.seen.add(order.ID) {
		return nil
	}
	if !l.yield(order, nil) {
		return errEnough
	}
	if l.told++; l.told == l.q.Limit {
		return errEnough
	}
	return nil
}

func (l *lister) pageSize() int {
	size := l.orders.c.wire.pageSize()
	if l.q.Limit > 0 {
		// A few more than asked for, since some may be of another type.
		return min(size, max(2, l.q.Limit+l.q.Limit/4+1))
	}
	return size
}

// contradicts reports whether order is certainly not what was asked for.
func (l *lister) contradicts(order Order) bool {
	return l.other(partIDs, order.ID, order.ID != "") ||
		l.other(partNumbers, order.Number, order.Number != "") ||
		l.other(partReference, order.Reference, order.HasReference) ||
		l.other(partAccounts, order.AccountID, order.AccountID != "" && l.sameForm(order.AccountID)) ||
		order.HasReference && !strings.HasPrefix(folded(order.Reference), folded(l.q.ReferencePrefix)) ||
		l.tooOld(order)
}

// other reports whether the query wants other values of part than the one
// told.
func (l *lister) other(part rune, value string, told bool) bool {
	wanted := l.wanted[part]
	return told && len(wanted) > 0 && !wanted[folded(value)]
}

// sameForm reports whether an order tells its account as an aps.id, as it was
// asked for, and not by its number.
func (l *lister) sameForm(account string) bool {
	return (len(account) == guidLength) == (len(l.q.AccountIDs) > 0 && len(l.q.AccountIDs[0]) == guidLength)
}

const guidLength = 36

// slack is how far a date may be off by what its zone is said to be.
const slack = 24 * time.Hour

// tooOld reports whether order is told to be older than asked for.
func (l *lister) tooOld(order Order) bool {
	return !l.q.Since.IsZero() && !order.Date.IsZero() && order.Date.Add(slack).Before(l.q.Since)
}

// questions are the conditions of one way, one set for each request, none
// longer than room bytes.
func (l *lister) questions(s way, room int) iter.Seq[[]expr] {
	w := &l.orders.c.wire
	var fixed []expr
	lists := 0
	for _, part := range s.parts {
		switch part {
		case partPrefix:
			fixed = append(fixed, startsWith(l.orders.property(part), l.q.ReferencePrefix))
		case partSince:
			fixed = append(fixed, ge(w.OrderDateField, l.q.Since.Add(-slack).UTC().Format("2006-01-02T15:04:05.000Z")))
		default:
			lists++
		}
	}
	room -= len(query(fixed...)) + 100 // sort and limit
	return func(yield func([]expr) bool) {
		l.combine(s, s.parts, room/max(lists, 1), fixed, yield)
	}
}

// combine goes through the batches of the first list among parts, and for each
// of them through those of the rest.
func (l *lister) combine(s way, parts string, room int, where []expr, yield func([]expr) bool) bool {
	for i, part := range parts {
		values := l.q.values(part)
		if len(values) == 0 {
			continue
		}
		property := l.orders.property(part)
		for batch := range batches(property, values, s.spread, room) {
			if !l.combine(s, parts[i+1:], room, append(where[:len(where):len(where)], anyOf(property, batch, s.spread)), yield) {
				return false
			}
		}
		return true
	}
	return yield(where)
}

// property is the name by which the platform is asked for a part, empty if the shape
// of orders has none.
func (o *Orders) property(part rune) string {
	w := &o.c.wire
	switch part {
	case partIDs:
		return w.OrderIDField
	case partNumbers:
		return w.OrderNumberField
	case partSince:
		return w.OrderDateField
	case partReference, partPrefix:
		name, _ := o.c.shape.Property(shape.Reference)
		return name
	}
	name, _ := o.c.shape.Property(shape.Account)
	return name
}

func anyOf(property string, values []string, spread bool) expr {
	if !spread || len(values) == 1 {
		return oneOf(property, values)
	}
	list := make([]expr, len(values))
	for i, v := range values {
		list[i] = eq(property, v)
	}
	return or(list...)
}

// batches splits values so that each batch, as an expression, has room. A
// single value always has.
func batches(property string, values []string, spread bool, room int) iter.Seq[[]string] {
	return func(yield func([]string) bool) {
		from, size := 0, 0
		for i, v := range values {
			cost := len(escapeRQL(v)) + 1
			if spread {
				cost = len(eq(property, v)) + 1
			}
			if i > from && size+cost > room {
				if !yield(values[from:i]) {
					return
				}
				from, size = i, 0
			}
			size += cost
		}
		if from < len(values) {
			yield(values[from:])
		}
	}
}
