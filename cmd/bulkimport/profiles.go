package main

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// profiles lists what login has kept.
type profiles struct {
	env  *env
	json bool
}

func newProfiles(e *env) *cobra.Command {
	o := &profiles{env: e}
	cmd := &cobra.Command{
		Use:   "profiles",
		Short: "List the addresses and credentials that are kept",
		Long:  `profiles lists the profiles of config.toml: the address, who we are there, and where the secret lies. No secret is read, none is shown.`,
		Args:  arguments(),
		Example: `  bulkimport profiles
  bulkimport profiles --json | jq -r .name`,
		RunE: func(*cobra.Command, []string) error { return o.run() },
	}
	cmd.Flags().BoolVar(&o.json, "json", false, `one object a line: {"name","url","login","secret","used"}`)
	describe(cmd, exits{0: "the profiles were listed", 2: "config.toml cannot be understood"},
		"BULKIMPORT_PROFILE  the profile that is used", "XDG_CONFIG_HOME  folder of config.toml")
	return cmd
}

func (o *profiles) run() error {
	all, err := o.env.profiles()
	if err != nil {
		return err
	}
	out := newEvents(o.env.out)
	used := cmp.Or(o.env.get("BULKIMPORT_PROFILE"), usualProfile)
	var lines [][]string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		p := all[name]
		login := cmp.Or(p.ConsumerKey, p.ClientID)
		if p.Username != "" {
			login += ", " + p.Username
		}
		if o.json {
			out.emit(struct {
				Name   string `json:"name"`
				URL    string `json:"url"`
				Login  string `json:"login"`
				Secret string `json:"secret"`
				Used   bool   `json:"used"`
			}{name, withoutUser(p.URL), login, p.keeps(), name == used})
			continue
		}
		mark := ""
		if name == used {
			mark = "used if none is named"
		}
		lines = append(lines, []string{name, cmp.Or(withoutUser(p.URL), "no address"), cmp.Or(login, "no credentials"), p.keeps(), mark})
	}
	if o.json {
		return out.failed()
	}
	return table(o.env.out, "", lines)
}

// secretPlace is where a profile says that a secret is.
type secretPlace struct{ file, command string }

// secrets are those of a profile, by name.
func (p *profile) secrets() map[string]secretPlace {
	return map[string]secretPlace{
		"consumer_secret": {p.ConsumerSecretFile, p.ConsumerSecretCommand},
		"client_secret":   {p.ClientSecretFile, p.ClientSecretCommand},
		"password":        {p.PasswordFile, p.PasswordCommand},
	}
}

// keeps says where the secrets of a profile lie.
func (p *profile) keeps() string {
	var where []string
	if p.Keyring {
		where = append(where, "keyring")
	}
	all := p.secrets()
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if s := all[name]; s.command != "" {
			where = append(where, "command")
		} else if s.file != "" {
			where = append(where, s.file)
		}
	}
	return cmp.Or(strings.Join(where, ", "), "environment")
}
