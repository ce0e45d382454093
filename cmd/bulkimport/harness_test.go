package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"

	"bulkimport/apsclient"
	"bulkimport/apsclient/apstest"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/ledger/sqlite"
)

// world is what a script has beside its folder.
type world struct {
	server  *apstest.Server
	secrets []string
	running map[string]*background
}

type worldKey struct{}

func setUp(e *testscript.Env) error {
	e.Setenv("XDG_CONFIG_HOME", filepath.Join(e.WorkDir, "config"))
	e.Setenv("XDG_STATE_HOME", filepath.Join(e.WorkDir, "state"))
	corpus, err := filepath.Abs(filepath.Join("..", "..", "testdata", "corpus-workbooks"))
	if err != nil {
		return err
	}
	e.Setenv("WORKBOOKS", corpus)
	e.Setenv("NO_PROXY", "127.0.0.1,localhost")
	e.Setenv("GORACE", "atexit_sleep_ms=0")                        // else every command under the race detector takes a second to end
	e.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent") // no keyring, whatever the machine has
	e.Values[worldKey{}] = &world{running: make(map[string]*background)}
	return nil
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

func serverOf(ts *testscript.TestScript) *apstest.Server {
	w := worldOf(ts)
	if w.server == nil {
		ts.Fatalf("no platform was started")
	}
	return w.server
}

func startPlatform(ts *testscript.TestScript, _ bool, args []string) {
	o := &sandbox{}
	cmd := &cobra.Command{}
	o.flags(cmd)
	ts.Check(cmd.ParseFlags(append([]string{"--listen", "127.0.0.1:0", "--latency", "1ms", "--provisioning", "50ms"}, args...)))
	var err error
	o.config.Faults, err = parseFaults(o.faults)
	ts.Check(err)
	o.config.Strict = true
	s, err := apstest.Start(o.config)
	ts.Check(err)
	ts.Defer(func() { s.Close() })
	w := worldOf(ts)
	w.server = s
	w.secrets = []string{s.Secret(), s.OAuth2().ClientSecret, s.OAuth2().Password}
	ts.Setenv("BULKIMPORT_URL", s.URL())
	if o.first {
		ts.Setenv("BULKIMPORT_FIRST_DAY", "1")
	}
	ts.Setenv("BULKIMPORT_CONSUMER_KEY", s.Key())
	ts.Setenv("BULKIMPORT_CONSUMER_SECRET", s.Secret())
	ts.Setenv("CLIENT_SECRET", s.OAuth2().ClientSecret)
	ts.Setenv("PASSWORD", s.OAuth2().Password)
}

// putAway makes the stand-in look like a platform on another machine: a host
// of its own with a certificate of its own, behind a proxy.
func putAway(ts *testscript.TestScript, _ bool, _ []string) {
	s := serverOf(ts)
	to, err := url.Parse(s.URL())
	ts.Check(err)
	away := httptest.NewTLSServer(&httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
	})
	ts.Defer(away.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tunnel(w, away.Listener.Addr().String())
	}))
	ts.Defer(proxy.Close)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: away.Certificate().Raw})
	path := ts.MkAbs("ca.pem")
	ts.Check(os.WriteFile(path, certificate, 0o600))
	o := s.OAuth2()
	for name, value := range map[string]string{
		"BULKIMPORT_URL": "https://example.com", "BULKIMPORT_CA_FILE": path, "HTTPS_PROXY": proxy.URL,
		"BULKIMPORT_CONSUMER_KEY": "(unset)", "BULKIMPORT_CONSUMER_SECRET": "(unset)",
		"BULKIMPORT_TOKEN_URL": "https://example.com" + strings.TrimPrefix(o.TokenURL, s.URL()),
		"BULKIMPORT_CLIENT_ID": o.ClientID, "BULKIMPORT_CLIENT_SECRET": o.ClientSecret,
	} {
		ts.Setenv(name, value)
	}
}

// tunnel answers a CONNECT by a connection to address.
func tunnel(w http.ResponseWriter, address string) {
	there, err := net.Dial("tcp", address)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	here, _, err := w.(http.Hijacker).Hijack()
	if err != nil {
		there.Close()
		return
	}
	io.WriteString(here, "HTTP/1.1 200 OK\r\n\r\n")
	go func() { defer there.Close(); io.Copy(there, here) }()
	go func() { defer here.Close(); io.Copy(here, there) }()
}

