// Command house holds this module to its plan: which room may know which, how
// large a room, a circle of files and a type may grow, and that no text below
// cmd speaks of commands and flags.
//
//	go run ./.ci/house [-v] [-draw] [PACKAGES]
//
// It prints a line for each breach and ends with status 1 if there is one or if
// the module does not build. The plan itself is in plan.go.
package main

import (
	"flag"
	"fmt"
	"os"
)

// breach is one place where the house is not as planned.
type breach struct {
	where  string // a file with its line, or a room
	what   string // what is there, and why it should not be
	mend   string
	detail []string // lines of their own below
}

func (b breach) print() {
	fmt.Printf("%s: %s: %s\n", b.where, b.what, b.mend)
	for _, d := range b.detail {
		fmt.Println("    " + d)
	}
}

func main() {
	verbose := flag.Bool("v", false, "also report what is no breach: circles of files outside csvimport, exports that nobody uses")
	draw := flag.Bool("draw", false, "print the arrows as they are, a line for each room, and check nothing")
	flag.Parse()
	rooms, err := load(flag.Args())
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
	if *draw {
		for _, r := range rooms {
			if r.wanted {
				fmt.Println(r.arrows())
			}
		}
		return
	}

	breaches, err := guideBreaches(rooms)
	if err != nil {
		fmt.Fprintln(os.Stderr, "house:", err)
		os.Exit(1)
	}
	breaches = append(breaches, doorBreaches(rooms)...)
	var notes []breach
	for _, r := range rooms {
		if !r.wanted {
			continue
		}
		breaches = append(breaches, arrowBreaches(r)...)
		breaches = append(breaches, docBreaches(r)...)
		if r.on("csvimport") || r.on("apsclient") {
			breaches = append(breaches, wordBreaches(r)...)
		}
		if r.on("csvimport") {
			breaches = append(breaches, sizeBreaches(r)...)
			breaches = append(breaches, circleBreaches(r)...)
		} else {
			notes = append(notes, circleBreaches(r)...)
		}
	}
	for _, b := range breaches {
		b.print()
	}
	if *verbose {
		notes = append(notes, deadExports(rooms)...)
		for _, n := range notes {
			fmt.Print("note: ")
			n.print()
		}
	}
	if len(breaches) > 0 {
		fmt.Printf("%d breaches of the plan (.ci/house/plan.go)\n", len(breaches))
		os.Exit(1)
	}
}
