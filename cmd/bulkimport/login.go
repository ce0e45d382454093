package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// login keeps an address and credentials under a profile: the profile in
// config.toml, the secret in the keyring or in a file only its owner can read.
type login struct {
	env                          *env
	profile, url, caFile         string
	consumerKey                  string
	tokenURL, clientID, username string
	noCheck, noKeyring           bool
}

func newLogin(e *env) *cobra.Command {
	o := &login{env: e}
	cmd := &cobra.Command{
		Use:   "login",
		Short: "Keep address and credentials, the secret in the keyring or a private file",
		Long: `login asks for the address of the platform and the credentials, tries them, and
keeps them as a profile: the profile in config.toml, which holds no secret; the
secret in the keyring of the operating system, or where there is none in a file
that only you can read. The secret is typed without being shown, or read from
stdin; it is never a flag.

Where key and secret come from: bulkimport help credentials.`,
		Args: arguments(),
		Example: `  bulkimport login
  bulkimport login --profile staging --url https://staging.example.com --consumer-key KEY
  bulkimport login --url https://cb.example.com --consumer-key KEY < secret.txt
  bulkimport login --token-url https://cb.example.com/auth/realms/sso/protocol/openid-connect/token --client-id ID`,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd.Context()) },
	}
	f := cmd.Flags()
	f.StringVar(&o.profile, "profile", "", "`name` of the profile (default \"default\")")
	f.StringVar(&o.url, "url", "", "base `URL` of the platform")
	f.StringVar(&o.caFile, "ca-file", "", "trust the certificates in this PEM `file` too")
	f.StringVar(&o.consumerKey, "consumer-key", "", "OAuth 1: the `key` (not the secret)")
	f.StringVar(&o.tokenURL, "token-url", "", "OAuth 2: `URL` of the token endpoint")
	f.StringVar(&o.clientID, "client-id", "", "OAuth 2: the `client`")
	f.StringVar(&o.username, "username", "", "OAuth 2, password grant: the `user`; stdin then holds client secret and password, a line each")
	f.BoolVar(&o.noCheck, "no-check", false, "keep them without trying them")
	completeProfiles(cmd, o.env)
	f.BoolVar(&o.noKeyring, "no-keyring", false, "keep the secret in a private file even where there is a keyring")
	describe(cmd, exits{
		0:   "kept",
		1:   "the platform did not accept them, or could not be reached; nothing was kept",
		2:   "something is missing or cannot be right",
		130: "interrupted; nothing was kept",
	}, "BULKIMPORT_URL  base URL, where --url is not given", "BULKIMPORT_CONSUMER_KEY  OAuth 1: the key, where --consumer-key is not given",
		"BULKIMPORT_PROFILE  name of the profile, where --profile is not given", "XDG_CONFIG_HOME  folder of config.toml")
	return cmd
}

func (o *login) run(ctx context.Context) error {
	o.profile = cmp.Or(o.profile, o.env.get("BULKIMPORT_PROFILE"), usualProfile)
	if !profileName.MatchString(o.profile) {
		return wrong("a profile cannot be called "+quote(o.profile), "letters, digits, - and _, at most 64")
	}
	q := &questions{env: o.env, lines: bufio.NewReader(o.env.in)}
	s, err := o.ask(ctx, q)
	if err != nil {
		return err
	}
	if !o.noCheck {
		if err := o.check(ctx, s); err != nil {
			return err
		}
	}
	return o.keep(s)
}

// ask completes the flags by questions, or by lines of stdin.
func (o *login) ask(ctx context.Context, q *questions) (*settings, error) {
	s := &settings{profile: o.profile, origin: "--url", caFile: o.caFile}
	var err error
	if s.url, err = q.ask(ctx, "address of the platform", cmp.Or(o.url, o.env.get("BULKIMPORT_URL")), "--url"); err != nil {
		return nil, err
	}
	if err := checkURL(s.url, "the address"); err != nil {
		return nil, err
	}
	if s.cas, err = certificates(o.caFile); err != nil {
		return nil, err
	}
	if o.tokenURL == "" && o.clientID == "" {
		if s.consumerKey, err = q.ask(ctx, "consumer key", cmp.Or(o.consumerKey, o.env.get("BULKIMPORT_CONSUMER_KEY")), "--consumer-key"); err != nil {
			return nil, err
		}
		s.consumerSecret, err = q.secret(ctx, "consumer secret", false)
		return s, err
	}
	s.tokenURL, s.clientID, s.username = o.tokenURL, o.clientID, o.username
	switch {
	case s.tokenURL == "":
		return nil, wrong("--token-url is missing", "OAuth 2 needs --token-url and --client-id")
	case s.clientID == "":
		return nil, wrong("--client-id is missing", "OAuth 2 needs --token-url and --client-id")
	}
	if err := checkURL(s.tokenURL, "--token-url"); err != nil {
		return nil, err
	}
	if s.clientSecret, err = q.secret(ctx, "client secret", s.username != ""); err != nil || s.username == "" {
		return s, err
	}
	s.password, err = q.secret(ctx, "password of "+s.username, false)
	return s, err
}