func demandExit(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits N PROGRAM ARG…")
	}
	err := ts.Exec(args[1], args[2:]...)
	status := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		status = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("exit status %d, want %s", status, args[0])
	}
	keepsSecrets(ts)
}

// keepsSecrets searches all output and all files of the script for secrets.
func keepsSecrets(ts *testscript.TestScript) {
	w := worldOf(ts)
	texts := map[string]string{"stdout": ts.ReadFile("stdout"), "stderr": ts.ReadFile("stderr")}
	for _, pattern := range []string{"*.csv", "*.html", "*.json*", "state/*/*", "config/*/*.toml", "ledger*"} {
		files, err := filepath.Glob(ts.MkAbs(pattern))
		ts.Check(err)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err == nil {
				texts[file] = string(text)
			}
		}
	}
	for where, text := range texts {
		for _, secret := range w.secrets {
			if secret != "" && strings.Contains(text, secret) {
				ts.Fatalf("%s holds a secret", where)
			}
		}
	}
}

// writeSecret writes the consumer secret, or the given ones, a line each.
func writeSecret(ts *testscript.TestScript, _ bool, args []string) {
	lines := args[1:]
	if len(lines) == 0 {
		lines = []string{serverOf(ts).Secret()}
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(lines, "\n")+"\n"), 0o600))
}

// writeProfile writes a config.toml for the stand-in.
func writeProfile(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	text := fmt.Sprintf(`[default]
url = %q
consumer_key = %q
consumer_secret_file = "secret.txt"
ledger = "of-profile.db"

[other]
url = "http://127.0.0.1:1"
consumer_key = %[2]q
consumer_secret_file = "secret.txt"

[oauth2]
url = %[1]q
token_url = %[3]q
client_id = %[4]q
`, s.URL(), s.Key(), s.OAuth2().TokenURL, s.OAuth2().ClientID)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func holdsOrders(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	if doubles := s.Doubles(); len(doubles) > 0 {
		ts.Fatalf("ordered twice: %v", doubles)
	}
	if got := strconv.Itoa(s.OrderCount()); got != args[0] {
		ts.Fatalf("the platform holds %s orders, want %s", got, args[0])
	}
}

// checkDisguise looks for whatever names somebody in a recording.
func checkDisguise(ts *testscript.TestScript, _ bool, args []string) {
	s := serverOf(ts)
	text := strings.ToLower(ts.ReadFile(args[0]))
	raw := []string{s.Key(), s.Secret(), s.OrderServiceID(), strings.TrimPrefix(s.URL(), "http://")}
	for t := range s.Tenants() {
		raw = append(raw, t.Domain, t.Company, t.Email, t.AccountID, t.AccountNumber)
		raw = append(raw, t.Subscriptions...)
	}
	for _, o := range s.Orders() {
		raw = append(raw, o.ID, o.SubID)
	}
	for _, p := range s.Plans() {
		raw = append(raw, p.ID, p.Name)
	}
	for _, value := range raw {
		if value == "" {
			ts.Fatalf("nothing to look for: %q", raw)
		}
		if strings.Contains(text, strings.ToLower(value)) {
			ts.Fatalf("%s tells %q", args[0], value)
		}
	}
}

func isPrivate(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if info.Mode().Perm() != 0o600 {
		ts.Fatalf("%s has mode %v", args[0], info.Mode())
	}
}

// takeSettings sets the variables that a program beside the script prints.
func takeSettings(ts *testscript.TestScript, _ bool, args []string) {
	for line := range strings.Lines(worldOf(ts).running[args[0]].out.String()) {
		name, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "export "), "=")
		ts.Setenv(name, value)
	}
}

// sameChecks compares what doctor said of two platforms, but for where they are.
func sameChecks(ts *testscript.TestScript, _ bool, args []string) {
	checks := func(file string) []string {
		var lines []string
		for line := range strings.Lines(ts.ReadFile(file)) {
			f := strings.Fields(line)
			if len(f) > 1 && (f[1] == "settings" || f[1] == "address" || f[1] == "ledger" || f[1] == "order" && f[2] == "service") {
				line = strings.Join(f[:2], " ")
			}
			lines = append(lines, line)
		}
		return lines
	}
	if diff := cmp.Diff(checks(args[0]), checks(args[1])); diff != "" {
		ts.Fatalf("(-%s +%s):\n%s", args[0], args[1], diff)
	}
}

