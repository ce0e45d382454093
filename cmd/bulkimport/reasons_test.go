package main

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/again"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
)

// What a person hears of an import that does not go through.
func TestReasons(t *testing.T) {
	full := fmt.Errorf("%w of the ledger", ledger.ErrFull)
	broken := errors.New("it is broken")
	for _, test := range []struct {
		err         error
		words, hint string
	}{
		{&notice.StopError{Code: notice.StopLedger, Err: broken},
			"the ledger cannot be written: it is broken", "nothing further was placed; run the same command again once it is mended"},
		{&notice.StopError{Code: notice.StopLedger, Err: full},
			"the ledger cannot be written: the disk is full of the ledger", "free some space and run the same command again"},
		{&notice.StopError{Code: notice.StopRows, Err: broken}, "it is broken", ""},
		{&notice.StopError{Code: notice.StopCredentials, Err: broken},
			"the platform does not accept the credentials", "check consumer key and secret and this machine's clock: bulkimport doctor"},
		{&notice.StopError{Code: notice.StopPermission, Err: broken},
			"the platform does not permit this operation", "the staff member's APS Bus Access needs the Allowed Operations that bulkimport doctor names"},
		{&notice.StopError{Code: notice.StopNoService, Err: broken},
			"the order service is not where it was", "is Order Management still deployed? bulkimport doctor looks for it"},
		{&notice.StopError{Code: notice.StopOutage, Waited: 10 * time.Minute},
			"the platform has not answered as it should for 10m0s", "run the same command again when it does; --patience sets how long to wait"},
		{&notice.StopError{Code: notice.StopForeign, Order: "SO000007"},
			"stopped: another import with another ledger is running here and began earlier: its order SO000007 was first seen at 00:00:00 UTC",
			"let the other import finish, or go on with its ledger (--ledger); then run the same command again. If it has other rows for certain: --beside"},
		{&notice.StopError{Code: notice.StopLost, Loss: ledger.LossCopied},
			"stopped: orders may exist that this ledger does not know, and nobody has said when anybody last imported here",
			"this ledger is a copy, or was put back from one; say when anybody, you included, last imported here: --last-import-here \"2026-11-27 14:30\", or never"},
		{&notice.StopError{Code: notice.StopLost, Loss: ledger.LossUnknown},
			"stopped: orders may exist that this ledger does not know, and nobody has said when anybody last imported here",
			"nothing on this machine vouches for this ledger; say when anybody, you included, last imported here: --last-import-here \"2026-11-27 14:30\", or never; one that was moved here: bulkimport ledger adopt"},
		{&notice.StopError{Code: notice.StopDoubles, Bad: 2}, "2 subscriptions with two orders that both stand",
			"they are named above; cancel the extra order in Billing at once, or the customer pays twice (bulkimport help runbook)"},
		{&notice.StopError{Code: notice.StopNotImported, Bad: 1},
			"1 order completed, but the tenant list does not show the subscription as imported",
			"the platform may have sold a new subscription instead of importing the old one: look at the order in Billing, " +
				"compare with `bulkimport doctor --compare ORDER_NUMBER`, and cancel it there if so; if the list is only behind, --proved ORDER_NUMBER of the first order goes on"},
		{&notice.StopError{Code: notice.StopWrong, Bad: 10, Rows: 12}, "stopped: 10 of 12 rows ended were refused or failed",
			"look at the errors in the results file, mend the rows, and run the same command again; --max-errors changes the limit"},
		{&notice.StopError{Code: notice.StopWrong, Bad: 5, Rows: 12, Runs: 2}, "stopped: 5 of 12 rows ended were refused or failed, and 2 imports here share what may go wrong",
			"look at the errors in the results file, mend the rows, and run the same command again; --max-errors changes the limit"},
		{&notice.StopError{Code: notice.StopCanary, Rows: 3, Bad: 2},
			"stopped after the first 3 rows: 2 did not end well", "look at them in Billing and in the results file before going on"},
		{&notice.StopError{Code: notice.StopFirst}, "the first order has ended well; look at it before the rest follows", ""},
		{&again.Error{Code: again.Unknown, Sub: "s"},
			"no new order for subscription s: this ledger knows no order of it", "import it without --again"},
		{&again.Error{Code: again.NoOrder, Sub: "s"},
			"no new order for subscription s: its order is not cancelled", "import it without --again"},
		{&again.Error{Code: again.Stands, Sub: "s", Order: "SO1 (id)", Status: "CP"},
			"no new order for subscription s: its order SO1 (id) is CP, not cancelled", "cancel it in Billing first"},
		{&again.Error{Code: again.Stands, Sub: "s", Order: "SO1 (id)", Status: "PF"},
			"no new order for subscription s: its order SO1 (id) is PF, not cancelled",
			"mend its cause and resubmit it in Billing, then run bulkimport reconcile; or cancel it there first"},
		{&again.Error{Code: again.NotShown, Sub: "s", Order: "SO1"},
			"no new order for subscription s: its order SO1 is not shown by the platform", "look for it in Billing"},
		{&engine.AbsentError{Sub: "s"}, "subscription s has no order that may exist", "bulkimport status --row s tells what is known of it"},
	} {
		t.Run(test.words, func(t *testing.T) {
			if words, hint := new(env).explain(test.err); words != test.words || hint != test.hint {
				t.Errorf("explained as %q, hint %q; want %q, %q", words, hint, test.words, test.hint)
			}
		})
	}
}

