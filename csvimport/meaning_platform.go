package csvimport

// synchronize is how a subscription comes to be among those that can be imported.
const synchronize = "in the panel: CSP Customers > Synchronize, Transfer to NCE, then NCE Customers > Synchronize"

// ofPlatform are the codes of what the platform and the ledger say before the first order.
var ofPlatform = [...]Meaning{
	{EPlanUnknown, "no service plan has this id", "take the id of one of the platform's service plans", "an id of another platform's service plan"},
	{EPlanRefused, "the platform's estimate refuses an order with this service plan", "mend what the platform names, or choose another service plan", "a service plan that is not sold to this account"},
	{EAccountUnknown, "the platform has no such account: neither its number, nor company name and e-mail together", "write the account's number into account_id", `"Contoso Inc" where the platform says "Contoso Inc."`},
	{EAccountAmbiguous, "several accounts could be meant", "write the right one's number into account_id", "two accounts called Contoso, with the same administrator"},
	{EAccountOfOtherRow, "the account's name and e-mail are those of another row, and that in several rows: was one column sorted without the others?", "put the accounts back to their rows", "account_id was sorted alone, and each row has its neighbour's"},
	{ETenantUnknown, "the platform has no tenant with this domain name", synchronize, "a tenant that was never synchronized"},
	{ESubscriptionUnknown, "the tenant has no such subscription", synchronize, "a subscription that was made after the last Synchronize"},
	{ESubscriptionTenant, "the subscription belongs to another tenant", "was one column sorted without the others?", "sub_id was sorted alone"},
	{WPlanDiffers, "the name beside the id is not that of this service plan", "the id decides; is it the right one?", "1b0b0c5e-… | Azure Reserved, and the id is that of another"},
	{WAccountDiffers, "the account's name or e-mail differs from the row's", "account_id decides; correct the other cell if the account is right", "account 1000042 is called Contoso Ltd, the row says Contoso"},
	{WAccountContradicts, "both the account's name and its e-mail differ from this row's", "account_id decides; is it the right one?", "another account is meant to pay"},
	{WSubscriptionState, "the subscription is not active", "look at it in the panel before it is billed", "a subscription that is disabled"},
	{WTenantSplit, "subscriptions of one tenant go to several accounts", "is that meant?", "two rows of contoso.onmicrosoft.com, with accounts 1000042 and 1000043"},
	{WTenantPartial, "not all of the tenant's subscriptions are in the file", "were the others left out on purpose?", "3 of 5 subscriptions"},
	{WAlreadyImported, "the platform shows this subscription as imported already", "nothing will be sent for it", "it was imported in the panel"},

	{WAlreadyOrdered, "the ledger has an order of an earlier run for this subscription", "no second order will be placed", "the same file is imported again"},
	{WChangedSinceExport, "the file is not as it was downloaded", "", "account_id 0001000042 is now 1000042"},
}
