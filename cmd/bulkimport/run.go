package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bulkimport/csvimport/similar"
)

// version is set by the linker.
var version = "development"

// run is the whole program: it runs the command that args name in the world e
// and returns the exit status.
func run(ctx context.Context, args []string, e *env) int {
	e.args = args
	for _, name := range secretVariables {
		e.veil.cover(e.get(name))
	}
	began := false
	root := newRoot(e, func() { began = true })
	root.SetArgs(args)
	ctx, stop := e.interruptible(ctx)
	defer stop()
	err := root.ExecuteContext(ctx)
	if err != nil && !began {
		err = misuse(err)
	}
	var signal *interruption
	if err != nil && errors.As(context.Cause(ctx), &signal) && statusOf(err) != statusInterrupted {
		if errors.Is(err, context.Canceled) {
			err = signal
		}
		err = &ending{status: statusInterrupted, err: err}
	}
	return e.leave(err)
}

// newRoot assembles the commands. began is called when a command's own work
// begins: an error before that is wrong usage.
func newRoot(e *env, began func()) *cobra.Command {
	root := &cobra.Command{
		Use:   "bulkimport",
		Short: "Import Azure subscriptions into CloudBlue Commerce from a spreadsheet",
		Long: `bulkimport brings Azure subscriptions into CloudBlue Commerce from a spreadsheet:
download the accounts that are ready, fill in the rows, validate, import.
For each subscription it creates at most one order, whatever happens on the way.`,
		Example: `  bulkimport demo                      see the whole job in a few seconds
  bulkimport login                     keep address and credentials
  bulkimport doctor                    is everything in place?
  bulkimport download -o accounts.csv  then fill in the rows
  bulkimport validate accounts.csv     what is to be mended?
  bulkimport import accounts.csv --results results.csv`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmd.ValidateFlagGroups(); err != nil {
				return apart(err)
			}
			if err := e.given(cmd); err != nil {
				return err
			}
			began()
			return nil
		},
	}
	root.SetVersionTemplate("bulkimport {{.Version}}\n")
	root.SetIn(e.in)
	root.SetOut(e.out)
	root.SetErr(e.err)
	root.SetHelpFunc(e.help)
	root.SetHelpCommand(newHelp(root, e))
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return badFlag(cmd, err)
	})
	describe(root, exits{0: "the help was shown", 2: "no such command or flag"})
	root.AddGroup(
		&cobra.Group{ID: "job", Title: "The job"},
		&cobra.Group{ID: "after", Title: "Afterwards, and when something went wrong"},
		&cobra.Group{ID: "setup", Title: "Setting up and trying out"},
	)
	root.Flags().Bool("version", false, "print the version")
	for i, c := range []struct {
		group string
		cmd   *cobra.Command
	}{
		{"job", newDownload(e)},
		{"job", newPlans(e)},
		{"job", newAccounts(e)},
		{"job", newValidate(e)},
		{"job", newImport(e)},
		{"job", newServe(e)},
		{"job", newWork(e)},
		{"after", newStatus(e)},
		{"after", newReconcile(e)},
		{"after", newAudit(e)},
		{"after", newReport(e)},
		{"after", newStop(e)},
		{"setup", newLogin(e)},
		{"setup", newLogout(e)},
		{"setup", newProfiles(e)},
		{"setup", newDoctor(e)},
		{"setup", newDemo(e)},
		{"setup", newLedger(e)},
		{"setup", newSandbox(e)},
		{"setup", newVersion(e)},
		{"setup", newCompletion(e)},
	} {
		c.cmd.GroupID = c.group
		if c.cmd.ValidArgsFunction == nil && len(c.cmd.ValidArgs) == 0 && !strings.Contains(c.cmd.Use, " ") {
			c.cmd.ValidArgsFunction = cobra.NoFileCompletions
		}
		c.cmd.Annotations[orderNote] = fmt.Sprintf("%02d", i)
		root.AddCommand(c.cmd)
	}
	root.AddCommand(topics()...)
	return root
}