// keep writes the secrets first, then the profile that points at them.
func (o *login) keep(s *settings) error {
	keys := [][2]string{
		{"url", tomlString(s.url)},
		{"consumer_key", tomlString(s.consumerKey)},
		{"token_url", tomlString(s.tokenURL)},
		{"client_id", tomlString(s.clientID)},
		{"username", tomlString(s.username)},
	}
	if o.caFile != "" {
		path, err := filepath.Abs(o.caFile)
		if err != nil {
			return err
		}
		keys = append(keys, [2]string{"ca_file", tomlString(path)})
	}
	secrets := [][2]string{{"consumer_secret", s.consumerSecret}, {"client_secret", s.clientSecret}, {"password", s.password}}
	inKeyring := !o.noKeyring
	for _, secret := range secrets {
		if inKeyring && secret[1] != "" {
			inKeyring = keepInKeyring(o.profile, secret[0], secret[1]) == nil
		}
	}
	where := "in the keyring"
	if inKeyring {
		keys = append(keys, [2]string{"keyring", "true"})
	} else {
		keys = append(keys, [2]string{"keyring", ""})
	}
	for _, secret := range secrets {
		file := ""
		if !inKeyring && secret[1] != "" {
			path, err := o.keepInFile(secret[0], secret[1])
			if err != nil {
				return err
			}
			file, where = path, "in "+path+", which only you can read"
		}
		keys = append(keys, [2]string{secret[0] + "_file", tomlString(file)}, [2]string{secret[0] + "_command"})
	}
	path, err := o.env.saveProfile(o.profile, keys)
	if err != nil {
		return err
	}
	fmt.Fprintf(o.env.err, "kept as profile %s in %s; the secret %s\n", o.profile, path, where)
	next := "bulkimport doctor"
	if o.profile != usualProfile {
		next += " --profile " + o.profile
	}
	fmt.Fprintf(o.env.err, "next: %s\n", next)
	return nil
}

func (o *login) keepInFile(name, secret string) (string, error) {
	folder, err := o.env.configFolder()
	if err != nil {
		return "", err
	}
	folder = filepath.Join(folder, "secrets")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	path := filepath.Join(folder, o.profile+"."+name)
	return path, writeSecretFile(path, secret)
}

// questions asks a person on a terminal, or reads the answers as lines.
type questions struct {
	env   *env
	lines *bufio.Reader
}

// ask returns known, or the answer to a question.
func (q *questions) ask(ctx context.Context, what, known, flag string) (string, error) {
	if known != "" {
		return known, nil
	}
	if !isTerminal(q.env.in) {
		return "", wrong("the "+what+" is missing", "give it with "+flag)
	}
	fmt.Fprintf(q.env.err, "%s: ", what)
	answer, err := waitFor(ctx, func() (string, error) { return q.lines.ReadString('\n') })
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if answer = strings.TrimSpace(answer); answer == "" {
		return "", wrong("the "+what+" is missing", "")
	}
	return answer, nil
}

// secret reads a secret: typed without being shown, or a line of stdin.
func (q *questions) secret(ctx context.Context, what string, mayBeEmpty bool) (string, error) {
	secret, err := q.hidden(ctx, what)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if secret = strings.TrimRight(secret, "\r\n"); secret == "" && !mayBeEmpty {
		return "", wrong("the "+what+" is missing", "type it, or give it on stdin as a line of its own")
	}
	q.env.veil.cover(secret)
	return secret, nil
}

func (q *questions) hidden(ctx context.Context, what string) (string, error) {
	f, ok := q.env.in.(*os.File)
	if !ok || !isTerminal(f) {
		return waitFor(ctx, func() (string, error) { return q.lines.ReadString('\n') })
	}
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return "", err
	}
	fmt.Fprintf(q.env.err, "%s (not shown): ", what)
	secret, err := waitFor(ctx, func() (string, error) {
		typed, err := term.ReadPassword(int(f.Fd()))
		return string(typed), err
	})
	fmt.Fprintln(q.env.err)
	return secret, errors.Join(err, term.Restore(int(f.Fd()), before))
}

// waitFor returns what read returns, or gives up when ctx ends: a terminal
// cannot be told to stop waiting.
func waitFor(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := read()
		answered <- answer{text, err}
	}()
	select {
	case a := <-answered:
		return a.text, a.err
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}
