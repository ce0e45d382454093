package apsclient_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"bulkimport/apsclient"
)

// TestLocalhostElsewhere runs this test again without a hosts file, where a name server
// says which machine localhost is: nothing goes to another one.
func TestLocalhostElsewhere(t *testing.T) {
	if address := os.Getenv("APSCLIENT_TEST_LOCALHOST"); address != "" {
		placeWithoutHosts(t, address, strings.Fields(os.Getenv("APSCLIENT_TEST_ANSWERS")))
		return
	}
	if os.Geteuid() != 0 {
		t.Skip("only root can take the hosts file away from a process")
	}
	var placed atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		placed.Add(1)
		say(201, nil, `{"orderId":"x"}`)(w, r)
	}))
	server.Listener.Close()
	l, err := net.Listen("tcp4", "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	server.Listener = l
	server.Start()
	defer server.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	other := outside(t)
	for _, test := range []struct {
		name, answers, want string
		placed              int32
	}{
		{"this machine", "127.0.0.1", "placed: <nil>", 1},
		{"an address of a network", other, "localhost leads to another machine kind: not sent", 0},
		{"that first, then this machine", other + " 127.0.0.1", "placed: <nil>", 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			placed.Store(0)
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLocalhostElsewhere$")
			cmd.Dir = t.TempDir()
			cmd.Env = append(os.Environ(), "APSCLIENT_TEST_LOCALHOST=http://localhost:"+port, "APSCLIENT_TEST_ANSWERS="+test.answers)
			out, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(out), test.want) || placed.Load() != test.placed {
				t.Errorf("%v, %d orders, %s\nwant %d, %s", err, placed.Load(), out, test.placed, test.want)
			}
			noSecret(t, string(out))
		})
	}
}

// outside is an address of this machine that is none of loopback, so that what should not
// go there would be seen; where it has none, one at which nobody is (RFC 5737).
func outside(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() && !p.Addr().IsLoopback() {
			return p.Addr().String()
		}
	}
	return "198.51.100.7"
}

func placeWithoutHosts(t *testing.T, address string, answers []string) {
	if err := syscall.Chroot("."); err != nil {
		t.Fatal(err)
	}
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		asker, server := net.Pipe()
		go answerNames(server, answers)
		return asker, nil
	}}
	c := newClient(t, apsclient.Config{URL: address})
	_, err := c.NewOrders(testService).Place(t.Context(), someOrder())
	fmt.Printf("placed: %v kind: %v\n", err, apsclient.KindOf(err))
	c.Close()
}

// answerNames answers questions of DNS (RFC 1035) on a connection: every name has these
// addresses of IPv4, and no others.
func answerNames(conn net.Conn, addresses []string) {
	defer conn.Close()
	for {
		var length [2]byte
		if _, err := io.ReadFull(conn, length[:]); err != nil {
			return
		}
		question := make([]byte, binary.BigEndian.Uint16(length[:]))
		if _, err := io.ReadFull(conn, question); err != nil {
			return
		}
		end := 12
		for question[end] != 0 {
			end += 1 + int(question[end])
		}
		end += 5 // the root, type and class
		answer := append([]byte(nil), question[:end]...)
		copy(answer[2:], []byte{0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0})
		if question[end-3] == 1 { // an address of IPv4 is asked for
			answer[7] = byte(len(addresses))
			for _, a := range addresses {
				answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				answer = append(answer, net.ParseIP(a).To4()...)
			}
		}
		conn.Write(binary.BigEndian.AppendUint16(nil, uint16(len(answer))))
		conn.Write(answer)
	}
}
