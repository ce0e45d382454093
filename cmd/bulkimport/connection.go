package main

import (
	"cmp"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"bulkimport/apsclient"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/pace"

	"github.com/spf13/cobra"
)

// connection are the flags by which a command is told where the platform is.
type connection struct {
	url, profile, ledger, caFile string
	verbose                      bool
}

func (c *connection) flags(cmd *cobra.Command, e *env) {
	f := cmd.Flags()
	f.StringVar(&c.url, "url", "", "base `URL` of the platform")
	f.StringVar(&c.profile, "profile", "", "take settings from this `profile` of config.toml")
	f.StringVar(&c.ledger, "ledger", "", "the ledger: a `file`, or postgres://user@host/database")
	f.StringVar(&c.caFile, "ca-file", "", "trust the certificates in this PEM `file` too")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "log every request to stderr")
	completeProfiles(cmd, e)
}

// placeFlags are the flags of a command that asks no platform.
func (c *connection) placeFlags(cmd *cobra.Command, e *env) {
	c.flags(cmd, e)
	for _, name := range []string{"ca-file", "verbose"} { // understood, as by the others
		cobra.CheckErr(cmd.Flags().MarkHidden(name))
	}
}

// settings are what flags, environment and profile add up to.
type settings struct {
	url     string
	origin  string // where the URL was set, in words
	profile string
	ledger  string
	caFile  string
	cas     *x509.CertPool
	wire    map[string]any
	record  func(apsclient.Exchange) // nil: nobody is told

	settle             time.Duration // of the profile, else the default
	noEvidence         bool
	ledgerPasswordFile string
	rehearsed          bool        // the first day on a stand-in is as elsewhere
	pace               pace.Window // none if zero

	consumerKey, consumerSecret string

	tokenURL, clientID, clientSecret, username, password string
}

// configured reports whether there is a platform to ask.
func (s *settings) configured() bool { return s.url != "" }

// settings works out where the platform is and who we are there: flag over
// environment over profile over default. It reads secrets, from the
// environment, from files or from the keyring.
func (c *connection) settings(e *env) (*settings, error) {
	s, p, err := c.places(e)
	if err != nil {
		return nil, err
	}
	if !s.configured() {
		return s, nil
	}
	if err := checkURL(s.url, s.origin); err != nil {
		return nil, err
	}
	if s.cas, err = certificates(s.caFile); err != nil {
		return nil, err
	}
	return s, s.credentials(e, p)
}

// errPasswordInAddress is what is said of the address of a ledger.
func errPasswordInAddress() error {
	return wrong("the ledger's address has a password in it", "take it out, and set PGPASSWORD or PGPASSFILE, or ledger_password_file in the profile")
}

// places finds the settings that are no secrets.
func (c *connection) places(e *env) (*settings, profile, error) {
	path, err := e.configPath()
	if err != nil {
		return nil, profile{}, err
	}
	profiles, err := e.profiles()
	if err != nil {
		return nil, profile{}, err
	}
	p, name, err := named(profiles, cmp.Or(c.profile, e.get("BULKIMPORT_PROFILE")), path)
	if err != nil {
		return nil, profile{}, err
	}
	s := &settings{
		url:     cmp.Or(c.url, e.get("BULKIMPORT_URL"), p.URL),
		profile: name,
		ledger:  cmp.Or(c.ledger, e.pathOf("BULKIMPORT_LEDGER"), p.Ledger),
		caFile:  cmp.Or(c.caFile, e.pathOf("BULKIMPORT_CA_FILE"), p.CAFile),
		wire:    p.Wire,

		ledgerPasswordFile: p.LedgerPasswordFile,

		rehearsed: e.get("BULKIMPORT_FIRST_DAY") != "",
		settle:    cmp.Or(time.Duration(p.Settle), engine.DefaultSettle), noEvidence: p.NoEvidence, pace: pace.Window(p.Pace),
	}
	switch s.url {
	case c.url:
		s.origin = "--url"
	case e.get("BULKIMPORT_URL"):
		s.origin = "BULKIMPORT_URL"
	default:
		s.origin = "profile " + name
	}
	if postgres.HasPassword(s.ledger) { // not shown, and nowhere kept
		return nil, profile{}, errPasswordInAddress()
	}
	if s.ledger == "" {
		folder, err := e.stateFolder()
		if err != nil {
			return nil, profile{}, err
		}
		s.ledger = filepath.Join(folder, "ledger.db")
	}
	return s, p, nil
}

