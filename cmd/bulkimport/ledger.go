package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/sqlite"
)

// keeping moves, copies and adopts ledgers.
type keeping struct {
	env        *env
	connection connection
	to         string
	yes, only  bool
}

func newLedger(e *env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ledger COMMAND",
		Short: "Move the ledger to another place or machine, copy it, adopt it",
		Long: `The ledger remembers which orders were placed, and is why none is placed twice.
It must not be copied by hand and then used in both places: move it.`,
		Example: `  bulkimport ledger move --to /srv/team/ledger.db
  bulkimport ledger copy ledger.db postgres://importer@db.example.com/imports
  bulkimport ledger copy --to backup.db
  bulkimport ledger adopt --ledger /srv/team/ledger.db`,
		SuggestionsMinimumDistance: 2,
		Args:                       cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				hint := "bulkimport ledger --help shows them"
				if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
					hint = "did you mean bulkimport ledger " + like[0] + "?"
				}
				return wrong("there is no command ledger "+quote(args[0]), hint)
			}
			return cmd.Help()
		},
	}
	cmd.AddGroup(&cobra.Group{ID: "ledger", Title: "Commands"})
	describe(cmd, exits{0: "the help was shown", 2: "no such command or flag"})
	for i, c := range []*cobra.Command{newLedgerMove(e), newLedgerCopy(e), newLedgerAdopt(e)} {
		c.GroupID = "ledger"
		c.Annotations[orderNote] = fmt.Sprint(i)
		cmd.AddCommand(c)
	}
	return cmd
}

func newLedgerMove(e *env) *cobra.Command {
	o := &keeping{env: e}
	cmd := &cobra.Command{
		Use:   "move --to FILE",
		Short: "Move the ledger to a new file, and close the old one",
		Long: `move copies the ledger to a file that is not there yet, compares every row of the
two, and then closes the old one: whoever opens that is told where the ledger
went. No import may go on meanwhile. If it is broken off, the same command brings
it to its end. Where the ledger is used from now on, bulkimport ledger adopt makes
that machine vouch for it.`,
		Args: arguments(),
		Example: `  bulkimport ledger move --to /srv/team/ledger.db
  bulkimport ledger move --ledger old.db --to /media/stick/ledger.db --yes`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.move(cmd.Context()) },
	}
	cmd.Flags().StringVar(&o.to, "to", "", "the new `file`, which is not there yet")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "ask no question: what is moved can be moved back")
	o.connection.placeFlags(cmd, e)
	describe(cmd, exits{0: "it was moved", 1: "it could not be moved, or was not confirmed; the old one is as it was", 2: "wrong usage or configuration", 130: "interrupted; the same command goes on"}, placeVariables...)
	return cmd
}

func newLedgerCopy(e *env) *cobra.Command {
	o := &keeping{env: e}
	cmd := &cobra.Command{
		Use:   "copy FROM TO | copy --to FILE",
		Short: "Copy the ledger between a file and a database, or to a new file as a backup",
		Long: `copy FROM TO brings all that a ledger holds to another place, a file or a database
(postgres://…), compares the two, and then closes the old one: whoever opens that is
told where the ledger went. TO is a file that is not there yet, a database without
a ledger, or where this one was before. No import may go on meanwhile. If it is broken off, the same
command brings it to its end.

copy --to FILE copies the ledger to a file that is not there yet and compares every
row of the two. Imports may go on meanwhile. The copy is for a backup or to be looked
at: an import with it finds that it is one, and asks when anybody last imported.`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch len(args) {
			case 0:
				return nil
			case 1:
				return wrong("TO is missing", "did you mean bulkimport ledger copy --to "+shellFile(args[0])+", a backup? bulkimport ledger copy --help shows how")
			}
			return arguments("FROM", "TO")(cmd, args)
		},
		Example: `  bulkimport ledger copy ledger.db postgres://importer@db.example.com/imports
  bulkimport ledger copy --to backup.db
  bulkimport status --ledger backup.db`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.copy(cmd.Context())
			}
			return o.carry(cmd.Context(), args[0], args[1])
		},
	}
	cmd.Flags().StringVar(&o.to, "to", "", "a new `file` for a backup, which is not there yet")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "ask no question: what went to another place can be brought back")
	o.connection.placeFlags(cmd, e)
	describe(cmd, exits{0: "it was copied", 1: "it could not be copied, or was not confirmed; the old one is as it was", 2: "wrong usage or configuration", 130: "interrupted; the same command goes on"}, placeVariables...)
	return cmd
}

