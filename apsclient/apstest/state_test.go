package apstest_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bulkimport/apsclient/apstest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func start(t *testing.T, cfg apstest.Config) *apstest.Server {
	t.Helper()
	srv, err := apstest.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { srv.Close() })
	return srv
}

func TestStateAcrossRestarts(t *testing.T) {
	dir := t.TempDir()
	cfg := apstest.Config{Tenants: 8, Seed: 5, State: filepath.Join(dir, "state"), Orders: filepath.Join(dir, "orders"),
		Attributes: []string{"COST"}, Provisioning: time.Hour}
	srv := start(t, cfg)
	w := newWire(t, srv)
	tn := tenantsOf(srv)
	with := func(body string) string {
		return strings.Replace(body, `"products"`, `"attributes":{"COST":"7"},"products"`, 1)
	}
	place := func(w *wire, i int) {
		t.Helper()
		w.send(t.Context(), "POST", w.orders(), with(orderFor(srv, tn[i]))).want(t, 200)
	}
	place(w, 0)
	srv.SetProvisioning(0)
	place(w, 1)
	srv.FaultRow("pf", tn[2].Subscriptions[0], 1)
	place(w, 2)
	srv.FaultRow("no-reference", tn[3].Subscriptions[0], 1)
	place(w, 3)
	srv.FaultRow("stuck", tn[4].Subscriptions[0], 1)
	place(w, 4)
	place(w, 5)
	place(w, 6)
	if err := srv.SetOrderStatus(srv.Orders()[5].ID, "CL"); err != nil {
		t.Fatal(err)
	}
	if err := srv.SetImported(tn[6].Subscriptions[0], ""); err != nil {
		t.Fatal(err)
	}
	if err := srv.SetImported(tn[7].Subscriptions[0], tn[0].AccountID); err != nil {
		t.Fatal(err)
	}
	orders, service := srv.Orders(), srv.OrderServiceID()
	tenants := tenantList(w)
	list := func(w *wire) []byte { return w.get(w.orders()+"?sort(-orderDate),limit(0,100)").want(t, 200).body }
	listed := list(w)
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}

	again := start(t, cfg)
	if again.OrderServiceID() != service || again.Key() != srv.Key() || again.Secret() != srv.Secret() {
		t.Error("another platform after the restart")
	}
	if diff := cmp.Diff(orders, again.Orders()); diff != "" {
		t.Errorf("orders (-before +after):\n%s", diff)
	}
	w = newWire(t, again)
	if diff := cmp.Diff(tenants, tenantList(w)); diff != "" {
		t.Errorf("tenants (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(string(listed), string(list(w))); diff != "" {
		t.Errorf("list (-before +after):\n%s", diff)
	}
	place(w, 0)
	if n := again.OrderCount(); n != 8 {
		t.Errorf("%d orders, want 8", n)
	}
	again.Close()

	var subs []string
	for _, l := range readLines(t, cfg.Orders) {
		subs = append(subs, l.SubID)
	}
	var want []string
	for _, o := range append(orders, orders[0]) {
		want = append(want, o.SubID)
	}
	if diff := cmp.Diff(want, subs); diff != "" {
		t.Errorf("orders file (-want +got):\n%s", diff)
	}

	cfg.Seed = 6
	if other, err := apstest.Start(cfg); err == nil {
		other.Close()
		t.Error("state of another seed was taken")
	} else if !strings.Contains(err.Error(), "seed 5") {
		t.Errorf("error %v does not name the seed", err)
	}
}

func TestTornState(t *testing.T) {
	cfg := apstest.Config{State: filepath.Join(t.TempDir(), "state")}
	srv := start(t, cfg)
	w := newWire(t, srv)
	w.placed(tenantsOf(srv)[0])
	w.placed(tenantsOf(srv)[1])
	srv.Close()
	whole, err := os.ReadFile(cfg.State)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cfg.State, whole[:len(whole)-10], 0o600); err != nil {
		t.Fatal(err)
	}
	srv = start(t, cfg)
	if srv.OrderCount() != 1 {
		t.Errorf("%d orders, want 1: the torn line is dropped", srv.OrderCount())
	}
	newWire(t, srv).placed(tenantsOf(srv)[2])
	srv.Close()
	if srv = start(t, cfg); srv.OrderCount() != 2 {
		t.Errorf("%d orders, want 2", srv.OrderCount())
	}
	srv.Close()
	for _, bad := range []string{"{}\n", "no state at all\n", string(whole) + "{\"order\":\n"} {
		if err := os.WriteFile(cfg.State, []byte(bad), 0o600); err != nil {
			t.Fatal(err)
		}
		if srv, err := apstest.Start(cfg); err == nil {
			srv.Close()
			t.Errorf("a damaged state was taken: %q", bad)
		}
	}
}

