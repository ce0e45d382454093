package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/pace"
	"bulkimport/csvimport/rows"

	"github.com/pelletier/go-toml/v2"
)

// profile is one table of config.toml: where a platform is and who we are
// there. It holds no secret, only where secrets lie.
type profile struct {
	URL                     string         `toml:"url"`
	ConsumerKey             string         `toml:"consumer_key"`
	ConsumerSecretFile      string         `toml:"consumer_secret_file"`
	ConsumerSecretCommand   string         `toml:"consumer_secret_command"`
	TokenURL                string         `toml:"token_url"`
	ClientID                string         `toml:"client_id"`
	ClientSecretFile        string         `toml:"client_secret_file"`
	ClientSecretCommand     string         `toml:"client_secret_command"`
	Username                string         `toml:"username"`
	PasswordFile            string         `toml:"password_file"`
	PasswordCommand         string         `toml:"password_command"`
	Ledger                  string         `toml:"ledger"`
	LedgerPasswordFile      string         `toml:"ledger_password_file"`
	CAFile                  string         `toml:"ca_file"`
	OIDCClientSecretFile    string         `toml:"oidc_client_secret_file"` // of bulkimport serve, at the provider of its people
	OIDCClientSecretCommand string         `toml:"oidc_client_secret_command"`
	Keyring                 bool           `toml:"keyring"`     // the secrets lie in the keyring, put there by login
	Settle                  duration       `toml:"settle"`      // how long an unanswered order may still turn up
	NoEvidence              bool           `toml:"no_evidence"` // a person's word that listings here show no orders of ours
	Pace                    orderPace      `toml:"pace"`        // at most so many orders in any time of a length
	Columns                 rows.Mapping   `toml:"columns"`     // headings that are not ours, by column
	Wire                    map[string]any `toml:"wire"`        // assumptions about the wire that differ on this platform
}

// duration is a time such as 24h, as text.
type duration time.Duration

func (d *duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = duration(parsed)
	return err
}

// usualProfile is taken when none is named and it exists.
const usualProfile = "default"

// orderPace is a limit such as 100/5m, as text.
type orderPace pace.Window

func (o *orderPace) UnmarshalText(text []byte) error {
	most, per, ok := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(most)
	if err != nil || !ok || n < 1 {
		return errors.New("a pace is a number of orders and a time, for example 100/5m")
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return errors.New("the time of a pace is for example 5m")
	}
	o.Most, o.Per = n, d
	return nil
}

// migrationPace is Microsoft's limit for migrations, behind the platform: 100 requests
// to create one in five minutes, for one partner.
var migrationPace = pace.Window{Most: 100, Per: 5 * time.Minute}

// leastSettle is the shortest settle where somebody is billed.
const leastSettle = time.Hour

// profileName is what a profile may be called, so that it needs no quotes in
// the file and none in a shell.
var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// configPath is where the profiles are.
func (e *env) configPath() (string, error) {
	folder, err := e.configFolder()
	return filepath.Join(folder, "config.toml"), err
}

// profiles reads all profiles; none if there is no file.
func (e *env) profiles() (map[string]profile, error) {
	path, err := e.configPath()
	if err != nil {
		return nil, err
	}
	text, err := readText(path, mostText)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if who := mayChange(path); who != "" {
		return nil, wrong(fmt.Sprintf("%s can be changed by %s, who could send your orders elsewhere", path, who),
			"look through it, then: chmod 600 "+shell(path)+", and make it yours")
	}
	return e.parseProfiles(text, path)
}

// parseProfiles reads the text of config.toml. What it does not know is an
// error: a misspelt key must not be a setting that is silently not there.
func (e *env) parseProfiles(text, path string) (map[string]profile, error) {
	var profiles map[string]profile
	decoder := toml.NewDecoder(strings.NewReader(text))
	err := decoder.DisallowUnknownFields().Decode(&profiles)
	if err == nil {
		for name, p := range profiles {
			if p.Settle != 0 && time.Duration(p.Settle) < leastSettle {
				return nil, wrong(fmt.Sprintf("%s, profile %s: settle is %v, which is too short", path, name, time.Duration(p.Settle)),
					"an unanswered order may turn up hours later: at least 1h, and 24h if you do not know")
			}
			for column := range p.Columns {
				if !slices.Contains(rows.Columns(), column) {
					return nil, wrong(fmt.Sprintf("%s, profile %s: columns has no column %s", path, name, quote(column)), "columns are: "+strings.Join(rows.Columns(), ", "))
				}
			}
			p.relativeTo(e, filepath.Dir(path))
			profiles[name] = p
		}
		return profiles, nil
	}
	var unknown *toml.StrictMissingError
	if errors.As(err, &unknown) && len(unknown.Errors) > 0 {
		first := unknown.Errors[0]
		line, _ := first.Position()
		key := first.Key()[len(first.Key())-1]
		return nil, wrong(fmt.Sprintf("%s, line %d: unknown key %q", path, line, key), keyHint(key))
	}
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		line, _ := bad.Position()
		return nil, wrong(fmt.Sprintf("%s, line %d: this is not how a profile is written", path, line),
			"a profile is a table: [default] on a line of its own, below it lines like url = \"https://…\"")
	}
	return nil, wrong(path+" cannot be understood", "bulkimport help credentials shows how a profile is written")
}

// keyHint says what to write instead of a key that does not exist.
func keyHint(key string) string {
	switch key {
	case "oidc_client_secret":
		return "no secret stands in this file: use " + key + "_file or " + key + "_command"
	case "consumer_secret", "client_secret", "password":
		return "no secret stands in this file: use " + key + "_file, " + key + "_command, or bulkimport login"
	}
	return "known are: url, consumer_key, consumer_secret_file, consumer_secret_command, token_url, client_id, client_secret_file, client_secret_command, username, password_file, password_command, ledger, ledger_password_file, ca_file, oidc_client_secret_file, oidc_client_secret_command, keyring, settle, no_evidence, pace, and the tables columns and wire"
}