func newLedgerAdopt(e *env) *cobra.Command {
	o := &keeping{env: e}
	cmd := &cobra.Command{
		Use:   "adopt",
		Short: "Make this machine vouch for a ledger that was moved here, or whose mark is gone",
		Long: `adopt makes this machine vouch for the ledger from now on: after it was moved
here, or once, where the mark is gone that this machine keeps of it. It gives up a
protection: if another copy of the ledger has been used since, orders may exist
that this one does not know, and no import will ask about them. So it asks a
person, and --yes is not that word. A ledger that this machine knows to be a copy
or to be put back is not adopted: an import with it asks what has to be known.`,
		Args: arguments(),
		Example: `  bulkimport ledger adopt
  bulkimport ledger adopt --ledger /srv/team/ledger.db --no-other-copy`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.adopt(cmd.Context()) },
	}
	cmd.Flags().BoolVar(&o.only, "no-other-copy", false, "your word that no other copy of it is, or has been, in use since")
	o.connection.placeFlags(cmd, e)
	describe(cmd, exits{0: "this machine vouches for it", 1: "it could not be adopted, or was not confirmed", 2: "wrong usage or configuration", 130: "interrupted"}, placeVariables...)
	return cmd
}

// errShared is a ledger that is no file.
func errShared() error {
	return wrong("the ledger is a database", "it is used from every machine as it is; its administrator backs it up")
}

// places finds the ledger, and makes sure that it can be moved or copied.
func (o *keeping) places() (*settings, error) {
	places, _, err := o.connection.places(o.env)
	if err != nil {
		return nil, err
	}
	switch {
	case postgres.Is(places.ledger):
		return nil, errShared()
	case o.to == "":
		return nil, wrong("--to is missing", "name the new file: --to FILE")
	case strings.Contains(o.to, "://"):
		return nil, wrong("--to "+quote(o.to)+" is no file", "this version keeps ledgers in files: --to FILE")
	case o.to == standardInput:
		return nil, wrong("--to - is no file", "name the new file")
	case ofLedger(o.to, places.ledger):
		return nil, wrong("--to "+o.to+" is the ledger itself, or belongs to it", "name another file")
	}
	return places, nil
}

