package report_test

import (
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"bulkimport/csvimport"
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

func each(rows []csvimport.Reported) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		for _, row := range rows {
			if !yield(row, nil) {
				return
			}
		}
	}
}

// results yields results of rows of which nothing is known.
func results(list ...csvimport.Result) iter.Seq2[csvimport.Reported, error] {
	var rows []csvimport.Reported
	for _, r := range list {
		rows = append(rows, csvimport.Reported{Result: r})
	}
	return each(rows)
}

// of is the result of a company's row.
func of(company string, r csvimport.Result) csvimport.Reported {
	return csvimport.Reported{Row: csvimport.Row{Company: company}, Result: r}
}

// advice stands for what the caller says about rows that ended in one way.
func advice(status csvimport.Status, orderStatus string) string {
	return "What to do: " + string(status) + " " + orderStatus + "."
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
func sample(n int) iter.Seq2[csvimport.Reported, error] {
	return func(yield func(csvimport.Reported, error) bool) {
		r := rand.New(rand.NewPCG(7, uint64(n)))
		at := began
		for i := range n {
			name := firstNames[r.IntN(len(firstNames))] + " " + lastNames[r.IntN(len(lastNames))]
			account := 1000000 + r.IntN(n/2+1)
			row := of(name, csvimport.Result{
				Row: i + 2, SubID: guid(i, 1), PlanName: plans[r.IntN(len(plans))], Account: strconv.Itoa(account), AccountName: name,
				Attempts: 1, Reference: "azure-import/" + guid(i, 1), HTTPStatus: 200,
			})
			row.Row.Tenant = fmt.Sprintf("customer%04d.onmicrosoft.com", account-1000000)
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
			end(&row.Result, r, i, at, took)
			if !yield(row, nil) {
				return
			}
		}
	}
}

func end(row *csvimport.Result, r *rand.Rand, i int, at time.Time, took time.Duration) {
	placed := func(status csvimport.Status, state string) {
		row.Status, row.OrderStatus = status, state
		row.OrderID, row.OrderNumber = guid(i, 2), fmt.Sprintf("SO%06d", 4100+i)
		row.SubmittedAt, row.FinishedAt = at, at.Add(took)
	}
	switch luck := r.IntN(1000); {
	case i < 11 || luck < 930:
		placed("completed", "CP")
	case luck < 950:
		row.Status = "existing"
	case luck < 958:
		placed("submitted", []string{"WP", "LO", "NP"}[r.IntN(3)])
		row.FinishedAt = time.Time{}
	case luck < 965:
		placed("failed", "PF")
		row.Error = "Provisioning failed. Reason: the subscription " + row.SubID + " could not be assigned to the tenant"
		row.ErrorCode = "PF"
	case luck < 972:
		placed("failed", "PF")
		row.Error = "Provisioning failed. Reason: the partner relationship is missing"
	case luck < 980:
		row.Status, row.HTTPStatus, row.ErrorCode = csvimport.Refused, 400, "VALIDATION_ERROR"
		row.Error = fmt.Sprintf("The account %s has no active agreement for plan %q", row.Account, row.PlanName)
		row.SubmittedAt = at
	case luck < 985:
		row.Status, row.ErrorCode, row.HTTPStatus = csvimport.Invalid, "E_ACCOUNT_UNKNOWN", 0
		row.Error = fmt.Sprintf("account_id: no account has the number %s", row.Account)
	case luck < 988:
		row.Status = "differs"
		row.Error = fmt.Sprintf("the order SO%06d is for account %d, this row for %s", i, 1000000+i, row.Account)
	case luck < 992:
		row.Status, row.HTTPStatus, row.Attempts = csvimport.Unknown, 504, 2
		row.Error = "no clear answer (504), and reading back did not tell"
		row.SubmittedAt = at
	default:
		row.Status, row.HTTPStatus, row.Attempts, row.Reference = csvimport.Unsent, 0, 0, ""
		row.Error = "the run was interrupted"
	}
}

// mixed is a short table with every status and every hostile text.
func mixed() []csvimport.Reported {
	var list []csvimport.Reported
	for row := range sample(12) {
		list = append(list, row)
	}
	for i, status := range append(csvimport.Statuses(), "<b>strange</b>", "") {
		list[i+1].Result.Status = status
	}
	result := func(i int) *csvimport.Result { return &list[i].Result }
	row := func(i int) *csvimport.Row { return &list[i].Row }
	result(2).OrderStatus, result(2).FinishedAt = "WP", time.Time{}
	row(3).Company, result(3).OrderNumber = hostileScript, ""
	row(4).Company, result(4).Error = hostileImage, hostileScript
	row(5).Company, result(5).Error = hostileLines, hostileImage
	row(6).Company, result(6).Error, result(6).ErrorCode = hostileTurned, "account \"Contoso\u202e Ltd\" is unknown", "E<b>"
	row(7).Company, result(7).Error, result(7).OrderStatus = hostileQuotes, hostileQuotes, "PF"
	row(8).Company, row(8).Tenant, result(8).SubmittedAt = "bad \xff\x00 bytes", "<x>", time.Time{}
	result(9).AccountName = hostileScript
	return list
}
