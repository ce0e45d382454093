package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/sheet"
)

// columnsFlag is what is said of headings that are not ours.
type columnsFlag struct {
	said    []string // COLUMN=HEADING
	profile string   // in which it is kept, empty for none
	fresh   rows.Mapping
}

func (c *columnsFlag) flag(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&c.said, "map", nil, "`COLUMN=HEADING`: which heading is which column; repeatable, and kept in the profile")
	cobra.CheckErr(cmd.RegisterFlagCompletionFunc("map", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var all []string
		for _, name := range rows.Columns() {
			all = append(all, name+"=")
		}
		return all, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}))
}

// mapping is what the profile says of headings, and what is said now.
func (c *columnsFlag) mapping(e *env, from *connection) (rows.Mapping, error) {
	s, p, err := from.places(e)
	if err != nil {
		return nil, err
	}
	c.profile, c.fresh = s.profile, make(rows.Mapping)
	m := make(rows.Mapping)
	maps.Copy(m, p.Columns)
	for _, text := range c.said {
		name, heading, _ := strings.Cut(text, "=")
		name, heading = strings.TrimSpace(name), strings.TrimSpace(heading)
		switch {
		case !slices.Contains(rows.Columns(), name) || sheet.Blank(heading):
			return nil, wrong("--map "+quote(text)+" is not COLUMN=HEADING", "columns are: "+strings.Join(rows.Columns(), ", "))
		case c.fresh[name] != "":
			return nil, wrong("--map gives "+name+" two headings", "a column has one")
		}
		c.fresh[name], m[name] = heading, heading
		if p.Columns[name] == heading {
			delete(c.fresh, name)
		}
	}
	return m, nil
}

// keep writes what is said now into the profile, as far as the file has the
// headings.
func (c *columnsFlag) keep(e *env, file *rows.File) error {
	var keys [][2]string
	for _, name := range slices.Sorted(maps.Keys(c.fresh)) {
		if slices.ContainsFunc(file.Header(), func(h string) bool { return sheet.Fold(h) == sheet.Fold(c.fresh[name]) }) {
			keys = append(keys, [2]string{name, tomlString(c.fresh[name])})
		}
	}
	if len(keys) == 0 || c.profile == "" {
		return nil
	}
	if _, err := e.saveProfile(c.profile+".columns", keys); err != nil {
		return err
	}
	for _, kv := range keys {
		fmt.Fprintf(e.err, "kept in profile %s: %s is the heading %s\n", c.profile, kv[0], quote(c.fresh[kv[0]]))
	}
	return nil
}

// columnsOf is what the profile says of headings.
func (c *connection) columnsOf(e *env) (rows.Mapping, error) { return new(columnsFlag).mapping(e, c) }
