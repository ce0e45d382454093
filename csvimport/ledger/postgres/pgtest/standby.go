package pgtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Standby makes a standby of the cluster, which streams from it. If it is synchronous
// the cluster waits for it with each commit. It goes away with the test.
func (c *Cluster) Standby(tb testing.TB, synchronous bool) *Cluster {
	tb.Helper()
	c.Need(tb)
	s := &Cluster{bin: c.bin}
	s.once.Do(func() { s.err = s.follow(c) })
	if s.err != nil {
		tb.Fatal(s.err)
	}
	tb.Cleanup(s.Close)
	if synchronous {
		c.Do(tb, "postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()")
		tb.Cleanup(func() {
			c.Do(tb, "postgres", "SET synchronous_commit = local", "ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()")
		})
	}
	return s
}

func (s *Cluster) follow(c *Cluster) (err error) {
	if s.folder, err = os.MkdirTemp("", "pgtest"); err != nil {
		return err
	}
	if s.port, err = freePort(); err == nil {
		err = s.own()
	}
	if err == nil {
		err = s.run("pg_basebackup", "-D", s.data(), "-R", "-X", "stream", "-c", "fast", "-d", c.Address(role, "postgres"))
	}
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		os.RemoveAll(s.folder)
	}
	return err
}

// CaughtUp waits until the standby has all that the cluster has now.
func (s *Cluster) CaughtUp(tb testing.TB, c *Cluster) {
	tb.Helper()
	at := c.ask(tb, "SELECT pg_current_wal_lsn()")
	for end := time.Now().Add(20 * time.Second); s.ask(tb, "SELECT pg_last_wal_replay_lsn() >= '"+at+"'") != "t"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatal("the standby has not caught up in 20 s")
		}
	}
}

// Detach ends the standby's streaming: what is committed from now on it does not get.
func (s *Cluster) Detach(tb testing.TB) {
	tb.Helper()
	s.Do(tb, "postgres", "ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()")
	for end := time.Now().Add(20 * time.Second); s.ask(tb, "SELECT count(*) FROM pg_stat_wal_receiver") != "0"; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			tb.Fatal("the standby still streams after 20 s")
		}
	}
}

// Promote makes the standby a primary.
func (s *Cluster) Promote(tb testing.TB) {
	tb.Helper()
	if err := s.run("pg_ctl", "-D", s.data(), "-w", "promote"); err != nil {
		tb.Fatal(err)
	}
}

// Freeze stops all of the server's processes where they are, or lets them go on.
func (c *Cluster) Freeze(tb testing.TB, frozen bool) {
	tb.Helper()
	pid, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		tb.Fatal(err)
	}
	signal := "-CONT"
	if frozen {
		signal = "-STOP"
	}
	master := strings.Fields(string(pid))[0]
	children, _ := exec.Command("pgrep", "-P", master).Output()
	all := append([]string{signal, master}, strings.Fields(string(children))...)
	if err := exec.Command("kill", all...).Run(); err != nil {
		tb.Fatal(fmt.Errorf("kill %v: %w", all, err))
	}
}

// Keep copies the cluster's data while it is down for a moment, and PutBack sets it
// back to that.
func (c *Cluster) Keep(tb testing.TB) {
	tb.Helper()
	c.down(tb, func() error { return exec.Command("cp", "-a", c.data(), c.data()+".kept").Run() })
}

// PutBack sets the cluster back to what Keep kept.
func (c *Cluster) PutBack(tb testing.TB) {
	tb.Helper()
	c.down(tb, func() error {
		if err := os.RemoveAll(c.data()); err != nil {
			return err
		}
		return os.Rename(c.data()+".kept", c.data())
	})
}

func (c *Cluster) down(tb testing.TB, do func() error) {
	tb.Helper()
	for _, step := range []func() error{c.Stop, do, c.Start} {
		if err := step(); err != nil {
			tb.Fatal(err)
		}
	}
}

// ask is the one value that a query returns.
func (c *Cluster) ask(tb testing.TB, sql string) string {
	tb.Helper()
	out, err := exec.Command(filepath.Join(c.bin, "psql"), "-X", "-A", "-t", "-q", "-d", c.Address(role, "postgres"), "-c", sql).Output()
	if err != nil {
		tb.Fatal(fmt.Errorf("%s: %w", sql, err))
	}
	return strings.TrimSpace(string(out))
}
