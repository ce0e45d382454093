// Command bulkimport imports Azure subscriptions into CloudBlue Commerce from
// a spreadsheet: download, fill, validate, import.
package main

import (
	"context"
	"os"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], system()))
}
