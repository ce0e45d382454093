package jobs_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/jobs"
)

// heard is what a worker was given.
func heard(t *testing.T, from <-chan string, n int) []string {
	t.Helper()
	var ids []string
	for range n {
		select {
		case id := <-from:
			ids = append(ids, id)
		case <-time.After(20 * time.Second):
			t.Fatalf("no further job came after %q", ids)
		}
	}
	return ids
}

// TestQueue works jobs in the order in which they came, each once.
func TestQueue(t *testing.T) {
	came := make(chan string, 10)
	q, err := jobs.Open(t.Context(), filepath.Join(t.TempDir(), "jobs.db"), func(_ context.Context, id string) error {
		came <- id
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "c"} {
		if err := q.Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, heard(t, came, 3)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := q.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if len(came) > 0 {
		t.Errorf("%q came again", <-came)
	}
}

// TestGoesOn works a job again that was interrupted, and the one behind it, once the
// queue is opened anew; what is queued twice meanwhile is one job.
func TestGoesOn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "jobs.db")
	came := make(chan string, 10)
	q, err := jobs.Open(t.Context(), path, func(ctx context.Context, id string) error {
		came <- id
		<-ctx.Done()
		return jobs.ErrLater
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []string{"a", "b", "b", "a"} {
		if err := q.Add(t.Context(), id); err != nil {
			t.Fatal(err)
		}
	}
	heard(t, came, 1)
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	for len(came) > 0 { // the next one may have begun before the end
		<-came
	}
	if q, err = jobs.Open(t.Context(), path, func(_ context.Context, id string) error {
		came <- id
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	defer q.Close(context.Background())
	if err := q.Add(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, heard(t, came, 2)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	select {
	case id := <-came:
		t.Errorf("%s came again", id)
	case <-time.After(time.Second):
	}
}