// TestFullDisk: what cannot be kept is not answered as an order.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	srv := start(t, apstest.Config{Orders: "/dev/full"})
	w := newWire(t, srv)
	for range 2 {
		w.place(tenantsOf(srv)[0]).want(t, 500)
	}
	if r := w.get(w.orders()).want(t, 200); string(r.body) != "[]" {
		t.Errorf("orders %s", r.body)
	}
}

type ordersLine struct {
	OrderID   string `json:"orderId"`
	SubID     string `json:"sub_id"`
	AccountID string `json:"accountId"`
	PlanID    string `json:"planId"`
	PoNumber  string `json:"poNumber"`
}

func readLines(t *testing.T, path string) []ordersLine {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var lines []ordersLine
	for text := range bytes.Lines(b) {
		var l ordersLine
		if err := json.Unmarshal(text, &l); err != nil {
			t.Fatalf("%v in %s", err, text)
		}
		lines = append(lines, l)
	}
	return lines
}

const childEnv = "APSTEST_CHILD_FOLDER"

// TestMain lets the test binary be a sandbox that can be killed.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		srv, err := apstest.Start(apstest.Config{Tenants: 2000, State: filepath.Join(dir, "state"), Orders: filepath.Join(dir, "orders"), Latency: time.Millisecond})
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		fmt.Println(srv.URL())
		select {}
	}
	goleak.VerifyTestMain(m)
}

// TestKilled kills a sandbox under load with SIGKILL: every order that was
// answered is there after the restart, in both files.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	shape := apstest.NewServer(t, apstest.WithTenants(2000, 1)) // the same data in this process
	tn := tenantsOf(shape)
	answered := make(map[string]string) // order → subscription
	next := 0
	for range 3 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), childEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		url, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		load(t, strings.TrimSpace(url), shape, tn[next:next+500], answered, func() { cmd.Process.Kill() })
		next += 500
		cmd.Wait()
	}
	if len(answered) < 300 {
		t.Fatalf("only %d orders were answered", len(answered))
	}
	srv := start(t, apstest.Config{Tenants: 2000, State: filepath.Join(dir, "state"), Orders: filepath.Join(dir, "orders")})
	held, logged := make(map[string]string), make(map[string]string)
	for _, o := range srv.Orders() {
		held[o.ID] = o.SubID
	}
	for _, l := range readLines(t, filepath.Join(dir, "orders")) {
		logged[l.OrderID] = l.SubID
	}
	for id, sub := range answered {
		if held[id] != sub || logged[id] != sub {
			t.Errorf("order %s for %s was answered; held for %q, logged for %q", id, sub, held[id], logged[id])
		}
	}
	t.Logf("%d answered, %d held, %d logged", len(answered), len(held), len(logged))
}

// load places orders from 8 workers and kills the server after 150 answers.
func load(t *testing.T, url string, shape *apstest.Server, tn []apstest.Tenant, answered map[string]string, kill func()) {
	w := newWire(t, shape)
	var mu sync.Mutex
	var wg sync.WaitGroup
	n := 0
	work := make(chan apstest.Tenant)
	for range 8 {
		wg.Go(func() {
			for tenant := range work {
				id, ok := placeAt(w, url, tenant)
				mu.Lock()
				if ok {
					answered[id] = tenant.Subscriptions[0]
					if n++; n == 150 {
						kill()
					}
				}
				mu.Unlock()
			}
		})
	}
	for _, tenant := range tn {
		work <- tenant
	}
	close(work)
	wg.Wait()
}

func placeAt(w *wire, url string, tn apstest.Tenant) (id string, ok bool) {
	target := url + "/aps/2/services/order-manager/orders"
	req, err := newRequest("POST", target, orderFor(w.srv, tn), w.sign("POST", target))
	if err != nil {
		return "", false
	}
	res, err := w.http.Do(req)
	if err != nil {
		return "", false
	}
	defer res.Body.Close()
	var got struct{ OrderID string }
	err = json.NewDecoder(res.Body).Decode(&got)
	return got.OrderID, err == nil && res.StatusCode == 200
}
