package joined

import (
	"context"
	"iter"
	"maps"
	"sync/atomic"

	"bulkimport/csvimport"
)

// Overtaken is what a platform's tenants have come to show as imported since the rows
// were resolved. It is safe for concurrent use, but for Read.
type Overtaken struct {
	shown atomic.Pointer[map[string]csvimport.Binding]
}

// Read takes from a list what it shows as imported of some subscriptions.
func (o *Overtaken) Read(list iter.Seq2[csvimport.Binding, error], of SubSet) error {
	shown := make(map[string]csvimport.Binding)
	if had := o.shown.Load(); had != nil {
		maps.Copy(shown, *had)
	}
	for b, err := range list {
		if err != nil {
			return err
		}
		if b.Known && b.Imported && of.Has(b.Sub) {
			shown[b.Sub] = b
		}
	}
	o.shown.Store(&shown)
	return nil
}

// By is what is shown of a subscription; ok is false if it is not imported.
func (o *Overtaken) By(sub string) (b csvimport.Binding, ok bool) {
	if shown := o.shown.Load(); shown != nil {
		b, ok = (*shown)[sub]
	}
	return b, ok
}

// Rows are rows that tell it.
func (o *Overtaken) Rows(rows csvimport.Rows) csvimport.Rows {
	return func(ctx context.Context) iter.Seq2[csvimport.Row, error] {
		return func(yield func(csvimport.Row, error) bool) {
			for row, err := range rows(ctx) {
				if b, ok := o.By(row.SubID); ok {
					row.Binding = b
				}
				if !yield(row, err) {
					return
				}
			}
		}
	}
}