// apart says which flags do not go together.
func apart(err error) error {
	text := err.Error() // … [record shapes] were all set
	set, _, _ := strings.Cut(text[strings.LastIndexByte(text, '[')+1:], "]")
	return wrong("--"+strings.ReplaceAll(set, " ", " and --")+" do not go together", "use one of them")
}

// misuse turns an error of cobra's into one of usage.
func misuse(err error) error {
	if _, ok := errors.AsType[*ending](err); ok {
		return err
	}
	words, more, _ := strings.Cut(err.Error(), "\n")
	if m := unknownCommand.FindStringSubmatch(words); m != nil && exists(m[1]) {
		file := shellFile(m[1])
		return wrong(m[1]+" is a file, not a command", "bulkimport validate "+file+" checks it, bulkimport import "+file+" imports it")
	}
	e := &ending{status: statusUsage, err: errors.New(words), hint: "bulkimport --help shows the commands"}
	if suggestion := strings.Fields(strings.TrimPrefix(strings.TrimSpace(more), "Did you mean this?")); len(suggestion) > 0 {
		e.hint = "did you mean bulkimport " + suggestion[0] + "?"
	}
	return e
}

// unknownCommand finds the command in what cobra says of one that it does not know.
var unknownCommand = regexp.MustCompile(`^unknown command "(.+)" for `)

// badFlagName finds the flag in what the flag package says of a bad value.
var badFlagName = regexp.MustCompile(`for "(?:-\w, )?--([\w-]+)" flag`)

// badFlag says in plain words what is wrong with a flag or its value.
func badFlag(cmd *cobra.Command, err error) error {
	hint := cmd.CommandPath() + " --help shows its flags"
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		return unknownFlag(cmd, unknown, hint)
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		what, usage := pflag.UnquoteUsage(missing.GetFlag())
		return wrong("--"+missing.GetFlag().Name+" has no value", fmt.Sprintf("--%s %s: %s", missing.GetFlag().Name, strings.ToUpper(what), usage))
	}
	value, ok := errors.AsType[interface {
		error
		GetValue() string
	}](err)
	name := badFlagName.FindStringSubmatch(err.Error())
	if !ok || name == nil {
		return &ending{status: statusUsage, err: err, hint: hint}
	}
	what := "not understood"
	switch kind := cmd.Flags().Lookup(name[1]).Value.Type(); {
	case errors.Is(err, strconv.ErrRange):
		what = "too large a number"
	case kind == "duration":
		what, hint = "not a length of time", fmt.Sprintf("for example --%s 90s, --%[1]s 10m or --%[1]s 2h", name[1])
	case strings.HasPrefix(kind, "int"):
		what, hint = "not a whole number", fmt.Sprintf("for example --%s 10", name[1])
	case strings.HasPrefix(kind, "uint"):
		what, hint = "not a whole number from 0 on", fmt.Sprintf("for example --%s 10", name[1])
	case strings.HasPrefix(kind, "float"):
		what, hint = "not a number", fmt.Sprintf("for example --%s 2.5", name[1])
	case kind == "bool":
		what, hint = "neither true nor false", fmt.Sprintf("--%s alone switches it on", name[1])
	}
	return wrong(fmt.Sprintf("--%s: %s is %s", name[1], quote(value.GetValue()), what), hint)
}

// unknownFlag says which flag was meant, or which command has it.
func unknownFlag(cmd *cobra.Command, e *pflag.NotExistError, hint string) error {
	name, words := e.GetSpecifiedName(), "--"+e.GetSpecifiedName()
	if short := e.GetSpecifiedShortnames(); short != "" { // -json is five of one letter
		name, words = short, "-"+short
	}
	switch like := flagLike(cmd, name); {
	case like != "":
		hint = "did you mean --" + like + "?"
	case cmd == cmd.Root() && slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return c.Name() == name && c.GroupID != "" }):
		hint = "did you mean bulkimport " + name + "?"
	case slices.Contains([]string{"file", "input"}, name) && strings.Contains(cmd.Use, " "):
		hint = "the file stands without a flag: " + cmd.Root().Name() + " " + cmd.Use
	default:
		for _, other := range cmd.Root().Commands() {
			if other != cmd && other.Flags().Lookup(name) != nil {
				hint = "bulkimport " + other.Name() + " has it; " + hint
				break
			}
		}
	}
	return wrong("unknown flag "+clean(words), hint)
}

