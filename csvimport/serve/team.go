package serve

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Team is how people come in over a network: by TLS, or through a proxy that speaks it.
type Team struct {
	// Names reports whether a host, without its port, is ours; nil if any may be, since
	// proxies say which.
	Names func(host string) bool
	// Proxies are believed when they say for whom they ask, by X-Forwarded-Proto, -Host
	// and -For. Nobody else is.
	Proxies Proxies
	// Health is answered to everybody, by any name and without TLS.
	Health map[string]http.Handler
}

// Proxies are the addresses of proxies.
type Proxies []netip.Prefix

// ParseProxies reads addresses and networks such as 10.0.0.0/8, with commas between them.
func ParseProxies(text string) (Proxies, error) {
	var all Proxies
	for one := range strings.SplitSeq(text, ",") {
		one = strings.TrimSpace(one)
		if a, err := netip.ParseAddr(one); err == nil {
			all = append(all, netip.PrefixFrom(a.Unmap(), a.Unmap().BitLen()))
			continue
		}
		p, err := netip.ParsePrefix(one)
		if err != nil {
			return nil, err
		}
		all = append(all, p)
	}
	return all, nil
}

func (p Proxies) has(a netip.Addr) bool {
	for _, prefix := range p {
		if prefix.Contains(a) {
			return true
		}
	}
	return false
}

type secureKey struct{}

// secure reports whether nobody on the way to the person can read along.
func secure(r *http.Request) bool {
	is, _ := r.Context().Value(secureKey{}).(bool)
	return is
}

// request is a request as the person made it: what a proxy says of it counts, what
// others say does not.
func (t *Team) request(r *http.Request) *http.Request {
	safe, host, client := r.TLS != nil, r.Host, r.RemoteAddr
	if peer := Client(r); t.Proxies.has(peer) {
		if proto := last(r, "X-Forwarded-Proto"); proto != "" {
			safe = strings.EqualFold(proto, "https")
		}
		if name := last(r, "X-Forwarded-Host"); name != "" {
			host = name
		}
		client = netip.AddrPortFrom(t.client(r, peer), 0).String()
	}
	r = r.WithContext(context.WithValue(r.Context(), secureKey{}, safe))
	r.Host, r.RemoteAddr = host, client
	return r
}

// client is the last address on a request's way that is none of our proxies: those
// before it were written by whoever asks.
func (t *Team) client(r *http.Request, peer netip.Addr) netip.Addr {
	way := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(way) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(way[i]))
		if err != nil {
			break
		}
		if peer = a.Unmap(); !t.Proxies.has(peer) {
			break
		}
	}
	return peer
}

// last is the last of the values of a header, which is the nearest proxy's.
func last(r *http.Request, name string) string {
	all := strings.Join(r.Header.Values(name), ",")
	return strings.TrimSpace(all[strings.LastIndexByte(all, ',')+1:])
}

// stranger says why a request cannot be ours, 0 if it can.
func (t *Team) stranger(r *http.Request) Refusal {
	host := r.Host
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	switch {
	case !secure(r):
		return Insecure
	case t.Names != nil && !t.Names(strings.Trim(host, "[]")):
		return OtherHost
	}
	return 0
}

// Client is the address a request comes from, as far as it is known.
func Client(r *http.Request) netip.Addr {
	a, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	return a.Addr().Unmap().WithZone("")
}

// OfThisMachine reports whether a request comes from this machine, and through no proxy.
func OfThisMachine(r *http.Request) bool {
	for _, name := range []string{"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"} {
		if r.Header.Get(name) != "" {
			return false
		}
	}
	return Client(r).IsLoopback()
}
