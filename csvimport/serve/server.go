package serve

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"time"
)

const (
	headPatience = 10 * time.Second
	idlePatience = 2 * time.Minute
	headBytes    = 32 << 10
)

// Listen listens on loopback, at a port or, for 0, at any that is free.
func Listen(port int) (net.Listener, error) {
	return net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
}

// Run answers requests until ctx ends. The contexts of requests that go on then end,
// and are waited for, at most as long as patience. It has no log: what goes wrong with
// a stranger's connection is the stranger's.
func Run(ctx context.Context, l net.Listener, h http.Handler, patience time.Duration) error {
	requests, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	server := &http.Server{
		Handler: h, ReadHeaderTimeout: headPatience, IdleTimeout: idlePatience, MaxHeaderBytes: headBytes,
		ErrorLog:    log.New(nowhere{}, "", 0),
		BaseContext: func(net.Listener) context.Context { return requests },
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	end(http.ErrServerClosed)
	last, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := server.Shutdown(last)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	<-failed
	return err
}

type nowhere struct{}

func (nowhere) Write(p []byte) (int, error) { return len(p), nil }

// ListenAt listens at HOST:PORT, beyond this machine where the host is.
func ListenAt(address string) (net.Listener, error) { return net.Listen("tcp", address) }