// relativeTo makes the paths of a profile independent of the folder the
// program is started in.
func (p *profile) relativeTo(e *env, folder string) {
	if table, key := p.templateFileOf(); table != nil {
		if path, ok := table[key].(string); ok {
			table[key] = e.relativeTo(folder, path)
		}
	}
	for _, path := range []*string{&p.ConsumerSecretFile, &p.ClientSecretFile, &p.PasswordFile, &p.Ledger, &p.LedgerPasswordFile, &p.CAFile, &p.OIDCClientSecretFile} {
		*path = e.relativeTo(folder, *path)
	}
}

// relativeTo is a path as a file in folder means it.
func (e *env) relativeTo(folder, path string) string {
	if path = e.path(path); path == "" || filepath.IsAbs(path) || postgres.Is(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// templateFileOf is where a profile names the file of its order template, nil if it
// does not.
func (p *profile) templateFileOf() (table map[string]any, key string) {
	if order, ok := p.Wire["order"].(map[string]any); ok && order["template_file"] != nil {
		return order, "template_file"
	}
	if p.Wire[templateFile] != nil {
		return p.Wire, templateFile
	}
	return nil, ""
}

// named picks a profile. An empty name means the usual one if it exists.
func named(profiles map[string]profile, name, path string) (profile, string, error) {
	if p, ok := profiles[name]; ok {
		return p, name, nil
	}
	if name == "" {
		if p, ok := profiles[usualProfile]; ok {
			return p, usualProfile, nil
		}
		return profile{}, "", nil
	}
	hint := "bulkimport login --profile " + shell(name) + " makes it"
	if len(profiles) > 0 {
		hint = "there are: " + strings.Join(slices.Sorted(maps.Keys(profiles)), ", ")
	}
	return profile{}, "", wrong(fmt.Sprintf("there is no profile %s in %s", quote(name), path), hint)
}

// withKeys returns the text of config.toml with keys of one table set, all
// else, comments included, left as it was. An empty value removes its key.
func withKeys(text, table string, keys [][2]string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if text == "" {
		lines = []string{"# profiles of bulkimport; no secret stands here (bulkimport help credentials)"}
	}
	header := "[" + table + "]"
	start := slices.IndexFunc(lines, func(l string) bool {
		before, _, _ := strings.Cut(l, "#")
		return strings.TrimSpace(before) == header
	})
	if start < 0 {
		lines = append(lines, "", header)
		start = len(lines) - 1
	}
	end := start + 1
	for end < len(lines) && !strings.HasPrefix(strings.TrimSpace(lines[end]), "[") {
		end++
	}
	body := slices.Clone(lines[start+1 : end])
	trailing := len(body)
	for trailing > 0 && isRemark(body[trailing-1]) {
		trailing--
	}
	body, remarks := body[:trailing:trailing], body[trailing:] // these belong to the next table
	for _, kv := range keys {
		at := slices.IndexFunc(body, func(l string) bool {
			k, _, found := strings.Cut(l, "=")
			return found && strings.TrimSpace(k) == kv[0]
		})
		line := kv[0] + " = " + kv[1]
		switch {
		case kv[1] == "" && at >= 0:
			body = slices.Delete(body, at, at+1)
		case kv[1] == "":
		case at >= 0:
			body[at] = line
		default:
			body = append(body, line)
		}
	}
	lines = slices.Concat(lines[:start+1], body, remarks, lines[end:])
	return strings.Join(lines, "\n") + "\n"
}

// isRemark reports whether a line of TOML says nothing.
func isRemark(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || line[0] == '#'
}

// saveProfile sets keys of a profile, or of a table in it, in config.toml, making the
// file if there is none. The new text is proved readable before it takes the old one's place.
func (e *env) saveProfile(name string, keys [][2]string) (string, error) {
	path, err := e.configPath()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	old, err := readText(path, mostText)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	text, err := e.withProfile(old, name, keys, path)
	if err != nil {
		return "", err
	}
	out, err := beside(path, 0o600)
	if err != nil {
		return "", err
	}
	defer out.Discard()
	if _, err := out.Write([]byte(text)); err != nil {
		return "", err
	}
	return path, out.Commit()
}

// withProfile is withKeys, proved: the text can be read, and says what was set.
func (e *env) withProfile(old, table string, keys [][2]string, path string) (string, error) {
	text := withKeys(old, table, keys)
	if _, err := e.parseProfiles(text, path); err != nil {
		return "", err
	}
	var all map[string]any
	if err := toml.Unmarshal([]byte(text), &all); err != nil {
		return "", err
	}
	for _, name := range strings.Split(table, ".") {
		all, _ = all[name].(map[string]any)
	}
	for _, kv := range keys {
		var want map[string]any
		if kv[1] != "" {
			if err := toml.Unmarshal([]byte("k = "+kv[1]), &want); err != nil {
				return "", err
			}
		}
		if !reflect.DeepEqual(all[kv[0]], want["k"]) {
			return "", wrong(path+" is written in a way that cannot be changed here", "write the table as ["+table+"] on a line of its own, each key on a line below it")
		}
	}
	return text, nil
}

// tomlString writes a TOML string.
func tomlString(s string) string {
	if s == "" {
		return ""
	}
	text, err := toml.Marshal(map[string]string{"k": s})
	if err != nil {
		return ""
	}
	_, value, _ := strings.Cut(strings.TrimSpace(string(text)), " = ")
	return value
}
