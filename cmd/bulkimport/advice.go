package main

// What the rooms below know of flags and commands is nothing: they hand up codes with
// facts, and here are the words.

// rowAdvice is the next step for rows of a status, on the page.
func rowAdvice(status, orderStatus string) string {
	switch status {
	case "submitted":
		switch orderStatus {
		case "NP":
			return "In Billing, give the account a payment method; then run “bulkimport reconcile”."
		case "WP":
			return "In Billing, settle the payment of the order; then run “bulkimport reconcile”."
		case "HL":
			return "In Billing, release the order; then run “bulkimport reconcile”."
		}
		return "Nothing to mend. Run “bulkimport reconcile” later to see the end."
	case "differs":
		return "Compare both values and correct the row, or have the order looked at in Billing."
	case "invalid":
		return "Mend the rows (“bulkimport validate” names each cell) and import the file again."
	case "refused":
		return "Nothing was created. Mend the cause and import the file again."
	case "failed":
		if orderStatus == "CL" {
			return "The order is cancelled. A new one is placed only with “--again” and the subscription."
		}
		return "Mend the cause, resubmit the order in Billing, then run “bulkimport reconcile”."
	case "unknown":
		return "Do not order by hand. Run “bulkimport reconcile”: it looks and places nothing."
	case "not-sent":
		return "Run the same import again: what is done stays done."
	}
	return "Correct the status column, or write the results file again with the same import."
}
