package csvimport_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bulkimport/csvimport"
)

func TestResultAsText(t *testing.T) {
	at := time.Date(2026, 11, 22, 10, 30, 15, 500e6, time.FixedZone("CET", 3600))
	for _, tt := range []struct {
		name   string
		result csvimport.Result
		want   string
	}{
		{"nothing but a row", csvimport.Result{Line: 2, Row: 2, Status: csvimport.Unsent},
			`{"type":"row","line":2,"row":2,"sub_id":"","status":"not-sent","imported":"","order_id":"","order_number":"","order_status":"","commerce_subscription":"","account":"","account_name":"","plan_name":"","cut_off":"","reference":"","placed_by":"","http_status":0,"error_code":"","error":"","attempts":0,"submitted_at":"","finished_at":""}`},
		{"all there is", csvimport.Result{
			Line: 4, Row: 3, Imported: "no", CommerceSub: "1000200", PlacedBy: "run 7", SubID: "s", Status: csvimport.Failed, OrderID: "o", OrderNumber: "SO1", OrderStatus: "PF", Account: "0010", AccountName: "A",
			PlanName: "P", CutOff: "c", Reference: "r", HTTPStatus: 201, ErrorCode: "C", Error: "because", Attempts: 2, SubmittedAt: at, FinishedAt: at.Add(time.Minute),
		}, `{"type":"row","line":4,"row":3,"sub_id":"s","status":"failed","imported":"no","order_id":"o","order_number":"SO1","order_status":"PF","commerce_subscription":"1000200","account":"0010","account_name":"A","plan_name":"P","cut_off":"c","reference":"r","placed_by":"run 7","http_status":201,"error_code":"C","error":"because","attempts":2,"submitted_at":"2026-11-22T09:30:15Z","finished_at":"2026-11-22T09:31:15Z"}`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			text := tt.result.Text()
			got, err := json.Marshal(text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := tt.result
			want.SubmittedAt, want.FinishedAt = want.SubmittedAt.UTC().Truncate(time.Second), want.FinishedAt.UTC().Truncate(time.Second)
			if diff := cmp.Diff(want, text.Result(&csvimport.Row{Line: tt.result.Line, Row: tt.result.Row, SubID: tt.result.SubID})); diff != "" {
				t.Errorf("back again (-want +got):\n%s", diff)
			}
		})
	}
}

func TestResultFromDamagedText(t *testing.T) {
	text := csvimport.ResultRow{Status: "completed", HTTPStatus: "010", Attempts: "two", SubmittedAt: "yesterday", FinishedAt: "2026-11-22"}
	want := csvimport.Result{Index: 1, Line: 3, SubID: "s", Status: csvimport.Completed, HTTPStatus: 10}
	if diff := cmp.Diff(want, text.Result(&csvimport.Row{Index: 1, Line: 3, SubID: "s"})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
