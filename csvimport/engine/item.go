package engine

import (
	"fmt"
	"time"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/outcome"
)

// item is one row on its way through an import.
type item struct {
	index, line, row int
	entry            ledger.Entry  // as this row wants it, or as the ledger has it
	want             *ledger.Entry // what the row asks for, where the ledger had an entry already
	differs          string        // how the order that exists is not this row's; empty if it is
	earlier          bool          // its order was at an end when the row was first looked at
	sends            int           // in this run
	tries            int           // delays so far, for the backoff
	first            bool          // it is on its way as the first order
	suspect          bool          // refused, and not borne out yet
	accepted         time.Time     // its order, by this run or by a look that found it
	placed           time.Time     // when the answer came that its order is accepted; zero for one that was found
	canary           bool          // one of the first rows on which the rest depends
}

// name is the row, for words.
func (it *item) name() string { return fmt.Sprintf("row %d (%s)", it.row, it.entry.Tenant) }

// compare notes how the order the item has differs from what its row asks for.
func (it *item) compare() {
	if it.want != nil && it.entry.State.Ordered() {
		it.differs = outcome.Difference(it.want, &it.entry)
	}
}

// mend makes the entry what the row asks for, once it is sure that nothing was
// ordered by the intent it had.
func (it *item) mend() {
	if it.want == nil {
		return
	}
	e := *it.want
	e.Gen, e.State, e.Sends, e.Doubted, e.SentBy = it.entry.Gen, it.entry.State, it.entry.Sends, it.entry.Doubted, it.entry.SentBy
	it.entry = e
}
