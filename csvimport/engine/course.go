package engine

import (
	"errors"
	"slices"

	"bulkimport/apsclient"
	"bulkimport/csvimport"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
)

// phase tells what a run still does.
type phase uint8

const (
	placing  phase = iota // everything
	draining              // nothing is sent; orders are followed, doubts looked up
	ending                // only what is begun is waited for
)

// course is how far a run still goes, and why no further. It belongs to the loop.
type course struct {
	*run
	phase       phase
	stopped     *notice.StopError // nil while nothing has stopped it
	interrupted bool
	held        bool // it ended while orders of others might not show yet
}

// known is a status, or unknown where it says that there is no order and rows of which
// the ledger knows nothing may have orders all the same.
func (c *course) known(s csvimport.Status) csvimport.Status {
	mayExist := c.held || c.stopped != nil && (c.stopped.Code == notice.StopLost || c.stopped.Code == notice.StopControls || errors.Is(c.stopped.Err, ledger.ErrReplaced))
	if s == csvimport.Unsent && mayExist {
		return csvimport.Unknown
	}
	return s
}

// reason is why the run stopped, nil if it did not.
func (c *course) reason() error {
	if c.stopped == nil {
		return nil
	}
	return c.stopped
}

// stop ends the run early: in phase draining where the rows are at fault, in
// phase ending where nothing more can be done. The first reason stands.
func (c *course) stop(p phase, err *notice.StopError) {
	if c.stopped == nil {
		c.stopped = err
		c.log.Warn("run stops", "reason", err.Error(), "cause", err.Err)
	}
	c.phase = max(c.phase, p)
	c.halt.Store(true)
	c.job.Progress.Halt()
	if p == ending {
		c.endRead()
	}
}

// interrupt ends the run at a person's word.
func (c *course) interrupt() {
	c.interrupted = true
	c.phase = ending
	c.halt.Store(true)
}

// fatal ends the run if err is one after which nothing can be read or placed:
// credentials, permissions, no order service.
func (c *course) fatal(err error) bool { return c.stopFor(ending, err) }

func (c *course) stopFor(p phase, err error) bool {
	code := map[apsclient.Kind]notice.StopCode{
		apsclient.Credentials: notice.StopCredentials, apsclient.Permission: notice.StopPermission, apsclient.NoService: notice.StopNoService,
	}[apsclient.KindOf(err)]
	if code != 0 {
		c.stop(p, &notice.StopError{Code: code, Err: err})
	}
	return code != 0
}

// barred reports whether the platform takes no order from this login: none will be
// seen to show in this run.
func (c *course) barred() bool {
	return c.stopped != nil && slices.Contains([]notice.StopCode{notice.StopCredentials, notice.StopPermission, notice.StopNoService}, c.stopped.Code)
}

// unwritten ends the run: an order whose fate cannot be written down is not
// placed.
func (c *course) unwritten(err error) {
	c.stop(ending, &notice.StopError{Code: notice.StopLedger, Err: err})
}
