package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulkimport/csvimport/sheet"
)

// given tests what was given to a command before its work begins: what is empty was
// meant to say something, a number is finite, and a file's name is read in one way.
func (e *env) given(cmd *cobra.Command) (err error) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if err == nil {
			err = e.givenFlag(f)
		}
	})
	if err == nil && cmd.Flags().Lookup("ledger") != nil {
		err = e.givenVariables()
	}
	return err
}

func (e *env) givenFlag(f *pflag.Flag) error {
	name := "--" + f.Name
	values := []string{f.Value.String()}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		values = list.GetSlice()
	}
	if len(values) == 0 || slices.ContainsFunc(values, sheet.Blank) {
		return wrong(name+" is given and empty", "give it a value, or leave it out; is a variable in the command not set?")
	}
	if strings.HasPrefix(f.Value.Type(), "float") {
		if n, err := strconv.ParseFloat(values[0], 64); err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
			return wrong(name+": "+quote(values[0])+" is not a finite number", "for example "+name+" 2.5")
		}
	}
	if what, _ := pflag.UnquoteUsage(f); what != "file" {
		return nil
	}
	if values[0] == standardInput && f.Annotations[takesDash] == nil {
		return wrong(name+" - names no file", "name a file")
	}
	return f.Value.Set(e.path(values[0]))
}

// takesDash marks a flag of a file for which - is stdout.
const takesDash = "dash"

// settingVariables are those of the environment that have a say where the platform
// is and who we are there.
var settingVariables = []string{
	"BULKIMPORT_URL", "BULKIMPORT_CONSUMER_KEY", "BULKIMPORT_CONSUMER_SECRET", "BULKIMPORT_CONSUMER_SECRET_FILE",
	"BULKIMPORT_TOKEN_URL", "BULKIMPORT_CLIENT_ID", "BULKIMPORT_CLIENT_SECRET", "BULKIMPORT_CLIENT_SECRET_FILE",
	"BULKIMPORT_USERNAME", "BULKIMPORT_PASSWORD", "BULKIMPORT_PASSWORD_FILE",
	"BULKIMPORT_LEDGER", "BULKIMPORT_CA_FILE", "BULKIMPORT_PROFILE",
}

func (e *env) givenVariables() error {
	for _, name := range settingVariables {
		switch value, ok := e.lookup(name); {
		case ok && sheet.Blank(value):
			return wrong(name+" is set and empty", "give it a value, or unset it")
		case inQuotes(value):
			return wrong(name+" stands in quotes", "take them off: only a shell does so by itself")
		}
	}
	return nil
}

// path is a file's name as people write it, wherever it comes from: ~ is the home
// folder, also where no shell has read it.
func (e *env) path(name string) string {
	rest, ok := strings.CutPrefix(name, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return name
	}
	home, err := e.home()
	if err != nil {
		return name
	}
	return filepath.Join(home, rest)
}

// pathOf is path of a variable of the environment, empty if it is not set.
func (e *env) pathOf(variable string) string {
	if value := e.get(variable); value != "" {
		return e.path(value)
	}
	return ""
}
