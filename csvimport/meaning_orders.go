package csvimport

// ofOrders are the codes of what an audit finds, and of what a person says of orders
// that may exist.
var ofOrders = [...]Meaning{
	{ENotImported, "the platform shows the subscription as not imported", "import the row again, or have its order looked at in Billing", "an order that ended well and imported nothing"},
	{EOrderedTwice, "two orders stand for one subscription: it is billed twice", "cancel one of them in Billing", "one order of the import, one made by hand"},
	{EOrderFailed, "the order ended badly", "mend what the platform names and resubmit the order in Billing", "provisioning failed"},
	{EOrderUnrecorded, "the platform has an order for this subscription that the file does not know of", "compare it with Billing before anything is ordered", "the results are of another run"},
	{EOtherAccount, "the subscription is imported, or ordered, under another account than the row's", "correct the row, or have the order looked at in Billing", "account 1000043 where the row says 1000042"},
	{EOtherPlan, "the order is for another service plan than the row's", "correct the row, or have the order looked at in Billing", "the row was edited after the import"},
	{EOtherCutOff, "the order has another cut-off date than the row", "correct the row, or have the order looked at in Billing", "2026-12-01 where the row says 2026-11-01"},
	{WNotReadable, "it cannot be read whether the subscription is imported", "look in the panel under NCE Customers", "a platform that does not list subscriptions of tenants"},
	{WOrderNotListed, "the platform does not list the order", "look it up in Billing", "an order of another branch"},
	{WOrderOpen, "the order is not at its end", "audit again later", "an order that waits for approval"},

	{EFound, "this is neither the number of an order, nor the word none, nor the word corrected", "write one of the three into the column found", `"yes" in the column found`},
	{EAnswersDiffer, "two rows contradict each other", "leave one of the two", "one subscription with two order numbers"},
	{EReferenceOther, "the row's reference is that of another subscription, or of another order of this one", "have the work sheet written again", "a column of the sheet was sorted alone"},
	{ENoNote, "corrected needs words: who says so, and what was done", "write them into the column note", "corrected, and the note is empty"},
	{ENotInLedger, "this ledger knows of no order for the subscription", "is it the right ledger and platform?", "the sheet was written on another machine"},
	{EOrderNotShown, "the platform shows no order of this number", "compare the number with Billing; is it visible to this login?", "SO000124 in place of SO000142"},
	{EOrderOther, "the order belongs to another subscription or account, or was placed at another time", "look again whose order it is", "the number of the row above"},
	{EOrderUntold, "the platform does not say for which subscription, nor for which account, the order is", "ask the vendor's support whose it is", "an order without its parameters"},
	{EOrderStands, "there is an order for this row already", "if two stand, cancel one of them in Billing", "none was said, and the platform shows the order"},
	{ETooEarly, "an order may still turn up", "look again later, and write none only then", "none, an hour after the order was sent"},
	{ENothingDiffers, "the row has no difference that could be closed", "corrected is for rows whose status is differs", "corrected of a row that is completed"},
	{EAtWork, "another run is at work on this row", "wait until it has ended, then give the answer again", "an import is going on"},
}
