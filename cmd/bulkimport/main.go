// Command bulkimport imports Azure subscriptions into CloudBlue Commerce from
// a spreadsheet: download, fill, validate, import.
package main

import (
	"bufio"
	"context"
	"fmt"
	"os"

	"github.com/spf13/cobra"
)

func main() {
	e, args := system(), os.Args[1:]
	if len(args) > 0 || !doubleClicked() {
		os.Exit(run(context.Background(), args, e))
	}
	cobra.MousetrapHelpText = "" // which sends people to a terminal
	status := run(context.Background(), []string{"serve"}, e)
	if status != statusDone && status != statusInterrupted {
		fmt.Fprintln(e.err, "press Enter to close this window")
		_, _ = bufio.NewReader(e.in).ReadString('\n')
	}
	os.Exit(status)
}