// flagLike is the flag of a command that is most like a name, or that it begins,
// empty if none is.
func flagLike(cmd *cobra.Command, name string) string {
	near := similar.To[string](name, 1)
	begun := ""
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		near.Try(f.Name, func() string { return f.Name })
		if len(name) > 1 && strings.HasPrefix(f.Name, name) && begun == "" {
			begun = f.Name
		}
	})
	if found := near.Found(); len(found) > 0 {
		return found[0]
	}
	return begun
}

// atLeastOne demands one argument or more.
func atLeastOne(name string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		return arguments(name)(cmd, args[:min(1, len(args))])
	}
}

// meantFlag says what a surplus argument may have been meant for: the flag of a command
// that takes one thing, or the value of a flag, cut at its spaces.
func meantFlag(cmd *cobra.Command, args []string, names int) (hint string) {
	surplus := args[names]
	if name, _, _ := strings.Cut(strings.TrimLeft(surplus, "-‐‑‒–—―−"), "="); !strings.HasPrefix(surplus, name) && flagLike(cmd, name) != "" {
		return "did you mean --" + flagLike(cmd, name) + "? a program has put another dash there"
	}
	if name := strings.Join(args, " "); names > 0 && exists(name) && !exists(args[0]) {
		return "a name with spaces stands in quotes: " + cmd.CommandPath() + " " + shellFile(name)
	}
	if flag := likelyFlag(cmd, surplus); flag != "" {
		return "did you mean " + strings.Join(append([]string{cmd.CommandPath()}, args[:names]...), " ") + " --" + flag + " " + shell(surplus) + "?"
	}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if what, _ := pflag.UnquoteUsage(f); slices.Contains([]string{"plan", "text", "name", "time"}, what) && hint == "" {
			hint = "does it belong to --" + f.Name + "? What has spaces stands in quotes: --" + f.Name + ` "` + clean(f.Value.String()+" "+strings.Join(args[names:], " ")) + `"`
		}
	})
	for _, name := range []string{"find", "row", "output", "to", "results"} {
		if f := cmd.Flags().Lookup(name); f != nil && !f.Changed && hint == "" && (name == "find" || strings.ContainsAny(surplus, "./\\") || name == "row" && len(surplus) > 5) {
			words := append([]string{cmd.CommandPath()}, args[:names]...)
			hint = "did you mean " + strings.Join(words, " ") + " --" + name + " " + shellFile(args[names]) + "?"
		}
	}
	return hint
}

// likelyFlag is the flag of a command whose value a surplus argument looks like, empty
// if none is.
func likelyFlag(cmd *cobra.Command, arg string) string {
	_, err := strconv.ParseUint(arg, 10, 16)
	for _, may := range []struct {
		flag string
		like bool
	}{
		{"url", strings.Contains(arg, "://") && !strings.HasPrefix(arg, "postgres")},
		{"compare", orderNumber.MatchString(arg)},
		{"port", err == nil},
		{"run", err == nil},
	} {
		if f := cmd.Flags().Lookup(may.flag); may.like && f != nil && !f.Changed {
			return may.flag
		}
	}
	return ""
}

// exists reports whether there is a file of this name.
func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// arguments demands exactly the named arguments.
func arguments(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		hint := cmd.CommandPath() + " --help shows how"
		switch {
		case len(args) < len(names):
			return &ending{status: statusUsage, err: errors.New(names[len(args)] + " is missing"), hint: hint}
		case len(args) > len(names):
			return wrong("unexpected argument "+quote(args[len(names)]), cmp.Or(meantFlag(cmd, args, len(names)), hint))
		}
		return nil
	}
}
