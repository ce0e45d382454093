package apsclient

import (
	"regexp"
	"strings"
)

const (
	guidForm   = `[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`
	orderWords = `\border(?: with)?(?: (?:id|number|no\.?|nr\.?))?\s*[#:='"(\[]*\s*`
)

var (
	// "already exists", "AlreadyExists", "has already been ordered", "is already
	// imported", "exists already", "duplicate order"
	existsProse = regexp.MustCompile(`(?i)already[\s_-]*exist|exists? already|` +
		`\balready (?:(?:has|have) )?(?:been |is |was )?(?:ordered|placed|purchased|bought|subscribed|imported|migrated|submitted)\b|` +
		`\balready (?:has|have) an? |duplicate[\s_-]*order`)
	// What has to be there for it to matter: a user that exists is no order.
	ofAnOrder = regexp.MustCompile(`(?i)order|subscription|purchase|\bpo[\s_-]*number`)

	// The word "order" has to stand before: a GUID alone may be that of the
	// subscription or of the plan.
	namedNumber = regexp.MustCompile(`(?i)` + orderWords + `([a-z]{0,3}-?\d{3,})(?:[^\w-]|$)`)
	namedID     = regexp.MustCompile(`(?i)` + orderWords + `(` + guidForm + `)\b`)
	// Anywhere, where the platform numbers its orders like this: SO000123.
	salesNumber = regexp.MustCompile(`\b(SO\d{3,})\b`)
	formOfGUID  = regexp.MustCompile(`^(?i:` + guidForm + `)$`)
)

// name takes from what the platform said whether something is there already, and
// the order it names.
func (e *Error) name(said complaint) {
	words := said.message + " " + said.code
	e.Exists = busyProse.MatchString(words) || existsProse.MatchString(words) && ofAnOrder.MatchString(words)
	if said.orderID != "" || said.orderNumber != "" {
		e.Exists, e.OrderID, e.OrderNumber = true, lowerGUID(said.orderID), said.orderNumber
		return
	}
	if !e.Exists {
		return
	}
	e.OrderID = strings.ToLower(firstGroup(said.message, namedID))
	e.OrderNumber = strings.ToUpper(firstGroup(said.message, namedNumber, salesNumber))
}

// firstGroup is what the first of the patterns that matches has in its group.
func firstGroup(words string, patterns ...*regexp.Regexp) string {
	for _, p := range patterns {
		if m := p.FindStringSubmatch(words); m != nil {
			return m[1]
		}
	}
	return ""
}

// lowerGUID is id in lower case if it has the form of a GUID, which platforms
// tell in either; an account's number, for example, stays as it is.
func lowerGUID(id string) string {
	trimmed := strings.TrimSpace(id)
	if lower := strings.ToLower(trimmed); lower != id && formOfGUID.MatchString(trimmed) {
		return lower
	}
	return id
}
