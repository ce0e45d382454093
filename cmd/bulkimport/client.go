package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"

	"bulkimport/apsclient"
	"bulkimport/apsclient/shape"
)

// client returns a client for the platform that s names, wide enough for so
// many requests at once; 0 is the client's own default.
func (s *settings) client(e *env, connections int, verbose bool) (*apsclient.Client, error) {
	cfg := apsclient.Config{
		Secret:      e.veil.cover,
		URL:         s.url,
		Connections: connections,
		RootCAs:     s.cas,
		UserAgent:   "bulkimport/" + version,
		Record:      s.record,
	}
	if err := setWire(&cfg.Wire, "", s.wire); err != nil {
		return nil, s.badWire(err, "")
	}
	if s.clientID != "" {
		cfg.OAuth2 = &apsclient.OAuth2{TokenURL: s.tokenURL, ClientID: s.clientID, ClientSecret: s.clientSecret, Username: s.username, Password: s.password}
	} else {
		cfg.OAuth1 = &apsclient.OAuth1{Key: s.consumerKey, Secret: s.consumerSecret}
	}
	if verbose {
		cfg.Logger = e.logger()
	}
	client, err := apsclient.New(cfg)
	if err != nil {
		hint := "bulkimport help credentials"
		if _, ok := errors.AsType[*shape.Error](err); ok {
			hint = "bulkimport doctor --shapes shows templates that are right"
		}
		return nil, &ending{status: statusUsage, err: err, hint: hint}
	}
	return client, nil
}

// badWire says what is wrong with what a profile says about the wire; how says how the
// names are listed all the same.
func (s *settings) badWire(err error, how string) error {
	return &ending{status: statusUsage, err: fmt.Errorf("profile %s, table wire: %w", s.profile, err), hint: "bulkimport doctor --assumptions" + how + " lists the names"}
}

// setWire takes over what a profile says about the wire. Tables in tables are
// names with dots: both ways of writing them are understood.
func setWire(wire *apsclient.Wire, prefix string, values map[string]any) error {
	for name, value := range values {
		var err error
		switch value := value.(type) {
		case string:
			err = setText(wire, prefix+name, value)
		case map[string]any:
			err = setWire(wire, prefix+name+".", value)
		default:
			err = wire.Set(prefix+name, fmt.Sprint(value))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// The order's template in a profile's table wire: its text, or the file it is in.
const (
	templateText = "order.template"
	templateFile = "order.template_file"
)

func setText(wire *apsclient.Wire, name, value string) error {
	if name != templateText && name != templateFile {
		return wire.Set(name, value)
	}
	if wire.OrderTemplate != "" {
		return fmt.Errorf("%s and %s: the order's template is given twice", templateText, templateFile)
	}
	if name == templateFile {
		text, err := readText(value, mostTemplate)
		if err != nil {
			return fmt.Errorf("%s: %w", templateFile, err)
		}
		value = text
	}
	return wire.Set(templateText, value)
}

// mostTemplate is the longest file of a template, in bytes.
const mostTemplate = 1 << 16

// logger logs to stderr, secrets hidden.
func (e *env) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(veiled{e}, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// veiled is stderr with secrets hidden; a log record is one write.
type veiled struct{ env *env }

func (v veiled) Write(p []byte) (int, error) {
	if _, err := v.env.err.Write([]byte(v.env.veil.hide(string(p)))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// host names the platform to a person.
func (s *settings) host() string {
	u, err := url.Parse(s.url)
	if err != nil {
		return s.url
	}
	return u.Host
}

// check tries the credentials that login was given.
func (o *login) check(ctx context.Context, s *settings) error {
	client, err := s.client(o.env, 1, false)
	if err != nil {
		return err
	}
	defer client.Close()
	_, err = client.Check(ctx)
	return err
}
