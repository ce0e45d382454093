package estimate_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/check"
	"bulkimport/csvimport/estimate"
	"bulkimport/csvimport/internal/sample"
)

// till answers estimates, by subscription, and counts who asks at once.
type till struct {
	mu       sync.Mutex
	answers  map[string][]error // in turn; then an estimate
	latency  time.Duration
	asked    []string
	inFlight int
	most     int
}

func (k *till) Estimate(ctx context.Context, r apsclient.OrderRequest) (apsclient.Estimate, error) {
	k.mu.Lock()
	k.asked = append(k.asked, r.Subscription)
	k.inFlight++
	k.most = max(k.most, k.inFlight)
	var err error
	if list := k.answers[r.Subscription]; len(list) > 0 {
		err, k.answers[r.Subscription] = list[0], list[1:]
	}
	k.mu.Unlock()
	select {
	case <-time.After(k.latency):
	case <-ctx.Done():
		err = ctx.Err()
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.inFlight--
	if err != nil {
		return apsclient.Estimate{}, err
	}
	return apsclient.Estimate{Total: r.AccountID + "/" + r.PlanID[len(r.PlanID)-1:], Currency: "EUR"}, nil
}

func rowsOf(list []csvimport.Row) csvimport.Rows {
	return func(context.Context) iter.Seq2[csvimport.Row, error] { return sample.List(list, nil) }
}

func orderRow(n int, plan string) csvimport.Row {
	return csvimport.Row{
		Index: n, Line: n + 2, Row: n + 2, SubID: sample.SubID(n), PlanID: plan, Tenant: "contoso.onmicrosoft.com",
		Account: &csvimport.Account{APSID: "acc-1", ID: "1000001"}, Plan: &csvimport.Plan{APSID: plan, Name: "Azure"},
	}
}

func refusal(k apsclient.Kind) error {
	return &apsclient.Error{Kind: k, Op: "estimate", Message: "not for you", RetryAfter: 7 * time.Second}
}

func TestEstimatePlans(t *testing.T) {
	imported, invalid := orderRow(0, sample.PlanA), orderRow(3, sample.PlanB)
	imported.Binding.Imported = true
	invalid.Findings = []csvimport.Finding{{Severity: csvimport.SeverityError, Code: "E_EMAIL"}}
	rows := rowsOf([]csvimport.Row{imported, orderRow(1, sample.PlanA), orderRow(2, sample.PlanA), invalid, orderRow(4, sample.PlanB)})
	k := &till{answers: map[string][]error{sample.SubID(4): {refusal(apsclient.Refused)}}}
	plans, err := estimate.OfPlans(t.Context(), rows, k)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range plans {
		line := fmt.Sprintf("%s %d rows %v %s", p.Plan.APSID, p.Rows, p.Asked, p.Estimate.Total)
		for _, f := range p.Row.Findings {
			line += " " + string(f.Code) + ": " + f.Message
		}
		got = append(got, line)
	}
	want := []string{
		sample.PlanA + " 3 rows true acc-1/1",
		sample.PlanB + " 1 rows true  E_PLAN_REFUSED: the platform's estimate refuses this order: not for you",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{sample.SubID(1), sample.SubID(4)}, k.asked); diff != "" {
		t.Errorf("asked (-want +got):\n%s", diff)
	}
}

// bare is a refusal without a reason.
func bare(words string) error {
	return &apsclient.Error{Kind: apsclient.Refused, Op: "estimate order", Status: 400, Code: "400", Message: words}
}

// A platform that has no estimate to give says nothing about the orders: the
// charge is not readable, and nothing is refused.
func TestEstimatesThatAreNoneToGive(t *testing.T) {
	wordy := refusal(apsclient.Refused)
	rows := rowsOf([]csvimport.Row{orderRow(0, sample.PlanA), orderRow(1, sample.PlanB), orderRow(2, sample.PlanA)})
	for _, test := range []struct {
		name     string
		a, b     error
		refusedA bool
		refusedB bool
		askedA   bool
		askedB   bool
	}{
		{name: "nowhere", a: refusal(apsclient.NoService), b: refusal(apsclient.NoService)},
		{name: "all refused alike, without a word", a: bare(""), b: bare("")},
		{name: "all refused alike, with the status for words", a: bare("Bad Request"), b: bare("Bad Request")},
		{name: "all refused alike, with the code for words", a: bare("400"), b: bare("400")},
		{name: "one without a word, one answered", a: bare(""), refusedA: true, askedA: true, askedB: true},
		{name: "one without a word, one with", a: bare(""), b: wordy, refusedA: true, refusedB: true, askedA: true, askedB: true},
		{name: "one nowhere, one answered", a: refusal(apsclient.NoService), askedB: true},
		{name: "Billing denies one plan", a: &apsclient.Error{Kind: apsclient.Permission, Wrapped: true, Status: 500, Message: "BillingAPIFault: Access Denied"}, refusedA: true, askedA: true, askedB: true},
		{name: "all refused alike, with a reason", a: wordy, b: wordy, refusedA: true, refusedB: true, askedA: true, askedB: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			answers := func() map[string][]error {
				m := map[string][]error{}
				for n, err := range map[int]error{0: test.a, 1: test.b, 2: test.a} {
					if err != nil {
						m[sample.SubID(n)] = []error{err, err, err, err}
					}
				}
				return m
			}
			plans, err := estimate.OfPlans(t.Context(), rows, &till{answers: answers()})
			if err != nil || len(plans) != 2 {
				t.Fatalf("%d plans, %v", len(plans), err)
			}
			check := func(what string, e estimate.Answer, refused, asked bool) {
				t.Helper()
				if got := !e.Row.Valid(); got != refused || e.Asked != asked || !asked && e.Err == nil {
					t.Errorf("%s: refused %v, asked %v, %v; want refused %v, asked %v", what, got, e.Asked, e.Err, refused, asked)
				}
			}
			check("plan A", plans[0].Answer, test.refusedA, test.askedA)
			check("plan B", plans[1].Answer, test.refusedB, test.askedB)
			for e, err := range estimate.OfRows(t.Context(), rows, &till{answers: answers()}, 1) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Row.PlanID == sample.PlanA {
					check(fmt.Sprintf("row %d", e.Row.Index), e, test.refusedA, test.askedA)
				} else {
					check(fmt.Sprintf("row %d", e.Row.Index), e, test.refusedB, test.askedB)
				}
			}
		})
	}
}

