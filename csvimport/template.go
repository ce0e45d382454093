package csvimport

// TemplateRow is a row of the table that is downloaded, filled and imported,
// as text. Its tags are the one definition of the columns and of their order;
// the seventh is written only where it is asked for.
type TemplateRow struct {
	Tenant    string `csv:"tenant"`
	PlanID    string `csv:"plan_id"`
	SubID     string `csv:"sub_id"`
	Company   string `csv:"company_name"`
	Email     string `csv:"email"`
	AccountID string `csv:"account_id"`
	CutOff    string `csv:"cut_off_date"`
}