// makeLag writes into the ledger that an order took so long to be listed.
func makeLag(ts *testscript.TestScript, _ bool, args []string) {
	took, err := time.ParseDuration(args[0])
	ts.Check(err)
	ctx := context.Background()
	l, err := sqlite.Open(ctx, ts.Getenv("BULKIMPORT_LEDGER"), sqlite.Options{})
	ts.Check(err)
	defer l.Close()
	book, err := l.Platform(ctx, serverOf(ts).OrderServiceID(), serverOf(ts).URL())
	ts.Check(err)
	_, err = book.Amend(ctx, func(e *ledger.Evidence) { e.SawLag(took, time.Now()) })
	ts.Check(err)
}

func waitOrders(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[0])
	ts.Check(err)
	for deadline := time.Now().Add(20 * time.Second); serverOf(ts).OrderCount() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("the platform holds %d orders after 20 s, want %d", serverOf(ts).OrderCount(), n)
		}
	}
}

// waitRequests waits until the platform has been asked for an order.
func waitRequest(ts *testscript.TestScript, _ bool, _ []string) {
	for deadline := time.Now().Add(20 * time.Second); serverOf(ts).MaxInFlight() == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("no order was asked for within 20 s")
		}
	}
}

func setFault(ts *testscript.TestScript, _ bool, args []string) {
	rate, err := strconv.ParseFloat(args[1], 64)
	ts.Check(err)
	serverOf(ts).SetFault(args[0], rate)
}

func allow(ts *testscript.TestScript, args []string, allowed bool) {
	operations := map[string]apstest.Operation{"tenants": apstest.ReadTenants, "place": apstest.PlaceOrders, "orders": apstest.ReadOrders}
	serverOf(ts).Allow(operations[args[0]], allowed)
}

func setOutage(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "on" {
		serverOf(ts).SetOutage(true)
		return
	}
	serverOf(ts).EndOutage()
}

// setOrder gives the newest order of a row another status, as staff do.
func setOrder(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "all" {
		for _, o := range serverOf(ts).Orders() {
			ts.Check(serverOf(ts).SetOrderStatus(o.ID, args[1]))
		}
		return
	}
	sub := cellOf(ts, "accounts.csv", args[0], "sub_id")
	orders := serverOf(ts).Orders()
	slices.Reverse(orders)
	at := slices.IndexFunc(orders, func(o apstest.StoredOrder) bool { return o.SubID == sub })
	if at < 0 {
		ts.Fatalf("no order for %s", sub)
	}
	ts.Check(serverOf(ts).SetOrderStatus(orders[at].ID, args[1]))
}

func setImported(ts *testscript.TestScript, _ bool, args []string) {
	sub, account := cellOf(ts, "accounts.csv", args[0], "sub_id"), ""
	if len(args) > 1 {
		number := cellOf(ts, "accounts.csv", args[1], "account_id")
		for t := range serverOf(ts).Tenants() {
			if t.AccountNumber == number {
				account = t.AccountID
			}
		}
	}
	ts.Check(serverOf(ts).SetImported(sub, account))
}

// readTable reads a CSV file as we write it.
func readTable(ts *testscript.TestScript, file string) (text []byte, records [][]string) {
	text, err := os.ReadFile(ts.MkAbs(file))
	ts.Check(err)
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	r.FieldsPerRecord = -1
	records, err = r.ReadAll()
	ts.Check(err)
	return text, records
}

// writeTable writes it back in the same manner.
func writeTable(ts *testscript.TestScript, file string, old []byte, records [][]string) {
	var b bytes.Buffer
	if bytes.HasPrefix(old, []byte("\ufeff")) {
		b.WriteString("\ufeff")
	}
	w := csv.NewWriter(&b)
	w.UseCRLF = bytes.Contains(old, []byte("\r\n"))
	ts.Check(w.WriteAll(records))
	ts.Check(os.WriteFile(ts.MkAbs(file), b.Bytes(), 0o600))
}

func columnOf(ts *testscript.TestScript, header []string, name string) int {
	at := slices.Index(header, name)
	if at < 0 {
		ts.Fatalf("no column %s in %q", name, header)
	}
	return at
}

func cellOf(ts *testscript.TestScript, file, row, column string) string {
	n, err := strconv.Atoi(row)
	ts.Check(err)
	_, records := readTable(ts, file)
	return records[n][columnOf(ts, records[0], column)]
}

func writeCell(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 4 {
		ts.Fatalf("usage: cell FILE ROW COL TEXT")
	}
	old, records := readTable(ts, args[0])
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	records[n][columnOf(ts, records[0], args[2])] = args[3]
	writeTable(ts, args[0], old, records)
}

