package apstest

import (
	"context"
	"net"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// Network is a net within this process. Its connections are those of net.Pipe,
// so that a bubble of testing/synctest can tell when all are idle. The zero
// value is a net on which nobody listens yet. It is safe for concurrent use.
type Network struct {
	mu        sync.Mutex
	listeners map[address]*pipeListener
	port      int // the free port given out last
}

// Listen listens at host:port, as Config.Listener does. Port 0 picks one that
// is free. No name is resolved: a client has to dial the same host:port.
func (n *Network) Listen(addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if port == "0" {
		n.port = max(n.port, 49151) + 1
		addr = net.JoinHostPort(host, strconv.Itoa(n.port))
	}
	l := &pipeListener{on: n, at: address(addr), dialled: make(chan net.Conn), closed: make(chan struct{})}
	if n.listeners[l.at] != nil {
		return nil, l.at.failed("listen", "bind", syscall.EADDRINUSE)
	}
	if n.listeners == nil {
		n.listeners = make(map[address]*pipeListener)
	}
	n.listeners[l.at] = l
	return l, nil
}

// Dial connects to who listens at host:port; it is what the Config of a client
// takes. Where nobody listens the connection is refused (syscall.ECONNREFUSED).
func (n *Network) Dial(ctx context.Context, network, addr string) (net.Conn, error) {
	at := address(addr)
	n.mu.Lock()
	l := n.listeners[at]
	n.mu.Unlock()
	if l == nil {
		return nil, at.failed("dial", "connect", syscall.ECONNREFUSED)
	}
	near, far := net.Pipe()
	select {
	case l.dialled <- far:
		return near, nil
	case <-l.closed:
		return nil, at.failed("dial", "connect", syscall.ECONNREFUSED)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// address is host:port, a net.Addr.
type address string

func (a address) Network() string { return "tcp" }
func (a address) String() string  { return string(a) }

// failed is an error as package net makes it.
func (a address) failed(op, call string, err syscall.Errno) error {
	return &net.OpError{Op: op, Net: a.Network(), Addr: a, Err: os.NewSyscallError(call, err)}
}

// pipeListener is a net.Listener.
type pipeListener struct {
	on      *Network
	at      address
	dialled chan net.Conn
	closed  chan struct{}
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.dialled:
		return conn, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.on.mu.Lock()
	defer l.on.mu.Unlock()
	if l.on.listeners[l.at] == l {
		delete(l.on.listeners, l.at)
		close(l.closed)
	}
	return nil
}

func (l *pipeListener) Addr() net.Addr { return l.at }
