package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"bulkimport/apsclient/apstest"
)

// operatorFile writes a valid file of n rows; every fifth company is quoted,
// some hold quotes, some are not ASCII. With double, the last row has the
// sub_id of the first.
func operatorFile(path string, n int, double bool) error {
	platform, err := apstest.Start(apstest.Config{Tenants: n, Seed: 7})
	if err != nil {
		return err
	}
	defer platform.Close()
	plans := platform.Plans()
	return write(path, func(b *bufio.Writer) error {
		w := csv.NewWriter(b)
		w.Write(columns)
		first, i := "", 0
		for t := range platform.Tenants() {
			sub, account := t.Subscriptions[0], ""
			if i == 0 {
				first = sub
			}
			if i++; double && i == n {
				sub = first
			}
			if i%2 == 1 {
				account = t.AccountNumber
			}
			w.Write([]string{t.Domain, plans[i%len(plans)].ID, sub, t.Company, t.Email, account})
		}
		w.Flush()
		return w.Error()
	})
}

// validateOnce checks a file and what is said about it.
func (b *bench) validateOnce(ctx context.Context, path string, rows, errs int) (usage, error) {
	p := process{name: b.tool, args: []string{"validate", "--offline", "--json", path}}
	if errs > 0 {
		p.status = 4
	}
	u, out, err := b.run(ctx, p)
	if err != nil {
		return u, err
	}
	return u, wrongIf(fmt.Sprintf("validate of %d rows", rows), validationRight(out, rows, errs))
}

// validationRight checks findings and summary: the errors that were put there,
// at the last row, and none besides.
func validationRight(out string, rows, errs int) error {
	found := 0
	dec := json.NewDecoder(strings.NewReader(out))
	for dec.More() {
		var o struct {
			Type, Severity, Code           string
			Line, Rows, Valid, Errors, Row int
		}
		if err := dec.Decode(&o); err != nil {
			return err
		}
		switch {
		case o.Type == "finding" && o.Severity == "error":
			if found++; o.Code != "E_DUPLICATE_SUB_ID" || o.Line != rows+1 {
				return fmt.Errorf("finding %s at line %d, expected E_DUPLICATE_SUB_ID at line %d", o.Code, o.Line, rows+1)
			}
		case o.Type == "summary":
			if o.Rows != rows || o.Valid != rows-errs || o.Errors != errs || found != errs {
				return fmt.Errorf("%d rows, %d valid, %d errors, %d findings; expected %d rows and %d errors", o.Rows, o.Valid, o.Errors, found, rows, errs)
			}
			return nil
		}
	}
	return errors.New("no summary")
}

// validating measures a file of a million rows beside a bare reader.
func (b *bench) validating(ctx context.Context) error {
	n := b.rows(1_000_000)
	path := filepath.Join(b.scratch, "million.csv")
	defer os.Remove(path)
	if err := operatorFile(path, n, true); err != nil {
		return err
	}
	if _, err := b.validateOnce(ctx, path, n, 1); err != nil { // the duplicate is found
		return err
	}
	if err := operatorFile(path, n, false); err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	var speed, bare, ratio []float64
	var rss, cpu []int64
	for range b.rounds {
		u, out, err := b.run(ctx, process{name: b.self, args: []string{"csv", path}})
		if err != nil {
			return err
		}
		if strings.TrimSpace(out) != strconv.Itoa(n) {
			return wrongIf("bare encoding/csv", fmt.Errorf("%s rows, expected %d", strings.TrimSpace(out), n))
		}
		bare = append(bare, float64(n)/u.wall().Seconds())
		v, err := b.validateOnce(ctx, path, n, 0)
		if err != nil {
			return err
		}
		speed = append(speed, float64(n)/v.wall().Seconds())
		ratio = append(ratio, u.wall().Seconds()/v.wall().Seconds())
		rss, cpu = append(rss, v.RSS), append(cpu, int64(v.CPU))
	}
	b.add(line{what: fmt.Sprintf("validate --offline, %s rows (%s)", grouped(n), megabytes(info.Size())), measured: grouped(median(speed)) + " rows/s",
		beside: "bare encoding/csv " + grouped(median(bare)) + "/s", ratio: fmt.Sprintf("%.2f", median(ratio)) + spread(ratio),
		bar: "≥ 800,000 rows/s", reached: b.judge(median(speed) >= 800_000)})
	b.add(line{what: "its memory at the peak", measured: megabytes(median(rss)), bar: "≤ 150 MB", reached: b.judge(median(rss) <= 150<<20)})
	b.add(line{what: "its CPU", measured: fmt.Sprintf("%.2f µs a row", float64(median(cpu))/1e3/float64(n))})
	b.note("validate: whole process, duplicates checked; beforehand the same file with one duplicate, in its last row, has to be refused for that row alone. The bare loop reads with encoding/csv, ReuseRecord, and looks at nothing.")
	return nil
}

// linearity measures files from a thousand to five million rows.
func (b *bench) linearity(ctx context.Context) error {
	path := filepath.Join(b.scratch, "linear.csv")
	defer os.Remove(path)
	var base, worst float64
	for _, n := range []int{1000, 10_000, 100_000, 1_000_000, 5_000_000} {
		n = b.rows(n)
		if err := operatorFile(path, n, false); err != nil {
			return err
		}
		var walls, cpus []time.Duration
		var rss []int64
		for range b.rounds {
			u, err := b.validateOnce(ctx, path, n, 0)
			if err != nil {
				return err
			}
			walls, cpus, rss = append(walls, u.wall()), append(cpus, u.CPU), append(rss, u.RSS)
			if n > 1_000_000 {
				break // once is enough of what takes that long
			}
		}
		perRow := float64(median(cpus).Nanoseconds()) / float64(n)
		l := line{what: "validate --offline, " + grouped(n) + " rows", measured: fmt.Sprintf("%v, CPU %.2f µs a row, %s", median(walls).Round(time.Millisecond), perRow/1e3, megabytes(median(rss)))}
		if n >= b.rows(100_000) { // below, the start of the process counts for more than the rows
			if base == 0 {
				base = perRow
			}
			l.beside, l.ratio = "CPU a row at "+grouped(b.rows(100_000))+" rows", fmt.Sprintf("%.2f", perRow/base)
			worst = max(worst, perRow/base)
			l.bar, l.reached = "≤ 1.25: linear", b.judge(perRow/base <= 1.25)
		}
		b.add(l)
	}
	return nil
}

// small measures a file as small as most.
func (b *bench) small(ctx context.Context) error {
	path := filepath.Join(b.scratch, "small.csv")
	if err := operatorFile(path, 10, false); err != nil {
		return err
	}
	var walls []time.Duration
	for range 7 * b.rounds {
		u, err := b.validateOnce(ctx, path, 10, 0)
		if err != nil {
			return err
		}
		walls = append(walls, u.wall())
	}
	b.add(line{what: "validate --offline, 10 rows, whole process", measured: fmt.Sprintf("%.1f ms (%.1f to %.1f)", milliseconds(median(walls)), milliseconds(slices.Min(walls)), milliseconds(slices.Max(walls))),
		bar: "< 25 ms", reached: b.judge(median(walls) < 25*time.Millisecond)})
	return nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / 1e6 }
