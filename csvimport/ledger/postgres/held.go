package postgres

// held are entries that a run holds, by subscription, as it has written or read them:
// nobody else changes these while the run goes on. Those of several generations are not
// among them.
type held map[string]row

// mostHeld is how many entries a run remembers.
const mostHeld = 10_000

// keep takes all entries of some subscriptions, as the run has left them.
func (h held) keep(rows map[string][]*row, run int64) {
	for sub, some := range rows {
		delete(h, sub)
		if only := *some[0]; len(some) == 1 && only.Run == run && only.State.Holds() {
			only.changed, only.added = false, false
			h[sub] = only
		}
	}
	for sub := range h {
		if len(h) <= mostHeld {
			break
		}
		delete(h, sub)
	}
}
