package apsclient

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"regexp"
	"slices"
	"strconv"

	"bulkimport/apsclient/tree"
)

// listing is a list that is read page by page.
type listing struct {
	op   string
	path string
	// where are the conditions; sort is the order, which a platform may refuse.
	where []expr
	sort  expr
	size  int
	// key names the member that identifies an element.
	key string
	// first is the size of the first page, if it is another.
	first int
	line  *line // nil: the pool
	// reversed is where in the reverse order: where no count is told, the element
	// that comes first so has to have come too. Nil: it is not asked for.
	reversed []expr
	parser   *tree.Parser // what a page told is gone once it has parsed the next
}

// When a list is given up as one that cannot be paged.
const (
	maxStepsBack = 50  // back over elements that moved while it was read
	maxStale     = 50  // pages that brought nothing new
	maxRepeats   = 5   // of the very same page, wherever it was to start
	maxNoCloser  = 200 // pages after which as many elements are to come as before
	maxElements  = 20_000_000
)

// ErrShort is in the chain of the error of a list that could not be read whole:
// fewer elements came than the platform announced by Content-Range, its pages
// repeated, it changed faster than it could be read, or it had no end. Where a platform
// announces nothing, a page that brings nothing new is the end: a list that it
// caps in silence is told from a whole one only where OrderQuery.Whole asks for
// its other end.
var ErrShort = errors.New("the list is not whole")

// each reads the whole list. Lists change while they are read, so every page
// after the first begins with the last element of the one before: if its first
// element has not been seen, elements have gone and a gap is possible, and the
// reading steps back. Elements seen before are dropped. The end is where the
// Content-Range says, or, without one, a page that brings nothing new; a list
// of which fewer elements came than were announced is read once more, and again
// if it was announced to be shorter since. A platform
// that refuses the order is asked without, from then on. An error ends the
// sequence.
func (c *Client) each(ctx context.Context, l listing) iter.Seq2[tree.Node, error] {
	return func(yield func(tree.Node, error) bool) {
		l.parser = new(tree.Parser)
		r := reading{listing: l, seen: newIDSet(), announced: untold, before: untold, opened: untold}
		if _, refused := c.unsorted.Load(l.op); refused {
			r.sort = ""
		}
		for !r.done {
			items, total, err := c.page(ctx, r.listing, r.start)
			if r.seen.length == 0 && refusesOrder(err) && r.sort != "" {
				r.sort = ""
				if plain, n, again := c.page(ctx, r.listing, 0); again == nil {
					items, total, err = plain, n, nil
					c.unsorted.Store(l.op, true)
				}
			}
			if err != nil {
				yield(tree.Node{}, err)
				return
			}
			if r.announced = max(r.announced, total); r.opened == untold {
				r.opened = total
			}
			if r.gap(items) {
				if err := r.stepBack(len(items)); err != nil {
					yield(tree.Node{}, err)
					return
				}
				continue
			}
			r.compare(items)
			fresh := 0
			for _, it := range items {
				if !r.take(it) {
					continue
				}
				fresh++
				if !yield(it, nil) {
					return
				}
			}
			if err := r.advance(len(items), fresh, total); err != nil {
				yield(tree.Node{}, err)
				return
			}
		}
		if err := c.otherEnd(ctx, &r); err != nil {
			yield(tree.Node{}, err)
		}
	}
}

// otherEnd asks for a list that announced no count from its other end, and is an
// error if what comes first there has not been read. A platform that refuses that
// order leaves it open.
func (c *Client) otherEnd(ctx context.Context, r *reading) error {
	if r.reversed == nil || r.announced != untold || r.seen.length == 0 {
		return nil
	}
	l := r.listing
	l.where, l.sort, l.size, l.first = l.reversed, "", 1, 0
	items, _, err := c.page(ctx, l, 0)
	switch {
	case refusesOrder(err):
		return nil
	case err != nil:
		return err
	case len(items) > 0 && !r.seen.has(r.identity(items[0])):
		return r.short(fmt.Sprintf("it is cut off in silence: the oldest element is not among the %d that were told", r.seen.length))
	}
	return nil
}

// refusesOrder reports whether the platform may have refused a list for the
// order it was asked for in.
func refusesOrder(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Kind == Refused && e.Status != http.StatusNotFound
}

// reading is how far a list has been read.
type reading struct {
	listing
	seen    *idSet
	start   int  // of the next page
	overlap bool // the next page should begin with an element seen
	back    int
	stale   int
	last    []string // what the last page held
	widest  int
	repeats int
	again   int // how often it has been begun anew
	done    bool

	announced, before int // the most that were, in this pass and in the last
	opened            int // how many were when this pass began
	doubles           int // told twice within one page, and so announced twice

	least, away int // announced and still to come: the fewest, and for how many pages not fewer
}

const (
	untold    = -1 // no Content-Range
	mostAgain = 2
)

// gap reports whether elements may have moved out of what is still to be read.
func (r *reading) gap(items []tree.Node) bool {
	return r.overlap && r.start > 0 && (len(items) == 0 || !r.seen.has(r.identity(items[0])))
}

func (r *reading) stepBack(got int) error {
	if got > 0 { // something else than the last page: the list does page
		r.repeats = 0
	}
	if r.back++; r.back > maxStepsBack {
		return r.short("the list changed faster than it could be read")
	}
	r.start = max(0, r.start-max(1, got))
	return nil
}

