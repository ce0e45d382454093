package main

import (
	"embed"
	"fmt"
	"maps"
	"slices"
	"strings"

	"bulkimport/csvimport"
	"bulkimport/csvimport/similar"

	"github.com/spf13/cobra"
)

//go:embed help/*.txt
var pages embed.FS

// exits are the exit statuses of a command, each with what it means there.
type exits map[int]string

// Annotations under which a command keeps the ends of its help.
const (
	environmentNote = "environment"
	exitsNote       = "exits"
	orderNote       = "order" // its place in the list of commands
)

// describe gives a command the last two parts of its help: the environment
// variables it reads, each "NAME  meaning", and its exit statuses.
func describe(cmd *cobra.Command, statuses exits, variables ...string) {
	var b strings.Builder
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		fmt.Fprintf(&b, "  %-4d %s\n", status, statuses[status])
	}
	cmd.Annotations = map[string]string{exitsNote: b.String()}
	b.Reset()
	for _, v := range append(variables, "NO_COLOR  no colours, if set") {
		name, meaning, _ := strings.Cut(v, "  ")
		fmt.Fprintf(&b, "  %-27s %s\n", name, meaning)
	}
	cmd.Annotations[environmentNote] = b.String()
}

// connectionVariables is the environment of every command that asks the
// platform.
var connectionVariables = []string{
	"BULKIMPORT_URL  base URL of the platform",
	"BULKIMPORT_CONSUMER_KEY  OAuth 1: the key",
	"BULKIMPORT_CONSUMER_SECRET  OAuth 1: the secret, or …_SECRET_FILE, a file that holds it",
	"BULKIMPORT_TOKEN_URL  OAuth 2: the token endpoint",
	"BULKIMPORT_CLIENT_ID  OAuth 2: the client",
	"BULKIMPORT_CLIENT_SECRET  OAuth 2: its secret, or …_SECRET_FILE",
	"BULKIMPORT_USERNAME  OAuth 2, password grant: the user",
	"BULKIMPORT_PASSWORD  OAuth 2, password grant: the password, or …_PASSWORD_FILE",
	"BULKIMPORT_LEDGER  the ledger: a file, or postgres://user@host/database",
	"PGPASSWORD, PGPASSFILE  a database's password, or a file that holds it",
	"BULKIMPORT_CA_FILE  further certificates to trust",
	"BULKIMPORT_PROFILE  profile of config.toml",
	"HTTPS_PROXY, NO_PROXY  proxy on the way to the platform",
}

// placeVariables is the environment of a command that asks no platform.
var placeVariables = []string{
	"BULKIMPORT_URL  the platform of which the ledger tells, where it knows several",
	"BULKIMPORT_LEDGER  the ledger: a file, or postgres://user@host/database",
	"PGPASSWORD, PGPASSFILE  a database's password, or a file that holds it",
	"BULKIMPORT_PROFILE  profile of config.toml",
}

// help prints the help of a command.
func (e *env) help(cmd *cobra.Command, _ []string) {
	p := e.pen(e.out)
	var b strings.Builder
	words := cmd.Long
	if words == "" {
		words = cmd.Short
	}
	words = strings.TrimSpace(words)
	if isTerminal(e.out) && width(e.out) < writtenFor {
		words = reflowed(words)
	}
	fmt.Fprintln(&b, words)
	section := func(title, body string) {
		if body = strings.TrimRight(body, "\n "); strings.TrimSpace(body) != "" {
			fmt.Fprintf(&b, "\n%s:\n%s\n", p.bold(title), body)
		}
	}
	if cmd.Runnable() || cmd.HasAvailableSubCommands() {
		usage := cmd.UseLine()
		if !cmd.Runnable() {
			usage = cmd.CommandPath() + " COMMAND [flags]"
		}
		section("Usage", "  "+usage)
		section("Examples", cmd.Example)
		for _, g := range cmd.Groups() {
			section(g.Title, commands(cmd, g.ID))
		}
		if !cmd.HasParent() {
			section("To read (bulkimport help TOPIC)", commands(cmd, ""))
		}
		section("Flags", cmd.Flags().FlagUsagesWrapped(max(leastFlags, min(width(e.out), 110))))
		section("Environment", cmd.Annotations[environmentNote])
		section("Exit statuses", cmd.Annotations[exitsNote])
	}
	fmt.Fprint(e.out, b.String())
}

// leastFlags is the least width in which flags and their meaning stand side by side.
const leastFlags = 60

// writtenFor is the width of the texts.
const writtenFor = 80

// commands lists the commands of a group, or the topics if group is empty.
func commands(cmd *cobra.Command, group string) string {
	var b strings.Builder
	list := slices.SortedStableFunc(slices.Values(cmd.Commands()), func(a, b *cobra.Command) int {
		return strings.Compare(a.Annotations[orderNote], b.Annotations[orderNote])
	})
	for _, c := range list {
		if group == "" && c.IsAdditionalHelpTopicCommand() || group != "" && c.GroupID == group {
			fmt.Fprintf(&b, "  %-13s %s\n", c.Name(), c.Short)
		}
	}
	return b.String()
}

// topics are pages to read: their text is a file below help, its first line
// the title.
func topics() []*cobra.Command {
	var topics []*cobra.Command
	for _, name := range []string{"first-day", "credentials", "spreadsheets", "statuses", "runbook", "migration"} {
		text, err := pages.ReadFile("help/" + name + ".txt")
		if err != nil {
			panic(err) // embedded at build time
		}
		title, _, _ := strings.Cut(string(text), "\n")
		topics = append(topics, &cobra.Command{Use: name, Short: title, Long: string(text)})
	}
	return append(topics, codesTopic())
}

func newHelp(root *cobra.Command, e *env) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND | TOPIC | CODE]",
		Short: "Help about a command, a topic or the code of a finding",
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, c := range root.Commands() {
				names = append(names, c.Name()+"\t"+c.Short)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 1 {
				if m := csvimport.Code(strings.ToUpper(args[0])).Meaning(); m.What != "" {
					writeMeaning(e.out, e.pen(e.out), m)
					return nil
				}
			}
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				hint := "bulkimport help lists commands and topics"
				near := similar.To[string](args[0], 1)
				for _, c := range root.Commands() {
					near.Try(c.Name(), c.Name)
				}
				for _, m := range csvimport.Meanings() {
					near.Try(string(m.Code), func() string { return string(m.Code) })
				}
				if found := near.Found(); len(found) > 0 {
					hint = "did you mean bulkimport help " + found[0] + "?"
				}
				return wrong("no help on "+quote(strings.Join(args, " ")), hint)
			}
			return cmd.Help()
		},
	}
}
