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
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/zalando/go-keyring"
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

	stored profile // what is offered, at a terminal
	fresh  bool    // a secret is another than the stored one
}

func newLogin(e *env) *cobra.Command {
	o := &login{env: e}
	cmd := &cobra.Command{
		Use:        "login",
		SuggestFor: []string{"configure", "config", "setup", "connect"},
		Short:      "Keep address and credentials, the secret in the keyring or a private file",
		Long: `login asks for the address of the platform and the credentials, tries them, and
keeps them as a profile: the profile in config.toml, which holds no secret; the
secret in the keyring of the operating system, or where there is none in a file
that only you can read. The secret is typed without being shown, or read from
stdin; it is never a flag. What is kept already is offered: Enter takes it. An
address without https:// is taken as one with it.

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
	all, err := o.env.profiles()
	if err != nil {
		return err
	}
	q := &questions{env: o.env, lines: bufio.NewReader(o.env.in)}
	defer q.forget()
	if isTerminal(o.env.in) {
		o.stored = all[o.profile]
	}
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
	if s.url, err = q.ask(ctx, question{"address of the platform", "--url", cmp.Or(o.url, o.env.get("BULKIMPORT_URL")), withoutUser(o.stored.URL), address}); err != nil {
		return nil, err
	}
	if s.cas, err = certificates(cmp.Or(o.caFile, o.stored.CAFile)); err != nil {
		return nil, err
	}
	key := cmp.Or(o.consumerKey, o.env.get("BULKIMPORT_CONSUMER_KEY"))
	if o.tokenURL != "" || o.clientID != "" || key == "" && o.stored.ClientID != "" {
		return s, o.askOAuth2(ctx, q, s)
	}
	if s.consumerKey, err = q.ask(ctx, question{"consumer key", "--consumer-key", key, o.stored.ConsumerKey, nil}); err != nil {
		return nil, err
	}
	same := s.url == o.stored.URL && s.consumerKey == o.stored.ConsumerKey
	s.consumerSecret, err = o.secret(ctx, q, s, "consumer_secret", same, false)
	return s, err
}

func (o *login) askOAuth2(ctx context.Context, q *questions, s *settings) (err error) {
	if !isTerminal(o.env.in) && (o.tokenURL == "" || o.clientID == "") {
		missing := "--token-url"
		if o.tokenURL != "" {
			missing = "--client-id"
		}
		return wrong(missing+" is missing", "OAuth 2 needs --token-url and --client-id")
	}
	if s.tokenURL, err = q.ask(ctx, question{"address of the token endpoint", "--token-url", o.tokenURL, o.stored.TokenURL, address}); err != nil {
		return err
	}
	if s.clientID, err = q.ask(ctx, question{"client", "--client-id", o.clientID, o.stored.ClientID, nil}); err != nil {
		return err
	}
	same := s.url == o.stored.URL && s.tokenURL == o.stored.TokenURL && s.clientID == o.stored.ClientID
	s.username = o.username
	if s.username == "" && same {
		s.username = o.stored.Username
	}
	same = same && s.username == o.stored.Username
	if s.clientSecret, err = o.secret(ctx, q, s, "client_secret", same, s.username != ""); err != nil || s.username == "" {
		return err
	}
	s.password, err = o.secret(ctx, q, s, "password", same, false)
	return err
}

// secret asks for a secret. The stored one is offered where it is for the same address
// and the same login.
func (o *login) secret(ctx context.Context, q *questions, s *settings, name string, same, mayBeEmpty bool) (string, error) {
	stored := ""
	if p := o.stored; same {
		stored, _ = s.secret(o.env, "", name, p.secrets()[name], p.Keyring)
	}
	words := secretWords(name)
	if name == "password" {
		words += " of " + s.username
	}
	secret, err := q.secret(ctx, words, stored, mayBeEmpty)
	o.fresh = o.fresh || secret != stored
	return secret, err
}

// address reads an address as people write it: a host alone is one with https.
func address(text string) (string, error) {
	if host, _, _ := strings.Cut(text, "/"); bareHost.MatchString(host) {
		text = "https://" + text
	}
	return text, checkURL(text, "the address")
}

// bareHost is a host that has a dot or a port, as no key or secret does.
var bareHost = regexp.MustCompile(`^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*(\.[A-Za-z0-9-]+|:[0-9]+)$`)

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
	where := "stays where it was"
	if o.fresh || o.noKeyring {
		more, place, err := o.keepSecrets([][2]string{{"consumer_secret", s.consumerSecret}, {"client_secret", s.clientSecret}, {"password", s.password}})
		if err != nil {
			return err
		}
		keys, where = append(keys, more...), place
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

// keepSecrets keeps secrets, name and value, in the keyring or in files, and returns
// the keys that point at them, and where they are in words.
func (o *login) keepSecrets(secrets [][2]string) (keys [][2]string, where string, err error) {
	inKeyring, whyNot := !o.noKeyring, ""
	for _, secret := range secrets {
		if inKeyring && secret[1] != "" {
			err := keepInKeyring(o.profile, secret[0], secret[1])
			inKeyring = err == nil
			if errors.Is(err, keyring.ErrSetDataTooBig) {
				whyNot = " (it is longer than the keyring of this system takes)"
			}
		}
	}
	where = "in the keyring"
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
				return nil, "", err
			}
			file, where = path, "in "+path+", which only you can read"+whyNot
		}
		keys = append(keys, [2]string{secret[0] + "_file", tomlString(file)}, [2]string{secret[0] + "_command"})
	}
	return keys, where, nil
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

// question is what to ask for, unless a flag or the environment has given it.
type question struct {
	what, flag, given string
	stored            string                       // offered
	read              func(string) (string, error) // nil: as it is
}

// ask returns what was given, or the answer. On a terminal a wrong answer is asked for
// again: who pastes address, key and secret must not have the rest of it go to a shell.
func (q *questions) ask(ctx context.Context, a question) (string, error) {
	if a.read == nil {
		a.read = func(text string) (string, error) { return text, nil }
	}
	if a.given != "" {
		return a.read(a.given)
	}
	if !isTerminal(q.env.in) {
		return "", wrong("the "+a.what+" is missing", "give it with "+a.flag)
	}
	prompt := a.what + ": "
	if a.stored != "" {
		prompt = a.what + " [" + clean(a.stored) + "]: "
	}
	for {
		fmt.Fprint(q.env.err, prompt)
		line, err := waitFor(ctx, func() (string, error) { return q.lines.ReadString('\n') })
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		answer := cmp.Or(strings.TrimSpace(line), a.stored)
		if answer == "" {
			if err != nil {
				return "", wrong("the "+a.what+" is missing", "give it with "+a.flag)
			}
			continue
		}
		value, wrongly := a.read(answer)
		if wrongly == nil || err != nil {
			return value, wrongly
		}
		q.forget()
		q.env.leave(wrongly)
	}
}

// forget drops what was typed, or pasted, and is not read yet: it would be taken for the
// answer to another question, or by the shell for commands.
func (q *questions) forget() {
	if f := fileOf(q.env.in); isTerminal(q.env.in) {
		q.lines.Reset(q.env.in)
		dropTyped(f)
	}
}

// secret reads a secret: typed without being shown, or a line of stdin.
func (q *questions) secret(ctx context.Context, what, stored string, mayBeEmpty bool) (string, error) {
	for {
		secret, err := q.hidden(ctx, what, stored)
		if err != nil && !errors.Is(err, io.EOF) {
			return "", err
		}
		secret = cmp.Or(strings.TrimRight(secret, "\r\n"), stored)
		q.env.veil.cover(secret)
		switch {
		case secret != "" || mayBeEmpty:
			return secret, nil
		case err != nil || !isTerminal(q.env.in):
			return "", wrong("the "+what+" is missing", "type it, or give it on stdin as a line of its own")
		}
	}
}

func (q *questions) hidden(ctx context.Context, what, stored string) (string, error) {
	f := fileOf(q.env.in)
	if !isTerminal(f) {
		return waitFor(ctx, func() (string, error) { return q.lines.ReadString('\n') })
	}
	before, err := term.GetState(int(f.Fd()))
	if err != nil {
		return "", err
	}
	hideTyped(f) // who is quick answers before ReadPassword has hidden it
	keeps := ""
	if stored != "" {
		keeps = "; Enter keeps the stored one"
	}
	fmt.Fprintf(q.env.err, "%s (not shown%s): ", clean(what), keeps)
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
