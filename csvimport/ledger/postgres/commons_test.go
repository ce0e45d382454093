package postgres_test

import (
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport/ledger/postgres"
)

func commons(t *testing.T, address string) *postgres.Commons {
	t.Helper()
	c, err := postgres.OpenCommons(t.Context(), address, postgres.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// TestShelf keeps for one machine what another has put there.
func TestShelf(t *testing.T) {
	address := cluster.Fresh(t)
	a, b := commons(t, address).Shelf("files"), commons(t, address).Shelf("files")
	write := func(text string) func(io.Writer) error {
		return func(w io.Writer) error { _, err := io.WriteString(w, text); return err }
	}
	read := func() string {
		t.Helper()
		body, err := b.Read("id", "part")
		if errors.Is(err, fs.ErrNotExist) {
			return "none"
		}
		if err != nil {
			t.Fatal(err)
		}
		defer body.Close()
		text, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	large := strings.Repeat("0123456789abcdef", 1<<16*5/2) // pieces, the last one not full
	torn := errors.New("torn")
	for _, step := range []struct {
		name string
		do   func() error
		err  error
		want string
	}{
		{"nothing", func() error { return nil }, nil, "none"},
		{"empty", func() error { return a.Write("id", "part", write("")) }, nil, ""},
		{"large", func() error { return a.Write("id", "part", write(large)) }, nil, large},
		{"torn", func() error { return a.Write("id", "part", func(io.Writer) error { return torn }) }, torn, large},
		{"small", func() error { return a.Write("id", "part", write("x\n")) }, nil, "x\n"},
		{"more", func() error { return a.Append("id", "part", []byte("y\n")) }, nil, "x\ny\n"},
		{"swept while it is new", a.Sweep, nil, "x\ny\n"},
		{"removed", func() error { return a.Remove("id") }, nil, "none"},
		{"begun by more", func() error { return a.Append("id", "part", []byte("z\n")) }, nil, "z\n"},
	} {
		if err := step.do(); !errors.Is(err, step.err) {
			t.Fatalf("%s: %v", step.name, err)
		}
		if got := read(); got != step.want {
			t.Errorf("%s: %d bytes, want %d", step.name, len(got), len(step.want))
		}
	}
	if _, err := b.Record("id"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a record that is none: %v", err)
	}
}

// TestChange lets one machine after the other change a record.
func TestChange(t *testing.T) {
	address := cluster.Fresh(t)
	a, b := commons(t, address), commons(t, address)
	add := func(s *postgres.Shelf) error {
		return s.Change("id", func(old []byte) ([]byte, error) { return append(old, '.'), nil })
	}
	if err := add(a.Shelf("imports")); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for _, c := range []*postgres.Commons{a, b} {
		all.Go(func() {
			for range 20 {
				if err := add(c.Shelf("imports")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	refused := errors.New("refused")
	if err := b.Shelf("imports").Change("id", func([]byte) ([]byte, error) { return nil, refused }); !errors.Is(err, refused) {
		t.Errorf("a change that is refused: %v", err)
	}
	records, err := b.Shelf("imports").All()
	if want := [][]byte{[]byte(strings.Repeat(".", 41))}; err != nil || cmp.Diff(want, records) != "" {
		t.Errorf("%q, %v", records, err)
	}
	if others, err := b.Shelf("files").All(); err != nil || len(others) > 0 {
		t.Errorf("on another shelf: %q, %v", others, err)
	}
}

// TestLiving tells programs that live from those that have gone.
func TestLiving(t *testing.T) {
	address := cluster.Fresh(t)
	a, b := commons(t, address), commons(t, address)
	if err := errors.Join(a.Beat(t.Context()), b.Beat(t.Context()), b.Beat(t.Context())); err != nil {
		t.Fatal(err)
	}
	living, err := a.Living(t.Context())
	want := slices.Sorted(slices.Values([]string{a.Self(), b.Self()}))
	if diff := cmp.Diff(want, slices.Sorted(slices.Values(living))); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if err := b.Leave(t.Context()); err != nil {
		t.Fatal(err)
	}
	if living, err := a.Living(t.Context()); err != nil || cmp.Diff([]string{a.Self()}, living) != "" {
		t.Errorf("%v, %v", living, err)
	}
}
