package serve

import (
	"context"
	"slices"
)

// Role is what a person may do. Each role may what the ones before it may.
type Role string

const (
	Look       Role = "look"       // read what is there
	Import     Role = "import"     // hand in files and import them
	Administer Role = "administer" // all there is
)

// Roles are all roles, the least first.
func Roles() []Role { return []Role{Look, Import, Administer} }

// Known reports whether there is such a role.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// Allows reports whether a person of this role may do what needs the least one.
func (r Role) Allows(least Role) bool {
	return r.Known() && least.Known() && slices.Index(Roles(), r) >= slices.Index(Roles(), least)
}

// Person is who is behind a request.
type Person struct {
	Name string `json:"name"`
	Role Role   `json:"role"`
}

type personKey struct{}

// From is the person behind a request that a [Gate] let in.
func From(ctx context.Context) Person {
	p, _ := ctx.Value(personKey{}).(Person)
	return p
}