// Estimates are a courtesy: a platform that takes minutes over one is not waited
// for, plan after plan.
func TestEstimatesTakeTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		rows := rowsOf([]csvimport.Row{orderRow(0, sample.PlanA), orderRow(1, sample.PlanB), orderRow(2, sample.PlanA), orderRow(3, sample.PlanA), orderRow(4, sample.PlanA), orderRow(5, sample.PlanA)})
		k := &till{latency: 310 * time.Second}
		began := time.Now()
		plans, err := estimate.OfPlans(t.Context(), rows, k)
		if err != nil || len(plans) != 2 {
			t.Fatalf("%d plans, %v", len(plans), err)
		}
		for _, p := range plans {
			if p.Asked || p.Err == nil || !p.Row.Valid() {
				t.Errorf("plan %s: %+v", p.Plan.APSID, p.Answer)
			}
		}
		if took := time.Since(began); took > time.Minute {
			t.Errorf("two plans took %v", took)
		}
		began = time.Now()
		for e, err := range estimate.OfRows(t.Context(), rows, k, 1) {
			if err != nil || e.Asked || e.Err == nil || !e.Row.Valid() {
				t.Errorf("row %d: %+v, %v", e.Row.Index, e, err)
			}
		}
		if took := time.Since(began); took > 2*time.Minute {
			t.Errorf("six rows took %v", took)
		}
	})
}

