package estimate

import (
	"errors"

	"bulkimport/apsclient"
)

// Denial is whom Billing denies access, as far as estimates tell: its words are the
// same for a service plan that may not be ordered and for a staff member who may not
// order.
type Denial uint8

const (
	DeniedEither Denial = iota // one service plan alone was asked for
	DeniedPlan                 // other plans may be ordered
	DeniedStaff                // none of several plans may
)

// DenialOf tells from so many service plans asked for, and denied.
func DenialOf(asked, denied int) Denial {
	switch {
	case denied < asked:
		return DeniedPlan
	case asked > 1:
		return DeniedStaff
	}
	return DeniedEither
}

// Denies reports whether err is Billing's word that access is denied, which no Allowed
// Operation of the APS bus changes.
func Denies(err error) bool {
	e, ok := errors.AsType[*apsclient.Error](err)
	return ok && e.Kind == apsclient.Permission && e.Wrapped
}

const (
	mendPlan  = "choose a plan that can be imported to; for migration orders it has to be a PLM plan"
	mendStaff = "ask the provider to let the staff member place orders; for migration orders the credentials have to be of the provider's level, or the reseller has to be marked as operating unit"
)

// Hint says what a person can do about it.
func (d Denial) Hint() string {
	switch d {
	case DeniedPlan:
		return "it is this service plan, since orders with another are let through: " + mendPlan
	case DeniedStaff:
		return "it is most likely the staff member, or the reseller, since Billing denies every service plan asked for: " + mendStaff
	}
	return "it is either the service plan or the staff member. The plan: " + mendPlan + ". The staff member: " + mendStaff
}