func copyCell(ts *testscript.TestScript, _ bool, args []string) {
	writeCell(ts, false, []string{args[3], args[4], args[2], cellOf(ts, args[0], args[1], args[2])})
}

func choosePlan(ts *testscript.TestScript, _ bool, args []string) {
	old, records := readTable(ts, args[0])
	plans := serverOf(ts).Plans()
	for i, record := range records[1:] {
		record[columnOf(ts, records[0], "plan_id")] = plans[i%len(plans)].ID
	}
	writeTable(ts, args[0], old, records)
}

func checkColumn(ts *testscript.TestScript, _ bool, args []string) {
	checkCells(ts, args, false)
}

// checkTally is checkColumn for rows in any order: which one goes first is the
// ledger's choice.
func checkTally(ts *testscript.TestScript, _ bool, args []string) {
	checkCells(ts, args, true)
}

func checkCells(ts *testscript.TestScript, args []string, anyOrder bool) {
	_, records := readTable(ts, args[0])
	at := columnOf(ts, records[0], args[1])
	var got, want []string
	for _, record := range records[1:] {
		got = append(got, record[at])
	}
	for _, word := range args[2:] {
		times := 1
		if text, n, ok := strings.Cut(word, "*"); ok {
			var err error
			times, err = strconv.Atoi(n)
			ts.Check(err)
			word = text
		}
		want = append(want, slices.Repeat([]string{word}, times)...)
	}
	if anyOrder {
		slices.Sort(got)
		slices.Sort(want)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		ts.Fatalf("column %s of %s (-want +got):\n%s", args[1], args[0], diff)
	}
}

// placeByHand makes an order as a person makes it in the panel, under other
// names than we assume.
func placeByHand(ts *testscript.TestScript, _ bool, args []string) {
	sub := cellOf(ts, "accounts.csv", args[0], "sub_id")
	s := serverOf(ts)
	for t := range s.Tenants() {
		if slices.Contains(t.Subscriptions, sub) {
			products := fmt.Sprintf(`[{"planId":%q,"period":{"unit":"MONTH","duration":1},"activationParams":[{"key":"domain","value":%q},{"key":"subscriptionId","value":%q}]}]`,
				s.Plans()[0].ID, t.Domain, sub)
			s.AddOrder(apstest.StoredOrder{AccountID: t.AccountID, PlanID: s.Plans()[0].ID, Type: "SALES", Products: json.RawMessage(products)})
			return
		}
	}
	ts.Fatalf("no tenant has %s", sub)
}

// orderByHand has the panel place an order in a shape.
func orderByHand(ts *testscript.TestScript, _ bool, args []string) {
	s, ctx := serverOf(ts), context.Background()
	client, err := apsclient.New(apsclient.Config{URL: s.URL(), OAuth1: &apsclient.OAuth1{Key: s.Key(), Secret: s.Secret()}, Wire: apsclient.Wire{OrderShape: args[0]}})
	ts.Check(err)
	defer client.Close()
	orders, err := client.Orders(ctx)
	ts.Check(err)
	cell := func(column string) string { return cellOf(ts, "accounts.csv", args[1], column) }
	for t := range s.Tenants() {
		if t.AccountNumber == cell("account_id") {
			_, err := orders.Place(ctx, apsclient.OrderRequest{AccountID: t.AccountID, AccountNumber: t.AccountNumber, PlanID: cell("plan_id"),
				Tenant: cell("tenant"), Subscription: cell("sub_id"), Reference: "panel-" + args[1]})
			ts.Check(err)
			return
		}
	}
	ts.Fatalf("no account %s", cell("account_id"))
}

// placeAgain makes a second order for a row of accounts.csv, with the same
// reference, as a ledger would that knows of none.
func placeAgain(ts *testscript.TestScript, _ bool, args []string) {
	first := orderOf(ts, args[0])
	serverOf(ts).AddOrder(apstest.StoredOrder{AccountID: first.AccountID, PlanID: first.PlanID, SubID: first.SubID, Reference: first.Reference, HasReference: true,
		Type: first.Type, Products: first.Products, Status: "CP"})
}

// orderOf is the newest order of a row of accounts.csv.
func orderOf(ts *testscript.TestScript, row string) apstest.StoredOrder {
	sub := cellOf(ts, "accounts.csv", row, "sub_id")
	orders := serverOf(ts).Orders()
	for i := len(orders) - 1; i >= 0; i-- {
		if orders[i].SubID == sub {
			return orders[i]
		}
	}
	ts.Fatalf("no order for %s", sub)
	return apstest.StoredOrder{}
}

