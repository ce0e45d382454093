package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/realpath"
	"bulkimport/csvimport/serve"
)

// serving runs the job in a browser.
type serving struct {
	env        *env
	connection connection
	listen     string
	port       int
	noBrowser  bool
	team       teamFlags
}

func newServe(e *env) *cobra.Command {
	o := &serving{env: e}
	cmd := &cobra.Command{
		Use:        "serve",
		SuggestFor: []string{"web", "gui", "browser"},
		Short:      "Do the job in a browser, on this machine or for a team",
		Long: `serve shows the whole job in a browser: download, mend, look before, import,
watch, results. It listens on this machine alone, prints an address with a code
that lets you in once, and opens it. Files that are handed in, what is changed in
them, and imports are kept on disk beside the ledger: if the program ends in the
middle of an import, the next bulkimport serve goes on with it, and no
subscription is ordered twice.

A second bulkimport serve on the same ledger prints a new address of the one that
runs. Ctrl-C ends it: what is begun gets up to 30 seconds to finish. On Windows a
double-click on the program is bulkimport serve.

For a team it listens beyond this machine: --listen says where, --users who may
come in, and --tls-cert with --tls-key, or --behind-proxy, how nobody reads along.
bulkimport serve user writes the file of people, each with a role: look sees all,
import hands in files and imports, administer does everything. No code is printed
then: people sign in by name and password. --oidc-issuer in place of --users has
them sign in where they do everywhere: an OpenID Connect provider says who they
are, and --oidc-claim and --oidc-role which role that is. Its redirect address is
https://NAME/sign-in/back. A role that it gives lasts as long as the session: 12
hours without a request, and 7 days at most.`,
		Args: arguments(),
		Example: `  bulkimport serve
  bulkimport serve --port 8090 --no-browser
  bulkimport serve --profile production
  bulkimport serve user kim --role import --users people.txt
  bulkimport serve --listen 0.0.0.0:8443 --users people.txt --tls-cert cert.pem --tls-key key.pem
  bulkimport serve --listen 0.0.0.0:8443 --oidc-issuer https://id.example.com --oidc-client-id bulkimport \
    --oidc-claim groups --oidc-role importers=import --tls-cert cert.pem --tls-key key.pem`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.IntVar(&o.port, "port", 0, "listen at this port; 0 picks a free one")
	f.StringVar(&o.listen, "listen", "", "`HOST:PORT` to listen at; beyond this machine for a team alone")
	f.BoolVar(&o.noBrowser, "no-browser", false, "print the address and open nothing")
	cmd.MarkFlagsMutuallyExclusive("port", "listen")
	o.team.flags(f)
	o.connection.flags(cmd, e)
	describe(cmd, exits{
		0: "another one runs on this ledger, and its address was printed", 1: "the port is taken, or files cannot be kept", 2: "wrong usage or configuration",
		130: "stopped by Ctrl-C or SIGTERM; imports under way go on with the next bulkimport serve",
	}, append([]string{"BULKIMPORT_OIDC_CLIENT_SECRET  the secret at the provider of --oidc-issuer, or …_SECRET_FILE"}, connectionVariables...)...)
	cmd.AddGroup(&cobra.Group{ID: "serve", Title: "Commands"})
	users := newServeUser(e)
	users.GroupID = "serve"
	cmd.AddCommand(users)
	return cmd
}

// check tests the flags.
func (o *serving) check() error {
	if err := o.team.check(); err != nil {
		return err
	}
	if o.listen != "" {
		host, port, err := net.SplitHostPort(o.listen)
		if err != nil {
			return wrong("--listen "+quote(o.listen)+" is not HOST:PORT", "for example --listen 127.0.0.1:8090")
		}
		if host != "127.0.0.1" && host != "localhost" && !o.team.people() {
			return wrong("--listen "+quote(o.listen)+" is beyond this machine, and nobody is named who may come in",
				"--users FILE or --oidc-issuer URL, with --tls-cert and --tls-key, or with --behind-proxy; for yourself from another machine: ssh -L 8090:127.0.0.1:8090 HOST")
		}
		if o.port, err = strconv.Atoi(port); err != nil {
			return wrong("--listen "+quote(o.listen)+": the port is not a number", "for example --listen 127.0.0.1:8090")
		}
	}
	if o.port < 0 || o.port > 65535 {
		return wrong(fmt.Sprintf("there is no port %d", o.port), "from 1024 to 65535, or 0 for any that is free")
	}
	return nil
}

func (o *serving) run(ctx context.Context) error {
	if err := o.check(); err != nil {
		return err
	}
	places, profile, err := o.connection.places(o.env)
	if err != nil {
		return err
	}
	if places.url != "" {
		if err := checkURL(places.url, places.origin); err != nil {
			return err
		}
	}
	folder, err := o.env.serveFolder(places)
	if err != nil {
		return err
	}
	place, err := takePlace(folder)
	if err != nil {
		return err
	}
	if place == nil {
		return o.join(ctx, folder)
	}
	defer place.drop()
	return o.serve(ctx, places, profile, place)
}

// serveFolder is where what belongs to the job in a browser is kept: beside the ledger.
func (e *env) serveFolder(s *settings) (string, error) {
	if !postgres.Is(s.ledger) {
		file, err := realpath.Of(s.ledger)
		return strings.TrimSuffix(file, filepath.Ext(s.ledger)) + ".serve", err
	}
	state, err := e.stateFolder()
	return filepath.Join(state, "shared.serve"), err
}

// serve answers until it is stopped.
func (o *serving) serve(ctx context.Context, places *settings, p profile, place *servePlace) error {
	team, err := o.team.openTeam(ctx, o.env, places, p)
	if err != nil {
		return err
	}
	l, err := o.open(team)
	if err != nil {
		return err
	}
	defer l.Close()
	s, err := newService(ctx, o.env, o.connection, places, place.folder, l.Addr().(*net.TCPAddr), team)
	if err != nil {
		return err
	}
	defer s.Close()
	if team != nil {
		place.secret = ""
	}
	if err := place.tell(s.origin()); err != nil {
		return err
	}
	handler := s.handler(place.secret)
	ended := make(chan error, 1)
	requests, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	go func() { ended <- serve.Run(requests, l, handler, goodbye) }()
	if team != nil {
		o.welcome(s.origin())
	} else {
		o.invite(s.origin() + "/start?code=" + s.gate.Code(s.person()))
	}
	select {
	case err := <-ended:
		return cmp.Or(err, errors.New("the server ended"))
	case <-ctx.Done():
	}
	broken := s.imports.close(o.env.err) // people may watch how what is begun ends
	end()
	if err := errors.Join(broken, <-ended); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// open listens, for a team or for who is at this machine.
func (o *serving) open(team *team) (net.Listener, error) {
	if team != nil {
		return team.listen(cmp.Or(o.listen, fmt.Sprintf("127.0.0.1:%d", o.port)))
	}
	l, err := serve.Listen(o.port)
	if err != nil && o.port != 0 {
		return nil, fault(fmt.Sprintf("port %d is taken, or may not be used", o.port), "--port with another number, or none: any free port is taken")
	}
	return l, err
}

// goodbye is how long requests get to end.
const goodbye = 3 * time.Second

// invite tells the address that lets a person in once, and opens it.
func (o *serving) invite(address string) {
	fmt.Fprintln(o.env.out, address)
	if o.noBrowser {
		fmt.Fprintln(o.env.err, "open this address in a browser on this machine; it works once, within 15 minutes. Ctrl-C ends bulkimport serve")
		return
	}
	fmt.Fprintln(o.env.err, "the browser opens; if it does not, open this address yourself: it works once, within 15 minutes. Ctrl-C ends bulkimport serve")
	if err := openBrowser(address); err != nil {
		fmt.Fprintln(o.env.err, "note: no browser could be opened here:", clean(err.Error()))
	}
}

// welcome tells a team where it is expected.
func (o *serving) welcome(address string) {
	fmt.Fprintln(o.env.out, address)
	by := "the people of --users sign in"
	if o.team.oidc.issuer != "" {
		by = "the people of the provider sign in"
	}
	fmt.Fprintln(o.env.err, by+" at this address, by the name it has for them. Ctrl-C ends bulkimport serve")
}

// join has the one that runs on this ledger make a new address.
func (o *serving) join(ctx context.Context, folder string) error {
	address, err := askForCode(ctx, folder)
	if err != nil {
		return fault("another bulkimport serve runs on this ledger and does not answer: "+err.Error(),
			"end it (Ctrl-C in its terminal), or name another ledger with --ledger; it keeps "+filepath.Join(folder, placeLock)+" locked")
	}
	if !strings.Contains(address, "/start?code=") {
		fmt.Fprintln(o.env.out, address)
		fmt.Fprintln(o.env.err, "bulkimport serve runs already, for a team: sign in there")
		return nil
	}
	fmt.Fprintln(o.env.err, "bulkimport serve runs already; this is a new address of it")
	o.invite(address)
	return nil
}

// person is who is at this machine.
func (s *service) person() serve.Person {
	return serve.Person{Name: s.env.who(), Role: serve.Administer}
}

// removeQuietly removes a file that may be gone.
func removeQuietly(path string) { _ = os.Remove(path) }
