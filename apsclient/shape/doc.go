// Package shape is an order as a template: the JSON that is sent for one row, and
// where the row's values stand in an order that is read back.
//
// A template is JSON in which texts hold placeholders:
//
//	{"type":"SALES","accountId":"${account}","poNumber":"${reference}","products":[{"planId":"${plan}",
//	 "activationParams":[{"key":"csp_subscription_id","value":"${subscription}"},{"key":"cut_off_date","value":"${cut_off?}"}]}]}
//
// A placeholder may be part of a longer text, and ${account_number:number} is
// written as a number, ${cut_off:date?} as a day. A cut-off date is the only value
// that a row may lack: it has a question mark, and where there is none its pair of
// key and value, or else its member, is left out. Everything else is sent as it
// stands in the template.
package shape