// required is settings for a command that cannot work without a platform.
func (c *connection) required(e *env) (*settings, error) {
	s, err := c.settings(e)
	if err != nil {
		return nil, err
	}
	if !s.configured() {
		return nil, wrong("no platform is set", "bulkimport login, or set BULKIMPORT_URL and the credentials (bulkimport help credentials)")
	}
	return s, nil
}

// checkURL refuses an address that cannot be right, and plain HTTP to
// anywhere but this machine.
func checkURL(text, origin string) error {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		hint := "it looks like https://host or https://host:6308"
		if host, _, _ := strings.Cut(text, "/"); bareHost.MatchString(host) {
			hint = "did you mean https://" + clean(text) + "?"
		}
		return wrong(fmt.Sprintf("%s is not an address: %s", origin, quote(withoutUser(text))), hint)
	}
	if u.User != nil {
		return wrong(origin+" holds a user name or password", "credentials do not belong in the address (bulkimport help credentials)")
	}
	if u.Scheme == "http" && !apsclient.Loopback(u.Hostname()) {
		return wrong(fmt.Sprintf("%s is plain http, and %s is another machine", origin, quote(u.Hostname())), "use https://")
	}
	return nil
}

// withoutUser is an address without who it is for: the text of one that cannot be
// read may hold a password.
func withoutUser(address string) string {
	from := 0
	if i := strings.Index(address, "://"); i >= 0 {
		from = i + len("://")
	}
	if to := strings.LastIndexByte(address, '@'); to >= from {
		return address[:from] + "…" + address[to:]
	}
	return address
}

// loopback reports whether the platform is on this machine.
func (s *settings) loopback() bool {
	u, err := url.Parse(s.url)
	return err == nil && apsclient.Loopback(u.Hostname())
}

// credentials finds key and secrets. The environment decides between OAuth 1
// and OAuth 2 if it names either, else the profile does.
func (s *settings) credentials(e *env, p profile) error {
	one := e.get("BULKIMPORT_CONSUMER_KEY") != ""
	two := e.get("BULKIMPORT_TOKEN_URL") != "" || e.get("BULKIMPORT_CLIENT_ID") != ""
	if one && two {
		return wrong("the environment holds credentials for OAuth 1 and for OAuth 2", "unset BULKIMPORT_CONSUMER_KEY, or BULKIMPORT_TOKEN_URL and BULKIMPORT_CLIENT_ID")
	}
	if !one && !two {
		one, two = p.ConsumerKey != "", p.TokenURL != "" || p.ClientID != ""
		if one && two {
			return wrong("profile "+s.profile+" holds credentials for OAuth 1 and for OAuth 2", "remove consumer_key, or token_url and client_id")
		}
	}
	if two {
		return s.oauth2(e, p)
	}
	return s.oauth1(e, p)
}

func (s *settings) oauth1(e *env, p profile) error {
	s.consumerKey = cmp.Or(e.get("BULKIMPORT_CONSUMER_KEY"), p.ConsumerKey)
	if s.consumerKey == "" {
		return wrong("no credentials are set for "+s.url, "bulkimport login, or set BULKIMPORT_CONSUMER_KEY and BULKIMPORT_CONSUMER_SECRET (bulkimport help credentials)")
	}
	if s.consumerKey != p.ConsumerKey {
		p = profile{} // whose secret is another key's
	}
	var err error
	s.consumerSecret, err = s.secret(e, "BULKIMPORT_CONSUMER_SECRET", "consumer_secret", secretPlace{p.ConsumerSecretFile, p.ConsumerSecretCommand}, p.Keyring)
	return err
}

