// Command library does an import without the command line: go run ./examples/library.
// For a real platform give its https address, key and secret.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"path/filepath"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/session"
)

func main() {
	platform := must(apstest.Start(apstest.Config{Tenants: 12}))
	defer platform.Close()
	run(context.Background(), os.Stdout, platform.URL(), apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()}, must(os.MkdirTemp("", "library-")))
}

func run(ctx context.Context, out io.Writer, url string, who apsclient.OAuth1, folder string) {
	client := must(apsclient.New(apsclient.Config{URL: url, OAuth1: &who}))
	orders := must(client.Orders(ctx))
	book := must(ledger.Open(ctx, filepath.Join(folder, "ledger.db"))) // keep it: it is what makes a second run place nothing again
	defer book.Close()
	job := session.Job{File: must(table(ctx, client)), Platform: client, Orders: orders, Book: must(book.Platform(ctx, orders.ID, url))}
	for _, name := range []string{"the first order alone", "once somebody has looked at it", "again"} {
		results := new(bytes.Buffer) // or a file
		job.Results = session.Into(results)
		fmt.Fprintf(out, "%s: %s; %d lines of results\n", name, csvimport.CountWords(must(session.Run(ctx, job)).Count), bytes.Count(results.Bytes(), []byte("\n"))-1)
		job.Options.Proved = true
	}
}

// table is what a person downloads and fills in a spreadsheet.
func table(ctx context.Context, client *apsclient.Client) (*rows.File, error) {
	text, known := new(bytes.Buffer), must(catalog.Load(ctx, client))
	defer known.Close()
	export := must(known.Export(catalog.ExportOptions{Plan: known.Plans()[0].Name}))
	if err := rows.WriteTemplate(text, export.Rows, rows.TemplateOptions{}); err != nil {
		return nil, err
	}
	return rows.Open(text, "accounts.csv", rows.ReadOptions{})
}

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
