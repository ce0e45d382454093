package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// logout drops what login keeps: the secrets, and who we are at the address.
type logout struct {
	env     *env
	profile string
}

func newLogout(e *env) *cobra.Command {
	o := &logout{env: e}
	cmd := &cobra.Command{
		Use:   "logout",
		Short: "Drop the address and the credentials that login has kept",
		Long: `logout takes the secret out of the keyring, or removes the file that login made for
it, and takes address, key and user out of the profile. What else the profile says,
such as its ledger, stays. The key itself goes on being valid: take it back in the
panel if somebody may have read it.`,
		Args: arguments(),
		Example: `  bulkimport logout
  bulkimport logout --profile staging`,
		RunE: func(*cobra.Command, []string) error { return o.run() },
	}
	cmd.Flags().StringVar(&o.profile, "profile", "", "`name` of the profile (default \"default\")")
	completeProfiles(cmd, e)
	describe(cmd, exits{0: "nothing is kept for the profile any more", 1: "the secret could not be removed", 2: "there is no such profile"},
		"BULKIMPORT_PROFILE  name of the profile, where --profile is not given", "XDG_CONFIG_HOME  folder of config.toml")
	return cmd
}

func (o *logout) run() error {
	path, err := o.env.configPath()
	if err != nil {
		return err
	}
	profiles, err := o.env.profiles()
	if err != nil {
		return err
	}
	p, name, err := named(profiles, cmp.Or(o.profile, o.env.get("BULKIMPORT_PROFILE"), usualProfile), path)
	if err != nil {
		return err
	}
	// The secret first: who is interrupted then finds the profile, and can try again.
	var failed []error
	keys := [][2]string{{"url"}, {"consumer_key"}, {"token_url"}, {"client_id"}, {"username"}, {"keyring"}}
	for secret, kept := range p.secrets() {
		if p.Keyring {
			failed = append(failed, dropFromKeyring(name, secret))
		}
		failed = append(failed, o.dropFile(kept.file))
		keys = append(keys, [2]string{secret + "_file"}, [2]string{secret + "_command"})
	}
	if err := errors.Join(failed...); err != nil {
		return err
	}
	if _, err := o.env.saveProfile(name, keys); err != nil {
		return err
	}
	fmt.Fprintf(o.env.err, "profile %s in %s holds no address and no credentials any more\n", name, clean(path))
	return nil
}

// dropFile removes a file with a secret if login has made it.
func (o *logout) dropFile(file string) error {
	folder, err := o.env.configFolder()
	if err != nil || file == "" {
		return err
	}
	if !sameFile(filepath.Dir(file), filepath.Join(folder, "secrets")) {
		fmt.Fprintf(o.env.err, "note: %s is left as it is: login did not make it\n", clean(file))
		return nil
	}
	if err := os.Remove(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
