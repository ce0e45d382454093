package ledger

import (
	"net/url"
	"strings"
	"time"
)

// PlatformInfo is what a ledger knows of a platform.
type PlatformInfo struct {
	ID         string   // the aps.id of its order service
	URLs       []string // the addresses it was reached at, the latest first
	Proved     bool
	References Kept
	Known      time.Time // since when
	Entries    int       // subscriptions
}

// NormalAddress is an address without what does not tell two apart.
func NormalAddress(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Host == "" {
		return address
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	scheme := strings.ToLower(u.Scheme)
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && !(scheme == "https" && port == "443") && !(scheme == "http" && port == "80") {
		host += ":" + port
	}
	return scheme + "://" + host + strings.TrimRight(u.EscapedPath(), "/")
}