// A refusal names its cell as the other findings do.
func TestEstimateNamesTheColumn(t *testing.T) {
	file := sample.Open(t, "sub_id,email,plan_id,tenant,company_name,account_id\n"+sample.SubID(1)+",chris@contoso.com,"+sample.PlanA+",contoso.onmicrosoft.com,Contoso,\n")
	c := &check.Checker{File: file, Catalog: sample.Load(t, sample.Market())}
	k := &till{answers: map[string][]error{sample.SubID(1): {refusal(apsclient.Refused), refusal(apsclient.Refused)}}}
	plans, err := estimate.OfPlans(t.Context(), c.Rows, k)
	if err != nil || len(plans) != 1 || len(plans[0].Row.Findings) == 0 {
		t.Fatalf("plans %+v, %v", plans, err)
	}
	findings := c.Name(plans[0].Row.Findings)
	if got := findings[len(findings)-1].Where(); got != "row 2, column C plan_id" {
		t.Errorf("the finding is at %q", got)
	}
}

func TestEstimateRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n, width = 40, 4
		var rows []csvimport.Row
		for i := range n {
			rows = append(rows, orderRow(i, sample.PlanA))
		}
		rows[5].Findings = []csvimport.Finding{{Severity: csvimport.SeverityError, Code: "E_EMAIL"}}
		rows[6].Binding.Imported = true
		doubt := refusal(apsclient.InDoubt)
		k := &till{latency: time.Second, answers: map[string][]error{
			sample.SubID(0): {refusal(apsclient.SlowDown)},
			sample.SubID(7): {refusal(apsclient.Refused)},
			sample.SubID(8): {doubt, doubt, doubt, doubt},
			sample.SubID(9): {refusal(apsclient.NotSent)},
		}}
		began := time.Now()
		at := 0
		for e, err := range estimate.OfRows(t.Context(), rowsOf(rows), k, width) {
			if err != nil {
				t.Fatal(err)
			}
			if e.Row.Index != at {
				t.Fatalf("row %d came as number %d", e.Row.Index, at)
			}
			refused := len(e.Row.Findings) > 0 && e.Row.Findings[0].Code == "E_PLAN_REFUSED"
			if want := at != 5 && at != 6 && at != 8; e.Asked != want {
				t.Errorf("row %d: asked is %v", at, e.Asked)
			}
			if refused != (at == 7) {
				t.Errorf("row %d: findings %+v", at, e.Row.Findings)
			}
			if (at == 8) != errors.Is(e.Err, doubt) {
				t.Errorf("row %d: error %v", at, e.Err)
			}
			at++
		}
		if at != n {
			t.Errorf("%d rows of %d", at, n)
		}
		if k.most != width {
			t.Errorf("%d were asked for at once, want %d", k.most, width)
		}
		if spent := time.Since(began); spent < 9*time.Second {
			t.Errorf("Retry-After of 7 s was not waited for: done in %v", spent)
		}
	})
}

func TestEstimateRowsStops(t *testing.T) {
	var rows []csvimport.Row
	for i := range 200 {
		rows = append(rows, orderRow(i, sample.PlanA))
	}
	t.Run("credentials", func(t *testing.T) {
		k := &till{answers: map[string][]error{sample.SubID(3): {refusal(apsclient.Credentials)}}}
		var last error
		n := 0
		for _, err := range estimate.OfRows(t.Context(), rowsOf(rows), k, 4) {
			n++
			last = err
		}
		if apsclient.KindOf(last) != apsclient.Credentials || n != 4 {
			t.Errorf("ended after %d with %v", n, last)
		}
	})
	t.Run("no estimates on this platform", func(t *testing.T) {
		k := &till{answers: map[string][]error{}}
		for i := range rows {
			k.answers[sample.SubID(i)] = slices.Repeat([]error{refusal(apsclient.NoService)}, 3)
		}
		for e, err := range estimate.OfRows(t.Context(), rowsOf(rows), k, 2) {
			if err != nil || e.Asked || e.Err == nil || len(e.Row.Findings) > 0 {
				t.Fatalf("got %+v, %v", e, err)
			}
		}
		if len(k.asked) > 10 {
			t.Errorf("asked %d times", len(k.asked))
		}
	})
	t.Run("consumer", func(t *testing.T) {
		for range estimate.OfRows(t.Context(), rowsOf(rows), &till{latency: time.Millisecond}, 4) {
			break
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var last error
		for _, err := range estimate.OfRows(ctx, rowsOf(rows), &till{latency: time.Millisecond}, 4) {
			cancel()
			last = err
		}
		if !errors.Is(last, context.Canceled) {
			t.Errorf("got %v", last)
		}
	})
}
