// Package resultblock finds the columns of a results file among the operator's own.
package resultblock

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/sheet"
)

// Block tells the operator's own columns from those of an earlier result.
type Block struct {
	Own     []int          // positions of the operator's columns
	Results map[string]int // position of each result column by its name, nil if they are not there
	Width   int            // of the heading line
}

// Find finds the result columns, of which names are all in the order they are
// written in, in a heading line and in some of the records below it. Operators have columns called status or error of their own, so a name alone
// proves nothing: ours are the longest run of headings as they were written, and
// what stands elsewhere if its values can be ours. Half of the names make a results
// file, or the status and two more where the statuses are ours.
func Find(names, header []string, sample [][]string) Block {
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
	b := Block{Width: len(header)}
	at, told := found["status"]
	few := told && len(found) >= fewResults && canBe("status", at, sample) > 0
	if len(found) >= len(names)/2 || few {
		b.Results = found
	}
	taken := make([]bool, len(header))
	for _, i := range b.Results {
		taken[i] = true
	}
	for i := range header {
		if !taken[i] {
			b.Own = append(b.Own, i)
		}
	}
	return b
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
func (b Block) Pick(cells []string) []string {
	if b.Results == nil && len(cells) == b.Width {
		return cells
	}
	own := make([]string, len(b.Own))
	for j, i := range b.Own {
		own[j] = sheet.Cell(cells, i)
	}
	return own
}

// Order is the positions of the operator's columns, of the result columns with these
// names, and of all other result columns.
func (b Block) Order(first []string) []int {
	if b.Results == nil {
		return b.Own
	}
	at := slices.Clone(b.Own)
	for _, name := range first {
		if i, ok := b.Results[name]; ok {
			at = append(at, i)
		}
	}
	for i := range b.Width {
		if !slices.Contains(at, i) {
			at = append(at, i)
		}
	}
	return at
}

// Names are the names of the result columns, where they stand. As headings for
// gocsv they keep an operator's column of the same name from being taken for one.
func (b Block) Names() []string {
	names := make([]string, b.Width)
	for name, i := range b.Results {
		names[i] = name
	}
	return names
}
