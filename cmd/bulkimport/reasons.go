package main

import (
	"errors"

	"bulkimport/csvimport"
	"bulkimport/csvimport/again"
	"bulkimport/csvimport/estimate"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/notice"
)

// The engine gives reasons as codes and facts. What a person can do about each,
// with which command and which flag, is said here.

// stopHint says what to do about a run that stopped; empty where the error
// behind it tells.
func stopHint(stop *notice.StopError) string {
	switch stop.Code {
	case notice.StopLedger:
		if errors.Is(stop, ledger.ErrFull) {
			return "free some space and run the same command again"
		}
		return "nothing further was placed; run the same command again once it is mended"
	case notice.StopCredentials:
		return "check consumer key and secret and this machine's clock: bulkimport doctor"
	case notice.StopPermission:
		if estimate.Denies(stop.Err) {
			return "bulkimport doctor asks for several service plans, and tells whether it is the plan or the staff member that may not"
		}
		return "the staff member's APS Bus Access needs the Allowed Operations that bulkimport doctor names"
	case notice.StopNoService:
		return "is Order Management still deployed? bulkimport doctor looks for it"
	case notice.StopOutage:
		return "run the same command again when it does; --patience sets how long to wait"
	case notice.StopForeign:
		return "let the other import finish, or go on with its ledger (--ledger); then run the same command again. If it has other rows for certain: --beside"
	case notice.StopUnseen:
		return "the order exists or is about to: look for it in Billing. The same command goes on once it shows; --show sets how long to wait"
	case notice.StopUnseenAgain:
		return "look for it in Billing, and ask the vendor's support when orders show in listings; then run the same command again"
	case notice.StopFirstInDoubt:
		return "nothing further was placed; bulkimport reconcile looks for them. Ask the platform's operator why orders get no answer"
	case notice.StopNoEvidence:
		return "bulkimport doctor --assumptions lists what is assumed of orders read back; without it the platform cannot be asked whether an order exists (bulkimport help runbook)"
	case notice.StopControls:
		return "is it another platform, or another login, than before? bulkimport doctor asks both"
	case notice.StopLost:
		hint := lossWords(stop.Loss) + "; say when anybody, you included, last imported here: --last-import-here \"2026-11-27 14:30\", or never"
		if stop.Loss == ledger.LossUnknown {
			hint += "; one that was moved here: bulkimport ledger adopt"
		}
		return hint
	case notice.StopDoubles:
		return "they are named above; cancel the extra order in Billing at once, or the customer pays twice (bulkimport help runbook)"
	case notice.StopNotImported:
		return "the platform may have sold a new subscription instead of importing the old one: look at the order in Billing, " +
			"compare with `bulkimport doctor --compare ORDER_NUMBER`, and cancel it there if so; if the list is only behind, --proved ORDER_NUMBER of the first order goes on"
	case notice.StopWrong:
		return "look at the errors in the results file, mend the rows, and run the same command again; --max-errors changes the limit"
	case notice.StopCanary:
		return "look at them in Billing and in the results file before going on"
	}
	return ""
}

// lossWords says what is wrong with a ledger.
func lossWords(l ledger.Loss) string {
	switch l {
	case ledger.LossTail:
		return "the machine went down under an import, and the end of the ledger may be lost"
	case ledger.LossMissing:
		return "an import ran here with a ledger that is not where it was"
	case ledger.LossCopied:
		return "this ledger is a copy, or was put back from one"
	case ledger.LossUnknown:
		return "nothing on this machine vouches for this ledger"
	}
	return "orders with our reference were found that this ledger does not know"
}

// againHint says what to do about a subscription that gets no new order.
func againHint(refused *again.Error) string {
	switch {
	case refused.Code == again.Unknown, refused.Code == again.NoOrder:
		return "import it without --again"
	case refused.Code == again.NotShown:
		return "look for it in Billing"
	case refused.Status == csvimport.OrderFailed:
		return "mend its cause and resubmit it in Billing, then run bulkimport reconcile; or cancel it there first"
	}
	return "cancel it in Billing first"
}

// noticeWords is a notice as a person hears it.
func noticeWords(n notice.Notice) string {
	if n.Code == notice.TenantsUnread {
		return n.String() + ": run bulkimport audit later"
	}
	return n.String()
}

// ledgerHint says what to do about a ledger that cannot be used, with the flag
// that chooses another one where that helps.
func ledgerHint(e *ledger.Error) string {
	switch {
	case errors.Is(e, ledger.ErrNotWritable):
		return "check the rights on the folder, or name another file with --ledger"
	case errors.Is(e, ledger.ErrOtherPlatform):
		return "check the address; for another or a reinstalled platform name another file with --ledger"
	case errors.Is(e, ledger.ErrElsewhere):
		return "let one import at a time, or share one ledger (--ledger)"
	}
	return e.Hint
}
