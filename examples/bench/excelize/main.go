// Command excelize counts the rows of a workbook as the usual library reads them, one
// after another, and looks at nothing. It is a module of its own: the program that is
// measured beside it needs none of what it needs.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/xuri/excelize/v2"
)

func main() {
	if err := count(strings.Join(os.Args[1:], " ")); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", filepath.Base(os.Args[0]), err)
		os.Exit(1)
	}
}

func count(path string) error {
	book, err := excelize.OpenFile(path)
	if err != nil {
		return err
	}
	defer book.Close()
	rows, err := book.Rows(book.GetSheetName(0))
	if err != nil {
		return err
	}
	defer rows.Close()
	n := -1 // the headings
	for rows.Next() {
		if _, err := rows.Columns(); err != nil {
			return err
		}
		n++
	}
	if err := rows.Error(); err != nil {
		return err
	}
	_, err = fmt.Println(n)
	return err
}
