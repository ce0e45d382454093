package pgtest

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Pooled is an address as it is reached through PgBouncer, which gives each
// transaction a session of its choice. It skips a test where there is none.
func (c *Cluster) Pooled(tb testing.TB, address string) string {
	tb.Helper()
	c.Need(tb)
	program, err := exec.LookPath("/usr/sbin/pgbouncer")
	if err != nil {
		tb.Skip("there is no PgBouncer here: install Debian's package pgbouncer")
	}
	port, err := freePort()
	if err != nil {
		tb.Fatal(err)
	}
	settings := filepath.Join(c.folder, fmt.Sprintf("pooler-%d.ini", port))
	text := fmt.Sprintf("[databases]\n* = host=127.0.0.1 port=%d user=%s\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = %d\nunix_socket_dir =\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 4\nlogfile = %s.log\n",
		c.port, role, port, settings)
	if err := os.WriteFile(settings, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	argv := []string{program, "-q", settings}
	if os.Geteuid() == 0 { // which it refuses to be
		argv = []string{program, "-q", "-u", "postgres", settings}
	}
	cmd := exec.Command(argv[0], argv[1:]...)
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	u.Host = fmt.Sprintf("127.0.0.1:%d", port)
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		conn, err := net.Dial("tcp", u.Host)
		if err == nil {
			conn.Close()
			return u.String() + "?sslmode=disable"
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(settings + ".log")
			tb.Fatalf("PgBouncer does not answer: %v\n%s", err, said)
		}
	}
}
