// Package pgtest is a PostgreSQL server of a test's own.
package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

// Cluster is a server on a port of loopback, with data in a folder of its own. It is
// started when it is first needed. It is safe for concurrent use.
type Cluster struct {
	once        sync.Once
	err         error // why there is none
	bin, folder string
	port        int

	mu    sync.Mutex
	made  int
	spare []string // databases that no test uses any more
}

// role is who owns the cluster.
const role = "importer"

// Ready starts the cluster, if that was not done. It commits to disk as one in use
// does.
func (c *Cluster) Ready() error {
	c.once.Do(func() { c.err = c.make() })
	return c.err
}

// Missing is why a test has to be skipped, empty where there is a cluster. Where CI
// is true it is an error not to have one.
func (c *Cluster) Missing() (why string, err error) {
	switch err := c.Ready(); {
	case err == nil:
		return "", nil
	case os.Getenv("CI") == "true":
		return "", err
	default:
		return fmt.Sprintf("there is no PostgreSQL here (%v): install Debian's package postgresql", err), nil
	}
}

// Need skips a test that has no cluster.
func (c *Cluster) Need(tb testing.TB) {
	tb.Helper()
	why, err := c.Missing()
	if err != nil {
		tb.Fatal(err)
	}
	if why != "" {
		tb.Skip(why)
	}
}

func (c *Cluster) make() (err error) {
	if c.bin, err = programs(); err != nil {
		return err
	}
	if c.folder, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	if c.port, err = freePort(); err == nil {
		err = c.init()
	}
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		os.RemoveAll(c.folder)
	}
	return err
}

// Close ends the cluster, if it was started.
func (c *Cluster) Close() {
	if c.folder != "" && c.err == nil {
		c.Stop()
		os.RemoveAll(c.folder)
	}
}

// own gives the folder to who runs the server.
func (c *Cluster) own() error {
	if os.Geteuid() != 0 { // who is not root, who may not run one
		return nil
	}
	return exec.Command("chown", "postgres", c.folder).Run()
}

func (c *Cluster) init() error {
	if err := c.own(); err != nil {
		return err
	}
	if err := c.run("initdb", "-D", c.data(), "-U", role, "-A", "trust", "-E", "UTF8", "-N"); err != nil {
		return err
	}
	hba, err := os.ReadFile(filepath.Join(c.data(), "pg_hba.conf"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(c.data(), "pg_hba.conf"), append([]byte("host all locked 127.0.0.1/32 scram-sha-256\n"), hba...), 0o600)
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// Start starts the server, at first or after a Stop.
func (c *Cluster) Start() error {
	return c.run("pg_ctl", "-D", c.data(), "-l", filepath.Join(c.folder, "log"), "-w", "-o",
		fmt.Sprintf("-k %s -p %d -c listen_addresses=127.0.0.1", c.folder, c.port), "start")
}

// Stop stops the server as a power cut does.
func (c *Cluster) Stop() error {
	return c.run("pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop")
}

// run runs one of PostgreSQL's programs, as somebody who may.
func (c *Cluster) run(program string, args ...string) error {
	argv := append([]string{filepath.Join(c.bin, program)}, args...)
	if os.Geteuid() == 0 {
		argv = append([]string{"runuser", "-u", "postgres", "--"}, argv...)
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Dir = c.folder
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	said, err := os.CreateTemp("", "pgtest") // a pipe would stay open as long as the server
	if err != nil {
		return err
	}
	defer os.Remove(said.Name())
	defer said.Close()
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Run(); err != nil {
		words, _ := os.ReadFile(said.Name())
		return fmt.Errorf("%s: %w: %s", program, err, bytes.TrimSpace(words))
	}
	return nil
}

// Fresh returns the address of an empty database, which is another test's once this
// one has ended.
func (c *Cluster) Fresh(tb testing.TB) string {
	tb.Helper()
	c.Need(tb)
	address, release, err := c.Borrow()
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(release)
	return address
}

// Borrow is Fresh for one who is no test.
func (c *Cluster) Borrow() (address string, release func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var name string
	if n := len(c.spare); n > 0 {
		name, c.spare = c.spare[n-1], c.spare[:n-1]
		err = c.sql(name, "SET client_min_messages = error; DROP SCHEMA IF EXISTS import_ledger, import_service CASCADE")
	} else {
		c.made++
		name = fmt.Sprintf("ledger_%d_%d", os.Getpid(), c.made)
		err = c.sql("postgres", "CREATE DATABASE "+name)
	}
	return c.Address(role, name), func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.spare = append(c.spare, name)
	}, err
}

// Address is that of a database.
func (c *Cluster) Address(user, database string) string {
	return fmt.Sprintf("postgres://%s@127.0.0.1:%d/%s", user, c.port, database)
}

// Do runs statements as the cluster's owner, each in the database.
func (c *Cluster) Do(tb testing.TB, database string, statements ...string) {
	tb.Helper()
	c.Need(tb)
	if err := c.sql(database, statements...); err != nil {
		tb.Fatal(err)
	}
}

func (c *Cluster) sql(database string, statements ...string) error {
	args := []string{"-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", c.Address(role, database)}
	for _, s := range statements {
		args = append(args, "-c", s)
	}
	return c.run("psql", args...)
}

// programs is the folder of the newest version's programs.
func programs() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1]), nil
	}
	one, err := exec.LookPath("initdb")
	if err != nil {
		return "", errors.New("initdb is not installed")
	}
	return filepath.Dir(one), nil
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
