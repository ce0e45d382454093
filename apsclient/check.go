package apsclient

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"bulkimport/apsclient/tree"
)

// Greeting is the platform's answer to the cheapest call there is.
type Greeting struct {
	Booster  bool      // the answer came through the APS booster
	Date     time.Time // the platform's Date header, zero if absent
	Versions []string  // of the APS bus, as far as the answer could be read
}

// Check asks for the versions document, and so finds out whether address and
// credentials are right. If the credentials are not, the error is an *Error of
// kind Credentials; if no APS bus answers there, of kind NoService.
func (c *Client) Check(ctx context.Context) (Greeting, error) {
	var g Greeting
	cl := call{op: opGreet, path: c.wire.VersionsPath, missing: service}
	err := c.get(ctx, cl, func(ans answer) error {
		g.Booster = strings.EqualFold(ans.header.Get("X-APSBooster-Response"), "true")
		g.Date = ans.date
		v, err := decodeJSON(ans.body)
		if err != nil {
			return &Error{Kind: NoService, Op: cl.op, Status: ans.status, Date: ans.date, Err: err}
		}
		g.Versions = versions(v)
		return nil
	})
	if e, ok := errors.AsType[*Error](err); ok && e.Kind == NoService && e.Status == http.StatusOK {
		e.Message = "this is not an APS bus"
	}
	return g, err
}

// versions reads a list of versions, or of objects with a version, or an
// object that has either, or whose keys are the versions.
func versions(v tree.Node) (all []string) {
	if list, ok := v.List(); ok {
		for _, element := range list {
			if t := cmp.Or(text(element), textAt(element, "version")); t != "" {
				all = append(all, t)
			}
		}
		return all
	}
	if inner, ok := v.Field("versions"); ok {
		return versions(inner)
	}
	if one, _ := v.Field("version"); text(one) != "" {
		return []string{text(one)}
	}
	for name := range v.Fields() {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// Ping is Check without the greeting: nil means that the platform answers.
func (o *Orders) Ping(ctx context.Context) error {
	_, err := o.c.Check(ctx)
	return err
}
