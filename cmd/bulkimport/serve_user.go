package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/serve/people"
)

// teamUser puts a person into the file of those who may come in, or takes one out.
type teamUser struct {
	env    *env
	file   string
	role   string
	remove bool
}

func newServeUser(e *env) *cobra.Command {
	o := &teamUser{env: e}
	cmd := &cobra.Command{
		Use:   "user NAME",
		Short: "Let a person of a team in, or not any more",
		Long: fmt.Sprintf(`user asks for a person's password, without showing it, and writes name, role and
the password's hash into a file for bulkimport serve --users. A person who is in
it gets the new role and password. What changes holds at once: whoever is signed
in and is taken out, or has another role or password, has to sign in anew.

Roles: look sees everything of the job; import hands in files, mends, imports,
stops and goes on; administer audits too, sees who did what, and ends sessions.

A password has %d to %d bytes. It is a line of stdin where that is no terminal.`, people.LeastPassword, people.MostPassword),
		Args: arguments("NAME"),
		Example: `  bulkimport serve user kim --role import --users people.txt
  bulkimport serve user kim --remove --users people.txt`,
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), args[0]) },
	}
	f := cmd.Flags()
	f.StringVar(&o.file, "users", "", "the `file` of people; it is made where there is none")
	f.StringVar(&o.role, "role", "", "look, import or administer")
	f.BoolVar(&o.remove, "remove", false, "take the person out")
	cmd.MarkFlagsMutuallyExclusive("role", "remove")
	describe(cmd, exits{0: "the file was written", 1: "the file cannot be written", 2: "wrong usage, a password that is too short, or a file that is not to be believed"})
	return cmd
}

func (o *teamUser) run(ctx context.Context, name string) error {
	switch role := serve.Role(o.role); {
	case o.file == "":
		return wrong("--users is missing", "name the file: --users people.txt")
	case !people.ValidName(name):
		return wrong(quote(name)+" is no name of a person", "letters, digits, blanks and ._@+-, at most 64")
	case !o.remove && !role.Known():
		return wrong("--role "+quote(o.role)+" is no role", "--role look, --role import or --role administer")
	}
	list, err := people.Read(o.file)
	if err == nil {
		err = believable(o.file)
	}
	if errors.Is(err, fs.ErrNotExist) && !o.remove {
		list, err = new(people.List), nil
	}
	if err != nil {
		return badUsers(o.env, o.file, err)
	}
	said := clean(name) + " is not let in any more"
	if o.remove {
		if !list.Remove(name) {
			return wrong("nobody in "+o.file+" is called "+quote(name), "names are written as they stand in the file")
		}
	} else {
		password, err := o.password(ctx)
		if err != nil {
			return err
		}
		if err := list.Set(serve.Person{Name: name, Role: serve.Role(o.role)}, password); err != nil {
			return err
		}
		said = fmt.Sprintf("%s may come in, with the role %s", clean(name), o.role)
	}
	if err := o.write(list); err != nil {
		return err
	}
	fmt.Fprintln(o.env.err, said)
	return nil
}

// password asks for a password, on a terminal twice.
func (o *teamUser) password(ctx context.Context) (string, error) {
	ask := &questions{env: o.env, lines: bufio.NewReader(o.env.in)}
	password, err := ask.secret(ctx, "password", "", false)
	switch {
	case err != nil:
		return "", err
	case len(password) < people.LeastPassword:
		return "", wrong(fmt.Sprintf("the password has %d characters, and needs %d", utf8.RuneCountInString(password), people.LeastPassword), "several words make a good one")
	case len(password) > people.MostPassword:
		return "", wrong(fmt.Sprintf("the password is too long: only %d plain letters would count", people.MostPassword), "take a shorter one")
	}
	if isTerminal(o.env.in) {
		again, err := ask.secret(ctx, "password once more", "", false)
		if err != nil {
			return "", err
		}
		if again != password {
			return "", wrong("the two passwords differ", "begin anew; nothing was changed")
		}
	}
	return password, nil
}

// write writes the file for its owner's eyes alone.
func (o *teamUser) write(list *people.List) error {
	out, err := beside(o.file, 0o600)
	if err != nil {
		return err
	}
	defer out.Discard()
	if err := errors.Join(out.Chmod(0o600), ownerOnly(out.Name())); err != nil {
		return at(o.file, err)
	}
	if _, err := io.WriteString(out, list.String()); err != nil {
		return err
	}
	return out.Commit()
}
