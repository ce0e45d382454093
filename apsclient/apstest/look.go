package apstest

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// look is how a call sees the orders, and how they are told.
type look struct {
	now       int64 // the platform's clock
	at        int64 // Config.Clock's time by which orders show
	localZone *time.Location

	accountNumber, upperIDs, noProducts, dateForm bool
}

// look draws how a call sees the orders.
func (c *call) look() look {
	s := c.s
	v := look{now: c.common.UnixMilli(), at: s.cfg.Clock().Add(-time.Duration(c.node) * s.cfg.NodeLag).UnixMilli()}
	if c.strikes("local-dates") {
		v.localZone = time.FixedZone("", int(s.cfg.LocalZone.Seconds()))
	}
	v.accountNumber, v.upperIDs = c.strikes("account-number"), c.strikes("upper-ids")
	v.noProducts, v.dateForm = c.strikes("no-products"), c.strikes("date-form")
	return v
}

// ago is how orders were seen some time ago.
func (v look) ago(d time.Duration) look {
	v.now -= d.Milliseconds()
	v.at -= d.Milliseconds()
	return v
}

func (v *look) id(id string) string {
	if v.upperIDs {
		return strings.ToUpper(id)
	}
	return id
}

func (v *look) date(t time.Time) string {
	if v.localZone != nil {
		return t.In(v.localZone).Format("2006-01-02T15:04:05")
	}
	return t.Format(timeForm)
}

func (v *look) account(i int, w *world) string {
	if v.accountNumber {
		return strconv.Itoa(firstAccount + i)
	}
	return v.id(w.accountID(i))
}

var (
	anyGUID = regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	millis  = []byte(`.000Z"`)
)

// products tells what was ordered.
func (v *look) products(raw json.RawMessage) json.RawMessage {
	if v.upperIDs {
		raw = anyGUID.ReplaceAllFunc(raw, bytes.ToUpper)
	}
	if v.dateForm {
		raw = bytes.ReplaceAll(raw, millis, []byte(`Z"`))
	}
	return raw
}
