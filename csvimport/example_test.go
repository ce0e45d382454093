package csvimport_test

import (
	"bytes"
	"context"
	"fmt"
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

// An import of a file: the platform's table of what is ready, filled in, checked,
// placed and followed to its end.
func Example() {
	platform, err := apstest.Start(apstest.Config{Tenants: 3})
	if err != nil {
		log.Fatal(err)
	}
	defer platform.Close()
	folder, err := os.MkdirTemp("", "example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(folder)

	ctx := context.Background()
	client, err := apsclient.New(apsclient.Config{
		URL:    platform.URL(),
		OAuth1: &apsclient.OAuth1{Key: platform.Key(), Secret: platform.Secret()},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	orders, err := client.Orders(ctx)
	if err != nil {
		log.Fatal(err)
	}
	book, err := ledger.Open(ctx, filepath.Join(folder, "ledger.db"))
	if err != nil {
		log.Fatal(err)
	}
	defer book.Close()
	page, err := book.Platform(ctx, orders.ID, platform.URL())
	if err != nil {
		log.Fatal(err)
	}

	// The table as it is downloaded, with a plan for each row.
	known, err := catalog.Load(ctx, client)
	if err != nil {
		log.Fatal(err)
	}
	defer known.Close()
	export, err := known.Export(catalog.ExportOptions{Plan: known.Plans()[0].Name})
	if err != nil {
		log.Fatal(err)
	}
	var table bytes.Buffer
	if err := rows.WriteTemplate(&table, export.Rows, rows.TemplateOptions{}); err != nil {
		log.Fatal(err)
	}
	file, err := rows.Open(&table, "accounts.csv", rows.ReadOptions{})
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()

	var results bytes.Buffer
	end, err := session.Run(ctx, session.Job{
		File: file, Platform: client, Orders: orders, Book: page, Results: session.Into(&results),
		Loopback: true, // a stand-in: the first order need not be looked at before the rest follows
		Confirm: func(_ context.Context, p *session.Preview) error {
			fmt.Printf("%s: %d rows, %d orders to place\n", p.File, p.Tally.Rows, p.ToPlace())
			return nil
		},
		Events: session.Events{Written: func(r csvimport.Result) { fmt.Println(r.SubID[:8], r.Status) }},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(csvimport.CountWords(end.Count))
	// Output:
	// accounts.csv: 3 rows, 3 orders to place
	// 9a4b1244 completed
	// 29d6e838 completed
	// 9647582c completed
	// 3 completed
}
