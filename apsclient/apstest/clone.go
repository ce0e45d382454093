package apstest

import "maps"

// Clone returns another stand-in with the same ids, those of the order service and
// of all orders included, that holds what this one holds now and goes its own way
// from then on: a staging system made of a copy of production. It listens if this
// one does. Seed, tenants and subscriptions are this one's, whatever cfg says.
func (s *Server) Clone(cfg Config) (*Server, error) {
	cfg.Seed, cfg.Tenants, cfg.Subscriptions = s.cfg.Seed, s.cfg.Tenants, s.cfg.Subscriptions
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	c.service, c.store.key = s.service, s.store.key
	key, secret := s.credentials()
	c.SetCredentials(key, secret)
	st := s.store
	st.mu.Lock()
	c.store.bound, c.store.released = maps.Clone(st.bound), maps.Clone(st.released)
	for _, o := range st.orders {
		twin := encodeOrder(o).decode()
		twin.edited.Store(o.edited.Load())
		twin.override.Store(o.override.Load())
		c.store.link(twin)
		if twin.edited.Load() != nil {
			c.store.edited = append(c.store.edited, twin)
		}
	}
	st.mu.Unlock()
	if !s.listens {
		return c, nil
	}
	c.listens = true
	if err := c.listen(c.cfg.Listen); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}
