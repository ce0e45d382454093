// Package people is a file of who may come in: names, roles and hashes of passwords.
package people

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/crypto/bcrypt"

	"bulkimport/csvimport/serve"
)

// cost is that of all hashes: were they to differ, the time of an answer would tell who
// there is.
const cost = 12

// Bounds of a password, in bytes. bcrypt looks at no more.
const (
	LeastPassword = 12
	MostPassword  = 72
)

// LineError is a line of the file that cannot be used.
type LineError struct {
	Line int
	Why  string
}

func (e *LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Why) }

// entry is one person of the file.
type entry struct {
	serve.Person
	hash string
}

// proof tells the entry from others, and neither its password nor the hash of that.
func (e *entry) proof() string { return serve.KeyOf(e.Name + "\n" + string(e.Role) + "\n" + e.hash) }

// List is the text of a file of people: a line NAME:ROLE:HASH for each, and remarks that
// begin with #. The zero value has nobody.
type List struct {
	lines  []string
	people map[string]entry
}

var name = regexp.MustCompile(`^[\pL\pN][\pL\pN ._@+-]{0,63}$`)

// ValidName reports whether a person may be called so in the file.
func ValidName(text string) bool { return name.MatchString(text) && strings.TrimSpace(text) == text }

// parse reads the text of a file. Errors are of type [*LineError].
func parse(text string) (*List, error) {
	l := &List{people: make(map[string]entry)}
	if text == "" {
		return l, nil
	}
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		line = strings.TrimSuffix(line, "\r")
		l.lines = append(l.lines, line)
		if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
			continue
		}
		e, why := parseLine(line)
		if _, twice := l.people[e.Name]; twice && why == "" {
			why = "this name has a line already"
		}
		if why != "" {
			return nil, &LineError{i + 1, why}
		}
		l.people[e.Name] = e
	}
	return l, nil
}

func parseLine(line string) (e entry, why string) {
	parts := strings.Split(line, ":")
	if len(parts) != 3 {
		return e, "this is not NAME:ROLE:HASH"
	}
	e = entry{serve.Person{Name: parts[0], Role: serve.Role(parts[1])}, parts[2]}
	switch made, err := bcrypt.Cost([]byte(e.hash)); {
	case !ValidName(e.Name):
		return e, "a name has letters, digits, blanks and ._@+-, and 64 of them at most"
	case !e.Role.Known():
		return e, "there is no such role"
	case err != nil:
		return e, "the hash is none of bcrypt"
	case made != cost:
		return e, fmt.Sprintf("the hash has cost %d, and has to have %d", made, cost)
	}
	return e, ""
}

// Len is how many people there are.
func (l *List) Len() int { return len(l.people) }

// Set gives a person a role and a password, whose length is the caller's to test.
func (l *List) Set(p serve.Person, password string) error {
	hash, err := bcrypt.GenerateFromPassword([]byte(password), cost)
	if err != nil {
		return err
	}
	line := p.Name + ":" + string(p.Role) + ":" + string(hash)
	if i := l.line(p.Name); i >= 0 {
		l.lines[i] = line
	} else {
		l.lines = append(l.lines, line)
	}
	if l.people == nil {
		l.people = make(map[string]entry)
	}
	l.people[p.Name] = entry{p, string(hash)}
	return nil
}

// Remove takes a person out, and reports whether they were in.
func (l *List) Remove(name string) bool {
	i := l.line(name)
	if i < 0 {
		return false
	}
	l.lines = slices.Delete(l.lines, i, i+1)
	delete(l.people, name)
	return true
}

// line is where a person stands, negative if nowhere.
func (l *List) line(name string) int {
	return slices.IndexFunc(l.lines, func(line string) bool { return strings.HasPrefix(line, name+":") })
}

// String is the text of the file.
func (l *List) String() string {
	if len(l.lines) == 0 {
		return ""
	}
	return strings.Join(l.lines, "\n") + "\n"
}
