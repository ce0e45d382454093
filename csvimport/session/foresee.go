package session

import (
	"context"
	"errors"
)

// Foresee tells what Run would do, and does nothing of it: it comes as far as the
// confirmation. Errors are as Run's; with a *LookFirst there is a Preview too, of what
// follows once the first order has been looked at.
func Foresee(ctx context.Context, job Job) (*Preview, error) {
	s := newSession(job)
	if err := s.load(ctx); err != nil {
		return nil, err
	}
	defer s.catalog.Close()
	if err := s.admit(ctx); err != nil {
		return nil, err
	}
	p, err := s.preview(ctx)
	if err != nil {
		return nil, err
	}
	var look *LookFirst
	p.FirstOnly, err = s.firstDay(ctx)
	if err != nil && !errors.As(err, &look) {
		return nil, err
	}
	if err := s.foresee(ctx, p); err != nil {
		return nil, err
	}
	return p, err
}
