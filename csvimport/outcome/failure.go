package outcome

import (
	"cmp"
	"errors"
	"fmt"

	"bulkimport/apsclient"
)

// MayHaveArrived reports whether a failed request for an order may have reached the
// platform: a no may then be the echo of a delivery that did create the order.
func MayHaveArrived(err error) bool {
	e, ok := errors.AsType[*apsclient.Error](err)
	return !ok || e.Kind != apsclient.NotSent && (e.Written || e.Status != 0)
}

// Describe is an error as the results file tells it; status is the answer's, 0 if
// there was none.
func Describe(err error) (code, message string, status int) {
	e, ok := errors.AsType[*apsclient.Error](err)
	if !ok {
		return "ERROR", err.Error(), 0
	}
	message = cmp.Or(e.Message, e.Error())
	if e.Support != "" {
		message += " [" + e.Support + "]"
	}
	return cmp.Or(e.Code, kindCode(e)), message, e.Status
}

func kindCode(e *apsclient.Error) string {
	if e.Status != 0 {
		return fmt.Sprintf("HTTP_%d", e.Status)
	}
	if e.Kind == apsclient.NotSent {
		return "NOT_SENT"
	}
	return "NO_ANSWER"
}

// Renewed reports whether a token was refused that has been thrown away since: with a
// new one the same may do.
func Renewed(err error) bool {
	e, ok := errors.AsType[*apsclient.Error](err)
	return ok && e.Renewed
}

// SaysExists reports whether a no says that there is an order already.
func SaysExists(err error) bool {
	e, ok := errors.AsType[*apsclient.Error](err)
	return ok && e.Exists
}
