package simulation_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"

	"bulkimport/csvimport"
)

// told is what a results file says of a row.
type told struct {
	sub     string
	status  csvimport.Status
	orderID string
	columns map[string]string
}

// why is the reason it gives.
func (t *told) why() string {
	return strings.TrimSpace(t.columns["error_code"] + " " + t.columns["error"])
}

// resultsFile is a results file on its way to the machine's disk.
type resultsFile struct {
	bytes.Buffer
	p    *process
	name string
}

func (f *resultsFile) Commit() error {
	return f.p.do("results", func() (err error) {
		f.p.c.texts[f.name] = f.String()
		f.p.results, err = readResults(f.String())
		return err
	})
}

func (f *resultsFile) Discard() {}

// readResults reads a results file, as a person's script would.
func readResults(text string) ([]told, error) {
	records, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\ufeff"))).ReadAll()
	if err != nil || len(records) == 0 {
		return nil, fmt.Errorf("results that are no table: %w", err)
	}
	var results []told
	for _, cells := range records[1:] {
		t := told{columns: make(map[string]string)}
		for i, name := range records[0] {
			t.columns[name] = cells[i]
		}
		t.sub, t.status, t.orderID = t.columns["sub_id"], csvimport.Status(t.columns["status"]), t.columns["order_id"]
		results = append(results, t)
	}
	return results, nil
}
