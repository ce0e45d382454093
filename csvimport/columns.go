package csvimport

import (
	"encoding/json"
	"strconv"
	"time"
)

// The tags of TemplateRow and ResultRow are the one definition of the columns:
// their names and their order. Package rows hands both to gocsv, which maps
// structs to records there: it writes the template, the valid rows in normal
// form and the columns of results, and reads those of results back.
//
// The operator's file does not go through gocsv. Package sheet/delimited cuts it
// into records, since what is wrong with a file is to be said with its line, row
// and cell, and package rows finds its columns by the names below and parses each
// cell once. It is sheet/delimited, too, that writes the records gocsv makes.

// TemplateRow is a row of the table that is downloaded, filled and imported, as
// text. The seventh column is written only where it is asked for.
type TemplateRow struct {
	Tenant    string `csv:"tenant"`
	PlanID    string `csv:"plan_id"`
	SubID     string `csv:"sub_id"`
	Company   string `csv:"company_name"`
	Email     string `csv:"email"`
	AccountID string `csv:"account_id"`
	CutOff    string `csv:"cut_off_date"`
}

// ResultRow is a result as text, as it leaves: in the columns of a results file,
// and as JSON, where type and subscription are told too. All fields are
// strings, since gocsv reads numbers leniently (010 is 8); JSON has numbers where
// they are json.Number, and 0 for an empty one.
type ResultRow struct {
	Type        string      `csv:"-" json:"type"` // always "row"
	Line        json.Number `csv:"line" json:"line"`
	Row         json.Number `csv:"row" json:"row"`
	SubID       string      `csv:"-" json:"sub_id"`
	Status      string      `csv:"status" json:"status"`
	Imported    string      `csv:"imported" json:"imported"`
	OrderID     string      `csv:"order_id" json:"order_id"`
	OrderNumber string      `csv:"order_number" json:"order_number"`
	OrderStatus string      `csv:"order_status" json:"order_status"`
	CommerceSub string      `csv:"commerce_subscription" json:"commerce_subscription"`
	Account     string      `csv:"account" json:"account"`
	AccountName string      `csv:"account_name" json:"account_name"`
	PlanName    string      `csv:"plan_name" json:"plan_name"`
	CutOff      string      `csv:"cut_off" json:"cut_off"`
	Reference   string      `csv:"reference" json:"reference"`
	PlacedBy    string      `csv:"placed_by" json:"placed_by"`
	HTTPStatus  json.Number `csv:"http_status" json:"http_status"` // empty if there was no answer
	ErrorCode   string      `csv:"error_code" json:"error_code"`
	Error       string      `csv:"error" json:"error"`
	Attempts    json.Number `csv:"attempts" json:"attempts"`
	SubmittedAt string      `csv:"submitted_at" json:"submitted_at"` // RFC 3339 in UTC, whole seconds; empty if never
	FinishedAt  string      `csv:"finished_at" json:"finished_at"`   // likewise
}

// Text is the result as text.
func (r *Result) Text() ResultRow {
	t := ResultRow{
		Type: "row", Line: decimal(r.Line), Row: decimal(r.Row), SubID: r.SubID, Status: string(r.Status),
		Imported: r.Imported, CommerceSub: r.CommerceSub, PlacedBy: r.PlacedBy,
		OrderID: r.OrderID, OrderNumber: r.OrderNumber, OrderStatus: r.OrderStatus,
		Account: r.Account, AccountName: r.AccountName, PlanName: r.PlanName, CutOff: r.CutOff,
		Reference: r.Reference, ErrorCode: r.ErrorCode, Error: r.Error, Attempts: decimal(r.Attempts),
		SubmittedAt: Instant(r.SubmittedAt), FinishedAt: Instant(r.FinishedAt),
	}
	if r.HTTPStatus != 0 {
		t.HTTPStatus = decimal(r.HTTPStatus)
	}
	return t
}

func decimal(n int) json.Number { return json.Number(strconv.Itoa(n)) }

// Instant writes a time as results and events have it: RFC 3339 in UTC, whole
// seconds; empty if there is none.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// Result is Text backwards. What is no number or time is zero; the row tells
// index, line and subscription.
func (t *ResultRow) Result(row *Row) Result {
	r := Result{
		Index: row.Index, Line: row.Line, Row: row.Row, SubID: row.SubID, Status: Status(t.Status),
		Imported: t.Imported, CommerceSub: t.CommerceSub, PlacedBy: t.PlacedBy,
		OrderID: t.OrderID, OrderNumber: t.OrderNumber, OrderStatus: t.OrderStatus,
		Account: t.Account, AccountName: t.AccountName, PlanName: t.PlanName,
		CutOff: t.CutOff, Reference: t.Reference, ErrorCode: t.ErrorCode, Error: t.Error,
	}
	r.HTTPStatus, _ = strconv.Atoi(string(t.HTTPStatus))
	r.Attempts, _ = strconv.Atoi(string(t.Attempts))
	r.SubmittedAt, _ = time.Parse(time.RFC3339, t.SubmittedAt)
	r.FinishedAt, _ = time.Parse(time.RFC3339, t.FinishedAt)
	return r
}
