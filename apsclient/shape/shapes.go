package shape

// Shape is a template that is built in.
type Shape struct {
	Name string
	Text string // empty for the usual one, which is made of single assumptions
	Note string
	Mark string // how it is known: documented, seen or inferred, with what of it
}

// Shapes are those that are built in, the usual one first.
func Shapes() []Shape {
	return []Shape{
		{Name: "sales", Note: "a sales order with a list of activation parameters: what is sent if nothing else is said",
			Mark: "type and answer documented, products and pairs seen, list name and keys inferred"},
		{Name: "sales-parameters", Text: salesParameters, Note: "a sales order whose parameters belong to an APS type",
			Mark: "activationParameters and MONTHS seen, the type under parameters inferred"},
		{Name: "migration", Text: migration, Note: "a migration order; by API it needs a provider's token, or a reseller who is an operating unit, and a PLM plan",
			Mark: "documented by example (knowledge base 44002437566), keys and place of the reference inferred"},
		{Name: "connect", Text: connect, Note: "Azure by CloudBlue Connect",
			Mark: "migration_info_object and its two keys documented, the rest as sales"},
	}
}

// Named is the built-in shape of a name.
func Named(name string) (Shape, bool) {
	for _, s := range Shapes() {
		if s.Name == name {
			return s, true
		}
	}
	return Shape{}, false
}

const salesParameters = `{
  "type": "SALES",
  "accountId": "${account}",
  "poNumber": "${reference}",
  "products": [
    {
      "planId": "${plan}",
      "period": {"unit": "MONTHS", "duration": 1},
      "parameters": [
        {
          "aps": {"type": "http://www.odin.com/app/azure-csp/tenant"},
          "activationParameters": [
            {"key": "tenant", "value": "${tenant}"},
            {"key": "csp_subscription_id", "value": "${subscription}"},
            {"key": "cut_off_date", "value": "${cut_off?}"}
          ]
        }
      ]
    }
  ]
}`

const migration = `{
  "type": "MIGRATION",
  "accountId": "${account}",
  "planId": "${plan}",
  "poNumber": "${reference}",
  "period": {"unit": "MONTHS", "duration": "12"},
  "migrationDate": "${cut_off:date?}",
  "migrationProgram": "do_not_count_migration_billing_period",
  "parameters": [
    {
      "aps": {"type": "http://aps-standard.org/inhouse-products/tenant/1.0"},
      "activationParameters": [
        {"key": "tenant", "value": "${tenant}"},
        {"key": "csp_subscription_id", "value": "${subscription}"}
      ]
    }
  ]
}`

const connect = `{
  "type": "SALES",
  "accountId": "${account}",
  "poNumber": "${reference}",
  "products": [
    {
      "planId": "${plan}",
      "period": {"unit": "MONTH", "duration": 1},
      "activationParams": [
        {
          "key": "migration_info_object",
          "structured_value": {
            "import_microsoft_subscription_id": "${subscription}",
            "microsoft_domain": "${tenant}"
          }
        },
        {"key": "cut_off_date", "value": "${cut_off?}"}
      ]
    }
  ]
}`
