package jobs_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/jobs"
	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/ledger/postgres/pgtest"
)

var cluster pgtest.Cluster

func TestMain(m *testing.M) {
	code := m.Run()
	cluster.Close()
	os.Exit(code)
}

// join is one process that works at a queue.
func join(t *testing.T, address, name string, work jobs.Work) (leave func(), q *jobs.Queue) {
	t.Helper()
	return joinBy(t, shared(t, address), name, work)
}

func shared(t *testing.T, address string) *postgres.Commons {
	t.Helper()
	c, err := postgres.OpenCommons(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func joinBy(t *testing.T, c *postgres.Commons, name string, work jobs.Work) (leave func(), q *jobs.Queue) {
	t.Helper()
	return joinAll(t, c, name, work, func(context.Context, string, int) {})
}

func joinAll(t *testing.T, c *postgres.Commons, name string, work jobs.Work, help jobs.Help) (leave func(), q *jobs.Queue) {
	t.Helper()
	var err error
	if q, err = jobs.Join(t.Context(), c, name, work, help, func(context.Context) {}); err != nil {
		t.Fatal(err)
	}
	left := false
	leave = func() {
		if !left {
			left = true
			if err := q.Close(context.Background()); err != nil {
				t.Error(err)
			}
			c.Close()
		}
	}
	t.Cleanup(leave)
	return leave, q
}

// TestShared has the jobs of one queue worked by two processes, each job once, and those
// of one that leaves by the other. Another queue's are another's.
func TestShared(t *testing.T) {
	address := cluster.Fresh(t)
	came := make(chan string, 20)
	hold := func(ctx context.Context, id string) error {
		came <- id
		<-ctx.Done()
		return jobs.ErrLater
	}
	leave, q := join(t, address, "one", hold)
	join(t, address, "other", func(_ context.Context, id string) error { return fmt.Errorf("%s came to another queue", id) })
	for _, id := range []string{"a", "b", "a", "c"} {
		if err := q.Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"a"}, heard(t, came, 1)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	join(t, address, "one", func(_ context.Context, id string) error {
		came <- id
		return nil
	})
	if diff := cmp.Diff([]string{"b", "c"}, heard(t, came, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	leave()
	if diff := cmp.Diff([]string{"a"}, slices.Sorted(slices.Values(heard(t, came, 1)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestOrder has a job keep its place that is queued again and again, while one process
// comes to it.
func TestOrder(t *testing.T) {
	address := cluster.Fresh(t)
	came, ends := make(chan string, 20), make(chan struct{})
	_, q := join(t, address, "one", func(_ context.Context, id string) error {
		came <- id
		<-ends
		return nil
	})
	defer close(ends)
	adds := func(id string) {
		if err := q.Add(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	adds("busy")
	heard(t, came, 1)
	const rounds = 5
	for i := range rounds {
		first, next := fmt.Sprint("first ", i), fmt.Sprint("next ", i)
		adds(first)
		adds(next)
		again, enough := context.WithCancel(t.Context())
		var others sync.WaitGroup
		for range 4 {
			others.Go(func() {
				for again.Err() == nil {
					adds(first)
				}
			})
		}
		ends <- struct{}{}
		got := heard(t, came, 1)
		enough()
		others.Wait()
		ends <- struct{}{}
		if diff := cmp.Diff([]string{first, next}, append(got, heard(t, came, 1)...)); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

// TestAsk has a process that has no job lend a hand to another one's, and take a job
// before that; one hand is asked for once at a time.
func TestAsk(t *testing.T) {
	address := cluster.Fresh(t)
	came := make(chan string, 20)
	ends := make(chan struct{})
	work := func(_ context.Context, id string) error {
		came <- "works " + id
		<-ends
		return nil
	}
	help := func(_ context.Context, id string, hand int) { came <- fmt.Sprintf("lends %s hand %d", id, hand) }
	_, q := joinAll(t, shared(t, address), "one", work, help)
	if err := q.Add(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	got := heard(t, came, 1)
	for _, hand := range []int{2, 2, 3} {
		if err := q.Ask(t.Context(), "a", hand); err != nil {
			t.Fatal(err)
		}
	}
	if err := q.Add(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	joinAll(t, shared(t, address), "one", work, help)
	got = append(got, heard(t, came, 1)...)
	ends <- struct{}{} // either of them
	got = append(got, heard(t, came, 2)...)
	if diff := cmp.Diff([]string{"works a", "works b", "lends a hand 2", "lends a hand 3"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	close(ends)
	select {
	case more := <-came:
		t.Errorf("%s as well", more)
	case <-time.After(time.Second):
	}
}

// TestTakenOver has a process that was taken for dead end its job after all, while the one
// that took it over is at it: the job is not done until that one says so.
func TestTakenOver(t *testing.T) {
	for name, says := range map[string]error{"done": nil, "later": jobs.ErrLater, "wrong": errors.New("wrong")} {
		t.Run(name, func(t *testing.T) {
			address := cluster.Fresh(t)
			came := make(chan string, 20)
			wakes := make(chan struct{})
			slow := shared(t, address)
			sleeper, q := joinBy(t, slow, "one", func(_ context.Context, id string) error {
				came <- "slow " + id
				<-wakes
				return says
			})
			if err := q.Add(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			got := heard(t, came, 1)
			if err := slow.Leave(t.Context()); err != nil { // as if its time had run out
				t.Fatal(err)
			}
			taker, _ := join(t, address, "one", func(ctx context.Context, id string) error {
				came <- "taker " + id
				<-ctx.Done()
				return jobs.ErrLater
			})
			got = append(got, heard(t, came, 1)...)
			close(wakes)
			sleeper()
			join(t, address, "one", func(_ context.Context, id string) error {
				came <- "third " + id
				return nil
			})
			select {
			case id := <-came:
				t.Fatalf("%s came while the taker was at it", id)
			case <-time.After(time.Second): // a queue asks several times in it
			}
			taker()
			got = append(got, heard(t, came, 1)...)
			if diff := cmp.Diff([]string{"slow a", "taker a", "third a"}, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
