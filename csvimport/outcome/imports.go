package outcome

import (
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
)

// Imports counts what the tenant list shows of orders that completed.
type Imports struct {
	Yes     int
	NotYet  int // shown as not imported, which may still come
	Missing int // shown as not imported, where the list would show it by now

	Timely   int           // of those shown as imported: whose order's end was seen when it came
	Soonest  time.Duration // after that
	Youngest time.Duration // since an order's end, of those that may still come
}

// Take writes into an entry whether the list shows it as imported, so long after its
// order's end; timely is whether that was seen when it came, and due whether the list
// would show an import by now.
func (i *Imports) Take(e *ledger.Entry, imported bool, age time.Duration, timely, due bool) {
	switch {
	case imported:
		i.Yes++
		if timely {
			if i.Timely++; i.Timely == 1 || age < i.Soonest {
				i.Soonest = age
			}
		}
		e.Imported = ledger.ImportYes
		if e.Code == csvimport.CodeNotImported {
			e.Code, e.Message = "", ""
		}
	case due:
		i.Missing++
		e.Imported = ledger.ImportNo
		e.Code, e.Message = csvimport.CodeNotImported, csvimport.NotImportedWords
	default:
		if i.NotYet++; i.NotYet == 1 || age < i.Youngest {
			i.Youngest = age
		}
		e.Imported = ledger.ImportNotShown
	}
}

// Follows is how soon after an order's end the list shows what was imported: known
// where it shows all there is.
func (i *Imports) Follows() (time.Duration, bool) {
	return i.Soonest, i.Timely > 0 && i.NotYet == 0 && i.Missing == 0
}