func (o *keeping) move(ctx context.Context) error {
	places, err := o.places()
	if err != nil {
		return err
	}
	if !o.yes {
		err := o.ask(ctx, fmt.Sprintf("move the ledger %s to %s? The old file is closed then, for every machine (y/N): ", clean(places.ledger), clean(o.to)), "y", "yes", "--yes is missing")
		if err != nil {
			return err
		}
	}
	err = sqlite.Move(ctx, places.ledger, o.to, o.env.marksFolder(), sqlite.Options{})
	if errors.Is(err, ledger.ErrLocked) {
		return &ending{status: statusFault, err: err, hint: "a run goes on: let it end, or bulkimport stop, then the same command again"}
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(o.env.out, "moved to %s, every row compared; %s is closed\n", clean(o.to), clean(places.ledger))
	fmt.Fprintf(o.env.out, "next: bulkimport ledger adopt --ledger %s, on the machine that uses it from now on; then name it with --ledger, BULKIMPORT_LEDGER or in the profile\n", shellFile(o.to))
	return nil
}

func (o *keeping) copy(ctx context.Context) error {
	places, err := o.places()
	if err != nil {
		return err
	}
	if err := sqlite.Copy(ctx, places.ledger, o.to, sqlite.Options{}); err != nil {
		return err
	}
	fmt.Fprintf(o.env.out, "copied to %s, every row compared; %s stays the ledger\n", clean(o.to), clean(places.ledger))
	return nil
}

// carry brings a ledger from a file or database to another.
func (o *keeping) carry(ctx context.Context, from, to string) error {
	if o.to != "" {
		return wrong("--to is for a backup", "FROM TO and --to exclude each other")
	}
	places, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	source, err := o.store(places, from)
	if err != nil {
		return err
	}
	target, err := o.store(places, to)
	if err != nil {
		return err
	}
	if source.Where() == target.Where() {
		return wrong("FROM and TO are the same ledger", "name another file or database")
	}
	if !o.yes {
		err := o.ask(ctx, fmt.Sprintf("copy the ledger %s to %s? The old one is closed then, for every machine (y/N): ", clean(source.Where()), clean(target.Where())), "y", "yes", "--yes is missing")
		if err != nil {
			return err
		}
	}
	carried, err := ledger.Carry(ctx, source, target)
	switch {
	case errors.Is(err, ledger.ErrLocked):
		return &ending{status: statusFault, err: err, hint: "a run goes on, or was killed less than a minute ago: let it end, or bulkimport stop, then the same command again"}
	case err != nil:
		return err
	}
	if carried.Platforms > 0 {
		fmt.Fprintf(o.env.out, "%s, %s and %s copied and compared\n", count(carried.Entries, "entry"), count(carried.Runs, "run"), count(carried.Exports, "exported row"))
	}
	fmt.Fprintf(o.env.out, "the ledger is %s now; %s is closed\n", clean(target.Where()), clean(source.Where()))
	fmt.Fprintf(o.env.out, "next: name it with --ledger, BULKIMPORT_LEDGER or in the profile, on every machine\n")
	return nil
}

// store is where a ledger is, or may be: a file or a database.
func (o *keeping) store(places *settings, where string) (ledger.Store, error) {
	switch {
	case postgres.HasPassword(where) && postgres.Is(where):
		return nil, errPasswordInAddress()
	case postgres.Is(where):
		shared, err := o.env.sharedOptions(places)
		if err != nil {
			return nil, err
		}
		return postgres.At(where, o.env.marksFolder(), shared), nil
	case where == standardInput, strings.Contains(where, "://"):
		return nil, wrong(quote(where)+" is no file and no database", "name a file, or postgres://user@host/database")
	}
	return sqlite.At(where, o.env.marksFolder(), sqlite.Options{})
}

func (o *keeping) adopt(ctx context.Context) error {
	places, _, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	if postgres.Is(places.ledger) {
		return errShared()
	}
	marks := o.env.marksFolder()
	if marks == "" {
		return fault("there is no folder on this machine to keep marks in", "set "+baseVariable("XDG_STATE_HOME", "LOCALAPPDATA"))
	}
	losses, err := o.losses(ctx, places, marks)
	switch {
	case err != nil:
		return err
	case !slices.ContainsFunc(losses, func(l ledger.Loss) bool { return l != ledger.Sound }):
		fmt.Fprintf(o.env.out, "this machine vouches for %s already\n", clean(places.ledger))
		return nil
	}
	for _, loss := range losses {
		if loss != ledger.Sound && loss != ledger.LossUnknown {
			return fault(lossWords(loss)+": it is not adopted", "import with it: that asks when anybody last imported, which is what has to be known")
		}
	}
	if !o.only {
		fmt.Fprintf(o.env.err, "If another copy of %s has been used since, orders may exist that it does not know,\nand no import will ask about them.\n", clean(places.ledger))
		err := o.ask(ctx, "is it certain that no other copy is or has been in use? type certain to go on: ", "certain", "certain", "--no-other-copy is missing")
		if err != nil {
			return err
		}
	}
	if err := sqlite.Adopt(ctx, places.ledger, marks, sqlite.Options{}); err != nil {
		return err
	}
	fmt.Fprintf(o.env.out, "this machine vouches for %s from now on\n", clean(places.ledger))
	return nil
}

// losses is what is wrong with the ledger, for each of its platforms.
func (o *keeping) losses(ctx context.Context, places *settings, marks string) (all []ledger.Loss, err error) {
	s := &work{env: o.env, settings: places}
	defer s.Close()
	there, err := s.ledgerThere(ctx)
	if err != nil {
		return nil, err
	}
	if !there {
		return nil, fault("there is no ledger at "+places.ledger, "name it with --ledger")
	}
	known, err := s.ledger.Platforms(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range known {
		book, err := s.ledger.Book(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		loss, err := book.Loss(ctx, marks)
		if err != nil {
			return nil, err
		}
		all = append(all, loss)
	}
	return all, nil
}

// ask asks a person, who has to give one of two answers. Where nobody can answer the
// flag is demanded.
func (o *keeping) ask(ctx context.Context, question, yes, other, missing string) error {
	if !isTerminal(o.env.in) {
		return wrong(missing, "stdin is no terminal, so no question can be asked")
	}
	fmt.Fprint(o.env.err, question)
	answers := bufio.NewReader(o.env.in)
	answer, err := waitFor(ctx, func() (string, error) { return answers.ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if answer = strings.TrimSpace(answer); !strings.EqualFold(answer, yes) && !strings.EqualFold(answer, other) {
		return fault("not confirmed; nothing was changed", "the same command asks again")
	}
	return nil
}