// take reports whether it is new.
func (r *reading) take(it tree.Node) bool { return r.seen.add(r.identity(it)) }

// compare counts how often the same page has come.
func (r *reading) compare(items []tree.Node) {
	ids := make([]string, len(items))
	for i, it := range items {
		ids[i] = r.identity(it)
	}
	if len(ids) == 0 || !slices.Equal(ids, r.last) {
		r.repeats = 0
	}
	r.repeats++
	r.doubles += len(ids) - len(slices.Compact(slices.Sorted(slices.Values(ids))))
	r.last, r.widest = ids, max(r.widest, len(ids))
}

// advance moves on by a page of got elements, fresh of them new, of a list of
// total, which may be untold.
func (r *reading) advance(got, fresh, total int) error {
	end := r.start + got
	if total == untold {
		total = r.announced
	}
	if fresh == 0 && r.again == 0 {
		r.stale++
	}
	switch {
	case got == 0, total >= 0 && end >= total:
		return r.finish()
	case total < 0 && fresh == 0 && got == 1 && r.widest > 1:
		r.done = true // the overlap, and nothing after it
	case total < 0 && r.repeats >= maxRepeats && got != r.size:
		r.done = true // a list that does not page tells everything every time
	case r.endless(total - end):
		return r.short(fmt.Sprintf("it has no end: %d elements were told, and ever more are announced", r.seen.length))
	case r.stale > maxStale, r.repeats >= maxRepeats:
		return r.short(fmt.Sprintf("its pages repeat: %d elements were told, and there may be more", r.seen.length))
	case got == 1:
		r.start, r.overlap = end, false // the overlap alone would not move on
	default:
		r.start, r.overlap = end-1, true
	}
	return nil
}

// endless reports whether a list grows as fast as it is read, or beyond all bounds.
// toCome is negative if it is untold.
func (r *reading) endless(toCome int) bool {
	if r.away++; r.away == 1 || toCome < r.least {
		r.least, r.away = toCome, 1
	}
	return toCome >= 0 && r.away > maxNoCloser || r.seen.length > maxElements
}

// finish ends the reading where as many elements came as were announced. Fewer
// may mean that elements that sort alike, for example orders of one moment,
// changed places between two pages, or that some are gone: it is read once
// more. Of a list that grows all the time that is enough where all came that were
// announced when it was begun again; not after a step back, which may have met newer
// ones in the place of those.
func (r *reading) finish() error {
	wanted := max(r.announced, r.before)
	switch {
	case r.seen.length+r.doubles >= wanted:
		r.done = true
	case r.again > 0 && r.back == 0 && r.opened != untold && r.seen.length+r.doubles >= max(r.opened, r.before):
		r.done = true
	case r.again == 0, r.again < mostAgain && r.announced != untold && r.announced < r.before:
		r.again++
		r.before, r.announced, r.opened, r.doubles = r.announced, untold, untold, 0
		r.start, r.overlap, r.last = 0, false, nil
	default:
		return r.short(fmt.Sprintf("it ends too early: %d elements were told of %d announced", r.seen.length, wanted))
	}
	return nil
}

// short is the error of a list that could not be read whole.
func (r *reading) short(words string) error {
	return &Error{Kind: InDoubt, Op: r.op, Status: http.StatusOK, Written: true, Err: &plainError{words, ErrShort}}
}

// page reads one page. total is -1 if the answer does not tell it.
func (c *Client) page(ctx context.Context, l listing, start int) (items []tree.Node, total int, err error) {
	where := l.where[:len(l.where):len(l.where)]
	if l.sort != "" {
		where = append(where, l.sort)
	}
	size := l.size
	if start == 0 && l.first > 0 {
		size = l.first
	}
	where = append(where, limit(start, size))
	parser := cmp.Or(l.parser, new(tree.Parser))
	err = c.get(ctx, call{op: l.op, path: l.path, query: query(where...), line: l.line}, func(ans answer) error {
		total = rangeTotal(ans.header.Get("Content-Range"))
		if items, err = decodeList(ans, parser); err == nil {
			l.line.hear(ans.date)
		}
		return err
	})
	return items, total, err
}

// decodeList decodes a list answer; an answer without content is an empty
// list only if its status says so.
func decodeList(ans answer, p *tree.Parser) ([]tree.Node, error) {
	if ans.status == http.StatusNoContent {
		return nil, nil
	}
	v, err := decodeWith(p, ans.body)
	if err != nil {
		return nil, err
	}
	list, ok := elements(v)
	if !ok {
		return nil, errors.New("its answer is not a list")
	}
	return list, nil
}

// identity is what an element is known by; one without its key is known by
// its whole text.
func (l *listing) identity(it tree.Node) string {
	if id := textAt(it, l.key); id != "" {
		return id
	}
	return it.String()
}

var contentRange = regexp.MustCompile(`^\s*items\s+(?:\d+\s*-\s*\d+|\*)\s*/\s*(\d+)\s*$`)

// rangeTotal reads "items 0-99/250" and "items */0"; -1 is not told.
func rangeTotal(header string) int {
	m := contentRange.FindStringSubmatch(header)
	if m == nil {
		return -1
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		return -1
	}
	return n
}
