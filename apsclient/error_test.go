package apsclient_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"bulkimport/apsclient"
)

func TestBare(t *testing.T) {
	for _, test := range []struct {
		err  apsclient.Error
		want bool
	}{
		{apsclient.Error{Status: 400}, true},
		{apsclient.Error{Status: 400, Message: "400 Bad Request."}, true},
		{apsclient.Error{Status: 409, Code: "E-17", Message: "E-17: Conflict"}, true},
		{apsclient.Error{Status: 500, Wrapped: true, Message: "404 Not Found"}, true},
		{apsclient.Error{Status: 400, Code: "400", Message: "the plan is not sold"}, false},
		{apsclient.Error{Status: 422, Message: "400 Bad Request: nicht erlaubt"}, false},
	} {
		if got := test.err.Bare(); got != test.want {
			t.Errorf("%v: bare is %v, want %v", &test.err, got, test.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, test := range []struct {
		err  error
		want apsclient.Kind
	}{
		{errors.New("anything"), apsclient.InDoubt},
		{context.Canceled, apsclient.InDoubt},
		{fmt.Errorf("row 3: %w", &apsclient.Error{Kind: apsclient.Refused}), apsclient.Refused},
	} {
		if got := apsclient.KindOf(test.err); got != test.want {
			t.Errorf("KindOf(%v) = %v, want %v", test.err, got, test.want)
		}
	}
}