// setNumber keeps the number of a row's newest order in a variable.
func setNumber(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[1], orderOf(ts, args[0]).Number)
}

// recode saves a file as a spreadsheet saves "Unicode Text".
func recode(ts *testscript.TestScript, _ bool, args []string) {
	_, records := readTable(ts, args[0])
	var text strings.Builder
	for _, r := range records {
		text.WriteString(strings.Join(r, "\t") + "\r\n")
	}
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(text.String())) {
		b = append(b, byte(u), byte(u>>8))
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), b, 0o600))
}

// setCancelled sets a variable to the subscription of a cancelled order.
func setCancelled(ts *testscript.TestScript, _ bool, args []string) {
	for _, o := range serverOf(ts).Orders() {
		if o.Status == "CL" {
			ts.Setenv(args[0], o.SubID)
			return
		}
	}
	ts.Fatalf("no order is cancelled")
}

// setRow keeps a row's subscription in a variable.
func setRow(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[2], cellOf(ts, args[0], args[1], "sub_id"))
}

func waitFile(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not appear within 20 s", args[0])
		}
	}
}

// helpOfAll asks every command for its help, which has to have all its parts.
func helpOfAll(ts *testscript.TestScript, _ bool, _ []string) {
	all := newRoot(system(), func() {}).Commands()
	for i := 0; i < len(all); i++ {
		c := all[i]
		if !c.Runnable() || c.Name() == "help" {
			continue
		}
		all = append(all, c.Commands()...)
		ts.Check(ts.Exec("bulkimport", append(strings.Fields(c.CommandPath())[1:], "--help")...))
		text := ts.ReadFile("stdout")
		for _, part := range []string{"\nUsage:\n", "\nExamples:\n", "\nEnvironment:\n", "\nExit statuses:\n"} {
			if !strings.Contains(text, part) {
				ts.Fatalf("the help of %s has no part %s", c.Name(), strings.TrimSpace(part))
			}
		}
	}
}

// background is a program that runs beside the script.
type background struct {
	cmd      *exec.Cmd
	signal   func(name string) error
	out, err transcript
}

// transcript is what a program says, to be read while it still speaks.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

func waitText(ts *testscript.TestScript, _ bool, args []string) {
	b := worldOf(ts).running[args[0]]
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(b.err.String(), args[1]); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%s did not say %q within 20 s: %s", args[0], args[1], b.err.String())
		}
	}
}

func startBackground(ts *testscript.TestScript, _ bool, args []string) {
	b := new(background)
	program, err := exec.LookPath(args[1])
	if err != nil {
		program = filepath.Join(filepath.SplitList(ts.Getenv("PATH"))[0], args[1])
	}
	b.cmd = exec.Command(program, args[2:]...)
	b.cmd.Dir = ts.MkAbs(".")
	b.cmd.Stdout, b.cmd.Stderr = &b.out, &b.err
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "GORACE", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "BULKIMPORT_URL", "BULKIMPORT_CONSUMER_KEY", "BULKIMPORT_CONSUMER_SECRET"} {
		b.cmd.Env = append(b.cmd.Env, name+"="+ts.Getenv(name))
	}
	b.signal = signalling(b.cmd)
	ts.Check(b.cmd.Start())
	ts.Defer(func() { b.signal("KILL"); b.cmd.Wait() })
	worldOf(ts).running[args[0]] = b
}

func sendSignal(ts *testscript.TestScript, _ bool, args []string) {
	b := worldOf(ts).running[args[0]]
	if b == nil {
		ts.Fatalf("no background program %s", args[0])
	}
	ts.Check(b.signal(args[1]))
}

func pause(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	time.Sleep(d)
}

// demandEnd waits for a background program; its output is then that of the
// last command.
func demandEnd(ts *testscript.TestScript, _ bool, args []string) {
	b := worldOf(ts).running[args[0]]
	delete(worldOf(ts).running, args[0])
	_ = b.cmd.Wait() // the status says it
	fmt.Fprint(ts.Stdout(), b.out.String())
	fmt.Fprint(ts.Stderr(), b.err.String())
	if got := strconv.Itoa(b.cmd.ProcessState.ExitCode()); got != args[1] {
		ts.Logf("[stdout]\n%s[stderr]\n%s", b.out.String(), b.err.String())
		ts.Fatalf("exit status %s, want %s", got, args[1])
	}
}
