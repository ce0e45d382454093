package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// verdict collects what is not right, the first few of each kind in full.
type verdict struct {
	count map[string]int
	errs  []error
}

func (v *verdict) add(kind, format string, args ...any) {
	if v.count == nil {
		v.count = make(map[string]int)
	}
	if v.count[kind]++; v.count[kind] <= 2 {
		v.errs = append(v.errs, fmt.Errorf("%s: %s", kind, fmt.Sprintf(format, args...)))
	}
}

func (v *verdict) err() error {
	for kind, n := range v.count {
		if n > 2 {
			v.errs = append(v.errs, fmt.Errorf("%s: %d in all", kind, n))
		}
	}
	return errors.Join(v.errs...)
}

// ordersRight checks that there is exactly one order for each row of the input,
// with the row's account and service plan, and no other; it returns the orders
// by subscription.
func ordersRight(s *standin) (map[string]held, error) {
	var v verdict
	n := s.rows
	orders := make(map[string]held, n)
	err := s.ask("/orders", func(dec *json.Decoder) error {
		var o held
		if err := dec.Decode(&o); err != nil {
			return err
		}
		if _, twice := orders[o.Sub]; twice {
			v.add("two orders for one subscription", "%s", o.Sub)
		}
		orders[o.Sub] = o
		return nil
	})
	if err != nil {
		return nil, err
	}
	rows := 0
	err = records(s.input, func(_, record []string) error {
		rows++
		sub, plan := record[2], record[1]
		o, ok := orders[sub]
		switch {
		case !ok:
			v.add("no order for a row", "%s", sub)
		case o.Plan != plan:
			v.add("another service plan", "%s: %s instead of %s", sub, o.Plan, plan)
		case o.Account != o.Owner:
			v.add("another account", "%s: %s instead of %s", sub, o.Account, o.Owner)
		case o.Status != "CP" && o.Status != "LO":
			v.add("an order that ended badly", "%s is %s", sub, o.Status)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if rows != n || len(orders) != n {
		v.add("another number of orders", "%d orders for %d rows, expected %d", len(orders), rows, n)
	}
	return orders, v.err()
}

// resultsRight checks a results file: one line a row, in the input's order,
// each with one of the statuses and with the order that the stand-in holds for
// its subscription.
func resultsRight(s *standin, path string, statuses ...string) error {
	orders, err := ordersRight(s)
	if err != nil {
		return err
	}
	var input []string
	if err := records(s.input, func(_, r []string) error { input = append(input, r[2]); return nil }); err != nil {
		return err
	}
	var v verdict
	i := 0
	err = records(path, func(header, r []string) error {
		cell := func(name string) string {
			at := slices.Index(header, name)
			if at < 0 {
				return "no column " + name
			}
			return r[at]
		}
		sub := cell("sub_id")
		switch {
		case i >= len(input) || sub != input[i]:
			v.add("result out of place", "line %d is for %s", i+2, sub)
		case !slices.Contains(statuses, cell("status")):
			v.add("status", "%s is %q, expected %q: %s", sub, cell("status"), statuses, cell("error"))
		case cell("order_id") != orders[sub].ID:
			v.add("order_id", "%s has %q, the platform holds %q", sub, cell("order_id"), orders[sub].ID)
		}
		i++
		return nil
	})
	if i != len(input) {
		v.add("number of results", "%d for %d rows", i, len(input))
	}
	return errors.Join(err, v.err())
}

// records reads a CSV file with headings.
func records(path string, each func(header, record []string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	bom := make([]byte, 3)
	if _, err := io.ReadFull(f, bom); err != nil || !bytes.Equal(bom, []byte("\xef\xbb\xbf")) {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	r := csv.NewReader(f)
	header, err := r.Read()
	if err != nil {
		return err
	}
	r.ReuseRecord = true
	header = slices.Clone(header)
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(header, record)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
}
