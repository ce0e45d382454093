package report_test

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"bulkimport/csvimport/report"
)

// Hostile texts: what a stranger could write into a cell to leave it.
const (
	hostileScript = `</script><script>document.title='run'</script>`
	hostileImage  = `<img src=x onerror="document.title='run'">`
	hostileLines  = "Line\u2028separated\u2029Ltd"
	hostileTurned = "Evil \u202egnp.exe\u2066 Ltd"
	hostileQuotes = `"'` + "`" + `${document.title='run'}--><!--{{.}}&lt;b&gt;\u003cb`
)

var began = time.Date(2026, 11, 22, 10, 31, 7, 0, time.UTC)

func each(rows []report.Row) iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

func guid(n, kind int) string {
	r := rand.New(rand.NewPCG(uint64(n), uint64(kind)))
	return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", r.Uint32(), r.IntN(1<<16), r.IntN(1<<12), r.IntN(1<<12), r.Int64N(1<<48))
}

var (
	firstNames = []string{"Contoso", "Fabrikam", "Grüße & Söhne", "Northwind", "Wide World", "Żabka", "Tailspin", "日本商事", "Ødegård", "L'Étoile", "O'Neil", "Adventure"}
	lastNames  = []string{"GmbH", "Ltd", "AG", "S.A.", "KK", "Traders", "Importers", "Holding", "Sp. z o.o.", "Bros, Inc."}
	plans      = []string{"Azure Plan NCE", "Azure Plan NCE Nonprofit", "Azure Plan Gold"}
)

// sample yields n rows as a run leaves them: a first order the day before, a
// canary, then the rest, most of them good. The same n gives the same rows.
func sample(n int) iter.Seq2[report.Row, error] {
	return func(yield func(report.Row, error) bool) {
		r := rand.New(rand.NewPCG(7, uint64(n)))
		at := began
		for i := range n {
			name := firstNames[r.IntN(len(firstNames))] + " " + lastNames[r.IntN(len(lastNames))]
			account := 1000000 + r.IntN(n/2+1)
			row := report.Row{
				Line: strconv.Itoa(i + 2), SubID: guid(i, 1), Tenant: fmt.Sprintf("customer%04d.onmicrosoft.com", account-1000000),
				Company: name, PlanName: plans[r.IntN(len(plans))], Account: strconv.Itoa(account), AccountName: name,
				Attempts: "1", Reference: "azure-import/" + guid(i, 1), HTTPStatus: "200",
			}
			switch i {
			case 0:
				at = began.Add(-20 * time.Hour)
			case 1:
				at = began.Add(-31 * time.Minute)
			case 11:
				at = began
			default:
				at = at.Add(time.Duration(r.ExpFloat64() * float64(190*time.Millisecond)))
			}
			took := time.Duration(math.Exp(r.NormFloat64()*0.45+2.1) * float64(time.Second))
			end(&row, r, i, at, took)
			if !yield(row, nil) {
				return
			}
		}
	}
}

func end(row *report.Row, r *rand.Rand, i int, at time.Time, took time.Duration) {
	const form = "2006-01-02T15:04:05.000Z"
	placed := func(status, state string) {
		row.Status, row.OrderStatus = status, state
		row.OrderID, row.OrderNumber = guid(i, 2), fmt.Sprintf("SO%06d", 4100+i)
		row.SubmittedAt, row.FinishedAt = at.Format(form), at.Add(took).Format(form)
	}
	switch luck := r.IntN(1000); {
	case i < 11 || luck < 930:
		placed("completed", "CP")
	case luck < 950:
		row.Status = "existing"
	case luck < 958:
		placed("submitted", []string{"WP", "LO", "NP"}[r.IntN(3)])
		row.FinishedAt = ""
	case luck < 965:
		placed("failed", "PF")
		row.Error = "Provisioning failed. Reason: the subscription " + row.SubID + " could not be assigned to the tenant"
		row.ErrorCode = "PF"
	case luck < 972:
		placed("failed", "PF")
		row.Error = "Provisioning failed. Reason: the partner relationship is missing"
	case luck < 980:
		row.Status, row.HTTPStatus, row.ErrorCode = "refused", "400", "VALIDATION_ERROR"
		row.Error = fmt.Sprintf("The account %s has no active agreement for plan %q", row.Account, row.PlanName)
		row.SubmittedAt = at.Format(form)
	case luck < 985:
		row.Status, row.ErrorCode, row.HTTPStatus = "invalid", "E_ACCOUNT_UNKNOWN", ""
		row.Error = fmt.Sprintf("account_id: no account has the number %s", row.Account)
	case luck < 988:
		row.Status = "differs"
		row.Error = fmt.Sprintf("the order SO%06d is for account %d, this row for %s", i, 1000000+i, row.Account)
	case luck < 992:
		row.Status, row.HTTPStatus, row.Attempts = "unknown", "504", "2"
		row.Error = "no clear answer (504), and reading back did not tell"
		row.SubmittedAt = at.Format(form)
	default:
		row.Status, row.HTTPStatus, row.Attempts, row.Reference = "not-sent", "", "0", ""
		row.Error = "the run was interrupted"
	}
}

// mixed is a short table with every status and every hostile text.
func mixed() []report.Row {
	var list []report.Row
	for row := range sample(12) {
		list = append(list, row)
	}
	for i, status := range []string{"completed", "submitted", "existing", "differs", "invalid", "refused", "failed", "unknown", "not-sent", "<b>strange</b>", ""} {
		list[i+1].Status = status
	}
	list[2].OrderStatus, list[2].FinishedAt = "WP", ""
	list[3].Company, list[3].OrderNumber = hostileScript, ""
	list[4].Company, list[4].Error = hostileImage, hostileScript
	list[5].Company, list[5].Error = hostileLines, hostileImage
	list[6].Company, list[6].Error, list[6].ErrorCode = hostileTurned, "account \"Contoso\u202e Ltd\" is unknown", "E<b>"
	list[7].Company, list[7].Error, list[7].OrderStatus = hostileQuotes, hostileQuotes, "PF"
	list[8].Company, list[8].Tenant, list[8].SubmittedAt = "bad \xff\x00 bytes", "<x>", "yesterday"
	list[9].Line, list[9].AccountName = hostileImage, hostileScript
	return list
}
