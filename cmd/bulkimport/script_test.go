package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	testscript.Main(leakFree{m}, map[string]func(){"holding": holding, "console": console, "bulkimport": func() {
		unset()
		status := run(context.Background(), os.Args[1:], system())
		if err := goleak.Find(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			status = statusLeak
		}
		os.Exit(status)
	}})
}

// unset takes variables out of the environment, which a script can only set.
func unset() {
	for _, name := range settingVariables {
		if os.Getenv(name) == "(unset)" {
			os.Unsetenv(name)
		}
	}
}

// statusLeak is none of the program's own: a command of a script has left
// goroutines behind.
const statusLeak = 97

// leakFree are the tests of this package, which fail if they leave goroutines
// behind.
type leakFree struct{ *testing.M }

func (m leakFree) Run() int {
	status := m.M.Run()
	databases.Close()
	if err := goleak.Find(); err != nil && status == 0 {
		fmt.Fprintln(os.Stderr, err)
		status = statusLeak
	}
	return status
}

// TestScript runs the scripts of testdata/script: the commands as a person
// types them, against the stand-in platform. Beyond the commands of testscript
// there are
//
//	platform [FLAG…]         start a stand-in (flags as sandbox has them) and point the settings at it
//	remote                   put the stand-in behind https://hub.example, reached by a proxy, with OAuth 2
//	exits N PROGRAM ARG…     run a program and demand its exit status; no output may hold a secret
//	orders N                 the platform holds N orders, none of them twice
//	fault KIND RATE          switch a fault on, or off with 0
//	deny|allow OPERATION     take an Allowed Operation away, or give it back: tenants, place, orders
//	order ROW STATUS         give the order of a row of accounts.csv another status, as staff do
//	imported ROW [ACCOUNT]   show the subscription of a row of accounts.csv as imported, under the account of a row, or not
//	secret FILE [TEXT…]      write the consumer secret, or other lines
//	profile FILE             write a config.toml with profiles for the stand-in
//	outage on|off            refuse connections
//	planned FILE             choose a service plan in every row
//	cell FILE ROW COL TEXT   write a cell of a CSV file; rows count from 1, below the header
//	workbook FILE.csv FILE.xlsx [ROW…]  make a workbook of a CSV file, with these rows hidden
//	copy-cell FILE ROW COL FILE ROW   copy a cell from one CSV file to another
//	column FILE COL TEXT…    the cells of a column, one for each row; TEXT*N stands for N times TEXT
//	schema NAME              every line of stdout is as testdata/schema/NAME.json says
//	disguised FILE           nothing in a recording tells of the stand-in's credentials, tenants, accounts or ids
//	private FILE             nobody but its owner can read the file
//	settings NAME            take the settings that a sandbox beside the script has printed
//	same FILE FILE           two outputs of doctor tell the same checks of two addresses
//	lagged TIME              make a ledger that has seen an order take so long to be listed
//	wait-orders N            wait until the platform holds N orders
//	panel-order ROW          order the subscription of a row of accounts.csv as the panel might
//	by-hand SHAPE ROW        order the subscription of a row of accounts.csv in a shape, with a reference of the panel's
//	second-order ROW         order the subscription of a row of accounts.csv once more, with the same reference
//	number ROW NAME          keep the number of the newest order of a row of accounts.csv in the variable NAME
//	unicode-text FILE        save a CSV file as Excel saves Unicode Text: UTF-16, tabs
//	without FIRST LAST FILE FILE   copy a file without these of its lines
//	row FILE ROW NAME        keep the row's sub_id in the variable NAME
//	database                 keep the ledger in a fresh database from now on
//	for-each-command         every command has a help with all its parts
//	wait-request             wait until the platform is asked for an order
//	wait-text NAME TEXT      wait until a program beside the script says this on stderr
//	wait-file FILE           wait until a file is there
//	background NAME PROGRAM  start a program beside the script
//	signal NAME SIGNAL       send it a signal; on Windows INT is Ctrl-C, and there is KILL beside it
//	pause TIME               wait so long
//	ends NAME N              wait for it and demand its exit status
func TestScript(t *testing.T) {
	testscript.Run(t, scripts(filepath.Join("..", "..", "testdata", "script")))
}

// haveLinks reports whether links can be made here, and are links then: wine makes some
// that are none.
func haveLinks() bool {
	folder, err := os.MkdirTemp("", "")
	if err != nil {
		return false
	}
	defer os.RemoveAll(folder)
	link := filepath.Join(folder, "link")
	if os.Symlink("there", link) != nil {
		return false
	}
	to, err := os.Readlink(link)
	return err == nil && to == "there"
}

// scripts are the scripts of a folder, with our own commands.
func scripts(dir string) testscript.Params {
	return testscript.Params{
		Dir:   dir,
		Setup: setUp,
		Condition: func(name string) (bool, error) {
			switch name {
			case "postgres":
				why, err := databases.Missing()
				return why == "", err
			case "links":
				return haveLinks(), nil
			case "share":
				_, err := os.Stat(`\\files\share`)
				return err == nil, nil
			}
			return false, errors.New("no such condition: " + name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"platform":         startPlatform,
			"remote":           putAway,
			"exits":            demandExit,
			"orders":           holdsOrders,
			"lagged":           makeLag,
			"private":          isPrivate,
			"settings":         takeSettings,
			"same":             sameChecks,
			"disguised":        checkDisguise,
			"wait-orders":      waitOrders,
			"fault":            setFault,
			"deny":             func(ts *testscript.TestScript, _ bool, args []string) { allow(ts, args, false) },
			"allow":            func(ts *testscript.TestScript, _ bool, args []string) { allow(ts, args, true) },
			"order":            setOrder,
			"imported":         setImported,
			"outage":           setOutage,
			"secret":           writeSecret,
			"profile":          writeProfile,
			"planned":          choosePlan,
			"cell":             writeCell,
			"workbook":         writeWorkbook,
			"copy-cell":        copyCell,
			"column":           checkColumn,
			"tally":            checkTally,
			"cancelled":        setCancelled,
			"schema":           checkSchema,
			"panel-order":      placeByHand,
			"by-hand":          orderByHand,
			"second-order":     placeAgain,
			"number":           setNumber,
			"unicode-text":     recode,
			"head":             takeHead,
			"edit":             editLine,
			"without":          dropLines,
			"lines":            writeLines,
			"row":              setRow,
			"wait-request":     waitRequest,
			"wait-text":        waitText,
			"wait-file":        waitFile,
			"database":         useDatabase,
			"for-each-command": helpOfAll,
			"background":       startBackground,
			"signal":           sendSignal,
			"pause":            pause,
			"ends":             demandEnd,
		},
	}
}
