package people

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"bulkimport/csvimport/serve"
)

const (
	atOnce       = 2                // passwords that are looked at
	busyPatience = 10 * time.Second // until one's turn comes
	mostBytes    = 1 << 20

	// grace is how long the people of before are in a file that cannot be used: an editor
	// may be about to write it.
	grace = 5 * time.Second
)

// Errors of a file, and of whoever comes in by one.
var (
	ErrBusy  = errors.New("too many people sign in at once")
	ErrLarge = errors.New("the file is larger than a file of people is")
)

// File is a file of people, read anew when it changes. It is safe for concurrent use.
type File struct {
	path    string
	trusted func(path string) error
	told    func(error)
	nobody  []byte // the hash of a password that nobody has
	busy    chan struct{}

	mu     sync.Mutex
	list   *List
	of     os.FileInfo // of the file that was read last
	broken time.Time   // since when it cannot be used; zero if it can
}

// Read reads a file once. Errors are those of the file system, [ErrLarge] and [*LineError].
func Read(path string) (*List, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	switch {
	case err != nil:
		return nil, err
	case len(text) > mostBytes:
		return nil, ErrLarge
	}
	return parse(string(text))
}

// Open opens a file of people. trusted says why a file is not to be believed, nil if it
// is; told hears, once for each change, why it cannot be used any more.
func Open(path string, trusted func(path string) error, told func(error)) (*File, error) {
	nobody, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), cost)
	if err != nil {
		return nil, err
	}
	f := &File{path: path, trusted: trusted, told: told, nobody: nobody, busy: make(chan struct{}, atOnce)}
	f.of, err = os.Stat(path)
	if err == nil {
		f.list, err = f.read()
	}
	return f, err
}

func (f *File) read() (*List, error) {
	if err := f.trusted(f.path); err != nil {
		return nil, err
	}
	return Read(f.path)
}

// current are the people as the file has them.
func (f *File) current() *List {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err == nil && same(info, f.of) {
		if !f.broken.IsZero() && time.Since(f.broken) > grace {
			return &List{}
		}
		return f.list
	}
	if err == nil {
		var list *List
		if list, err = f.read(); err == nil {
			f.list, f.of, f.broken = list, info, time.Time{}
			return list
		}
	}
	if f.broken.IsZero() {
		f.broken = time.Now()
	}
	if f.of != nil {
		f.told(err)
	}
	if f.of = info; time.Since(f.broken) > grace {
		return &List{}
	}
	return f.list
}

// same reports whether a file has not changed.
func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size() && a.Mode() == b.Mode() && os.SameFile(a, b)
}

// Check looks whether a password is a person's, which takes as long where there is no such
// person. The proof tells later on, to Still, whether they are in the file still, with the
// same role and password. The error is [ErrBusy], or ctx's: the password was not looked at.
func (f *File) Check(ctx context.Context, name, password string) (p serve.Person, proof string, ok bool, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, busyPatience, ErrBusy)
	defer cancel()
	select {
	case f.busy <- struct{}{}:
		defer func() { <-f.busy }()
	case <-ctx.Done():
		return p, "", false, context.Cause(ctx)
	}
	e, known := f.current().people[name]
	hash := f.nobody
	if known {
		hash = []byte(e.hash)
	}
	right := bcrypt.CompareHashAndPassword(hash, []byte(password)[:min(len(password), MostPassword)]) == nil
	if !right || !known || len(password) > MostPassword {
		return p, "", false, nil
	}
	return e.Person, e.proof(), true, nil
}

// Still reports whether a person is in the file as they were when they came in.
func (f *File) Still(p serve.Person, proof string) bool {
	e, known := f.current().people[p.Name]
	return known && e.Person == p && e.proof() == proof
}