func TestNotices(t *testing.T) {
	for _, test := range []struct {
		notice notice.Notice
		words  string
	}{
		{notice.Notice{Code: notice.Adopted, Orders: 2}, "found 2 orders that this ledger does not know: adopted. Another ledger has been at work"},
		{notice.Notice{Code: notice.Shaken}, "a run was broken off, and the ledger does not have all of it: orders may exist that it does not know"},
		{notice.Notice{Code: notice.Holding, Until: time.Date(2026, 3, 1, 16, 5, 9, 0, time.UTC)}, "waiting for orders placed by others to turn up, until 16:05:09 UTC"},
		{notice.Notice{Code: notice.Doubled, Sub: "s"}, "subscription s has two orders that both stand: look at them in Billing"},
		{notice.Notice{Code: notice.NoReferences}, "the platform does not keep our reference on orders: they are told apart by account, service plan and Azure subscription instead"},
		{notice.Notice{Code: notice.TenantsUnread}, "whether the subscriptions show as imported could not be read: run bulkimport audit later"},
	} {
		t.Run(test.words, func(t *testing.T) {
			if words := noticeWords(test.notice); words != test.words {
				t.Errorf("said as %q, want %q", words, test.words)
			}
		})
	}
}

func TestTold(t *testing.T) {
	for _, test := range []struct {
		name   string
		result csvimport.Result
		words  string
	}{
		{"in doubt", csvimport.Result{Status: csvimport.Unknown, ErrorCode: "IN_DOUBT", Error: "the request ended without an answer"},
			"the request ended without an answer; run bulkimport reconcile before anything else"},
		{"in doubt with the platform's words", csvimport.Result{Status: csvimport.Unknown, ErrorCode: "HTTP_504", Error: "too late"},
			"too late; run bulkimport reconcile before anything else"},
		{"open", csvimport.Result{Status: csvimport.Submitted, ErrorCode: "NOT_FINISHED", Error: "accepted, and not at its end when the run ended"},
			"accepted, and not at its end when the run ended: run bulkimport reconcile later"},
		{"waiting for a person", csvimport.Result{Status: csvimport.Submitted, ErrorCode: "WAITS_HL", Error: "on hold"}, "on hold"},
		{"refused", csvimport.Result{Status: csvimport.Refused, ErrorCode: "400", Error: "no"}, "no"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := (&env{veil: new(veil)}).told(test.result); got.Error != test.words {
				t.Errorf("told as %q, want %q", got.Error, test.words)
			}
		})
	}
}
