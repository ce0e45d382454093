// Package block tells the block of columns that a results file has from an operator's
// own columns, which may be called the same.
package block

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet"
)

// Layout tells the operator's own columns from those of an earlier
// result.
type Layout struct {
	Own     []int          // positions of the operator's columns
	Results map[string]int // position of each result column, if any are there
	Width   int
}

// Of finds the result columns, whose names are given in the order in which they are
// written, in headings and in some of the records below
// them. Operators have columns called status or error of their own, so a name alone
// proves nothing: ours are the longest run of headings as they were written, and
// what stands elsewhere if its values can be ours. Half of the names make a results
// file, or the status and two more where the statuses are ours.
func Of(header []string, names []string, sample [][]string) Layout {
	order := make(map[string]int, len(names))
	for i, name := range names {
		order[sheet.Fold(name)] = i
	}
	runs := runsOf(header, order)
	found := make(map[string]int, len(names))
	for n, run := range runs {
		for i := run.from; i < run.to; i++ {
			name := names[order[sheet.Fold(header[i])]]
			_, taken := found[name]
			whole := n == 0 && run.to-run.from >= len(names)/2
			if !taken && (whole || canBe(name, i, sample) >= 0) {
				found[name] = i
			}
		}
	}
	l := Layout{Width: len(header)}
	at, told := found["status"]
	few := told && len(found) >= fewResults && canBe("status", at, sample) > 0
	if len(found) >= len(names)/2 || few {
		l.Results = found
	}
	taken := make([]bool, len(header))
	for _, i := range l.Results {
		taken[i] = true
	}
	for i := range header {
		if !taken[i] {
			l.Own = append(l.Own, i)
		}
	}
	return l
}

// fewResults is how many result columns make a results file whose statuses are ours.
const fewResults = 3

// run is part of a heading line in which the result columns stand as they are written.
type run struct{ from, to int }

// runsOf cuts a heading line into runs, the longest first, of equal ones the last:
// results are written behind what was there.
func runsOf(header []string, order map[string]int) []run {
	var runs []run
	last := -1
	for i, heading := range header {
		at, ok := order[sheet.Fold(heading)]
		switch {
		case !ok:
			last = -1
			continue
		case last < 0 || at <= last:
			runs = append(runs, run{i, i})
		}
		runs[len(runs)-1].to = i + 1
		last = at
	}
	slices.Reverse(runs)
	slices.SortStableFunc(runs, func(a, b run) int { return (b.to - b.from) - (a.to - a.from) })
	return runs
}

// canBe tells whether the values at a position can be those of a result column:
// positive if most of them can, zero if there are none, else negative.
func canBe(name string, at int, sample [][]string) int {
	votes := 0
	for _, cells := range sample {
		switch cell := strings.ToLower(strings.TrimSpace(sheet.Cell(cells, at))); {
		case cell == "":
		case canStand(name, cell):
			votes++
		default:
			votes--
		}
	}
	return votes
}

// canStand reports whether a value can be a result column's.
func canStand(name, cell string) bool {
	switch name {
	case "status":
		return slices.Contains(csvimport.Statuses(), csvimport.Status(cell))
	case "line", "row", "http_status", "attempts":
		_, err := strconv.Atoi(cell)
		return err == nil
	case "submitted_at", "finished_at":
		_, err := time.Parse(time.RFC3339, strings.ToUpper(cell))
		return err == nil
	}
	return true
}

// Pick returns the operator's own cells of a record.
func (l Layout) Pick(cells []string) []string {
	if l.Results == nil && len(cells) == l.Width {
		return cells
	}
	own := make([]string, len(l.Own))
	for j, i := range l.Own {
		own[j] = sheet.Cell(cells, i)
	}
	return own
}

// Order is the positions of the operator's columns, of the result columns with these
// names, and of all other result columns.
func (l Layout) Order(first []string) []int {
	if l.Results == nil {
		return l.Own
	}
	at := slices.Clone(l.Own)
	for _, name := range first {
		if i, ok := l.Results[name]; ok {
			at = append(at, i)
		}
	}
	for i := range l.Width {
		if !slices.Contains(at, i) {
			at = append(at, i)
		}
	}
	return at
}

// Names are the headings for a reader of columns: only the result columns have one, so that
// an operator's column of the same name is not taken for it.
func (l Layout) Names() []string {
	names := make([]string, l.Width)
	for name, i := range l.Results {
		names[i] = name
	}
	return names
}
