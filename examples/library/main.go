// Command library does an import with the packages behind bulkimport, without
// the command line: export, check, place, follow, results. The platform is the
// stand-in, so it runs anywhere:
//
//	go run ./examples/library
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
)

func main() {
	if err := run(context.Background(), os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, out io.Writer) (err error) {
	platform, err := apstest.Start(apstest.Config{Tenants: 12})
	if err != nil {
		return err
	}
	defer platform.Close()
	folder, err := os.MkdirTemp("", "library-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)

	// For a real platform: its https address, key and secret.
	client, err := apsclient.New(apsclient.Config{
		URL:    platform.URL(),
		OAuth1: &apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()},
	})
	if err != nil {
		return err
	}
	defer client.Close()
	orders, err := client.Orders(ctx)
	if err != nil {
		return err
	}
	known, err := catalog.Load(ctx, client)
	if err != nil {
		return err
	}
	defer known.Close()

	// What a person does in a spreadsheet, --plan does here.
	table := new(bytes.Buffer)
	export, err := known.Export(catalog.ExportOptions{Plan: known.Plans()[0].Name})
	if err != nil {
		return err
	}
	if err := rows.WriteTemplate(table, export.Rows, rows.TemplateOptions{Pipe: true}); err != nil {
		return err
	}
	file, err := rows.Open(table, "accounts.csv", rows.ReadOptions{})
	if err != nil {
		return err
	}
	defer file.Close()

	// The ledger is what makes a second run place nothing again. Keep it.
	book, err := ledger.Open(ctx, filepath.Join(folder, "ledger.db"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	page, err := book.Platform(ctx, orders.ID, platform.URL())
	if err != nil {
		return err
	}

	j := &job{file: file, orders: orders, catalog: known, book: page, out: out}
	for _, name := range []string{"first run", "same again"} {
		if err := j.do(ctx, name); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "the platform holds %d orders, %d subscriptions have two\n", platform.OrderCount(), len(platform.Doubles()))
	return nil
}

type job struct {
	file    *rows.File
	orders  *apsclient.Orders
	catalog *catalog.Catalog
	book    *ledger.Book
	out     io.Writer
}

// do checks the file, and imports it if nothing is wrong with it.
func (j *job) do(ctx context.Context, name string) error {
	checker := &check.Checker{File: j.file, Catalog: j.catalog, Book: j.book}
	for row, err := range checker.Rows(ctx) {
		if err != nil {
			return err
		}
		for _, f := range row.Findings {
			if f.Severity == csvimport.SeverityError {
				fmt.Fprintf(j.out, "%s: %s (%s)\n", f.Where(), f.Message, f.Code)
			}
		}
	}
	if tally := checker.Tally(); tally.Errors > 0 {
		return fmt.Errorf("%s has %d errors; nothing was sent", j.file.Name(), tally.Errors)
	}

	run, err := j.book.Begin(ctx, ledger.RunInfo{File: j.file.Name()})
	if err != nil {
		return err
	}
	outcome, err := engine.Import(ctx, engine.Job{
		Rows: checker.Rows, Orders: j.orders, Book: j.book, Run: run,
		Account: j.catalog.Account, Conflicted: j.file.Conflicted,
		Options: engine.Options{Concurrency: 8},
	})
	if err != nil {
		return errors.Join(err, run.End(ctx, "could not begin"))
	}
	results := new(bytes.Buffer) // or a file
	if err := rows.WriteResults(results, j.file, outcome.Results(ctx)); err != nil {
		return err
	}
	fmt.Fprintf(j.out, "%s: %d rows, %d completed, %d existing, %d lines of results\n", name, outcome.Rows,
		outcome.Count[csvimport.Completed], outcome.Count[csvimport.Existing], bytes.Count(results.Bytes(), []byte("\r\n"))-1)
	return run.End(ctx, "done")
}
