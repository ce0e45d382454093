package serve

import "context"

// Role is what a person may do.
type Role string

const (
	Look       Role = "look"       // read what is there
	Import     Role = "import"     // hand in files and import them
	Administer Role = "administer" // all there is
)

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