func (s *settings) oauth2(e *env, p profile) error {
	s.tokenURL = cmp.Or(e.get("BULKIMPORT_TOKEN_URL"), p.TokenURL)
	s.clientID = cmp.Or(e.get("BULKIMPORT_CLIENT_ID"), p.ClientID)
	s.username = cmp.Or(e.get("BULKIMPORT_USERNAME"), p.Username)
	switch {
	case s.tokenURL == "":
		return wrong("OAuth 2 needs the address of the token endpoint", "set BULKIMPORT_TOKEN_URL, or token_url in the profile")
	case s.clientID == "":
		return wrong("OAuth 2 needs a client id", "set BULKIMPORT_CLIENT_ID, or client_id in the profile")
	}
	if err := checkURL(s.tokenURL, "the token endpoint"); err != nil {
		return err
	}
	if s.clientID != p.ClientID || s.username != p.Username {
		p = profile{} // whose secrets are another's
	}
	var err error
	s.clientSecret, err = s.secret(e, "BULKIMPORT_CLIENT_SECRET", "client_secret", secretPlace{p.ClientSecretFile, p.ClientSecretCommand}, p.Keyring)
	if err != nil && (s.username == "" || !errors.Is(err, errNoSecret)) {
		return err // a public client with a user's password has no secret of its own
	}
	if s.username != "" {
		s.password, err = s.secret(e, "BULKIMPORT_PASSWORD", "password", secretPlace{p.PasswordFile, p.PasswordCommand}, p.Keyring)
		return err
	}
	return nil
}

// errNoSecret is a secret that is set nowhere.
var errNoSecret = errors.New("no secret")

// secretWords names a secret to a person.
func secretWords(name string) string { return strings.ReplaceAll(name, "_", " ") }

// secret finds one secret: from the environment, from a file that the
// environment or the profile names, or from the keyring.
func (s *settings) secret(e *env, variable, name string, in secretPlace, inKeyring bool) (secret string, err error) {
	switch {
	case e.get(variable) != "":
		secret = e.get(variable)
	case e.get(variable+"_FILE") != "":
		secret, err = e.secretFile(e.pathOf(variable+"_FILE"), variable+"_FILE")
	case in.file != "" && in.command != "":
		return "", wrong(fmt.Sprintf("profile %s names %s_file and %[2]s_command", s.profile, name), "keep one of them")
	case in.command != "":
		secret, err = s.commandSecret(e, name, in.command)
	case in.file != "":
		secret, err = e.secretFile(in.file, "profile "+s.profile)
	case inKeyring:
		secret, err = keyringSecret(s.profile, name)
	default:
		hint := fmt.Sprintf("set %s, or %[1]s_FILE, or run bulkimport login", variable)
		return "", &ending{status: statusUsage, err: &missingSecret{secretWords(name)}, hint: hint}
	}
	if err == nil {
		e.veil.cover(secret)
	}
	return secret, err
}

// missingSecret says which secret is set nowhere.
type missingSecret struct{ name string }

func (m *missingSecret) Error() string        { return "the " + m.name + " is not set" }
func (m *missingSecret) Is(target error) bool { return target == errNoSecret }

// login tells the credentials from others, without telling them.
func (s *settings) login() string {
	sum := sha256.Sum256([]byte(s.consumerKey + "\n" + s.clientID + "\n" + s.username))
	return hex.EncodeToString(sum[:8])
}

// window is what may go, by the profile, or by what the orders of this type may come to
// behind the platform.
func (s *settings) window(kind string) pace.Window {
	if s.pace.Most == 0 && strings.EqualFold(kind, "MIGRATION") {
		return migrationPace
	}
	return s.pace
}

// settleTime is how long an unanswered order may still turn up: the profile's word,
// or, on loopback, that of a flag.
func (s *settings) settleTime(flag time.Duration) (time.Duration, error) {
	switch {
	case flag == engine.DefaultSettle:
		return s.settle, nil
	case s.loopback():
		return atLeast(flag), nil
	}
	return 0, wrong("--settle is for a stand-in on this machine alone", "how long an unanswered order may still turn up is a matter of the platform: settle in the profile")
}
