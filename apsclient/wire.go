package apsclient

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Mark tells how an assumption about the wire is known.
type Mark string

const (
	Documented Mark = "documented" // by the vendor
	Seen       Mark = "seen"       // in public client code or fixtures
	Inferred   Mark = "inferred"   // our reading; to be proved on a live platform
)

// Assumption is one name, path or value of the wire and how it is known.
type Assumption struct {
	Name    string // as Wire.Set takes it, for example "order.reference"
	Value   string // in force
	Default string
	Mark    Mark
	Note    string
}

// Wire has every name, path and value of the wire that is not certain. An empty
// field stands for its default; [Wire.Assumptions] lists the defaults, and how
// each of them is known.
type Wire struct {
	VersionsPath  string
	ResourcesPath string
	AccountsPath  string
	PlansPath     string
	SortKey       string // the stable key lists are sorted by
	PageSize      string // rows asked for in one page

	OrderService      string // "auto", or the path of the order service
	OrderServiceType  string
	OrderServiceAlias string
	OrdersPath        string // below the order service
	EstimatePath      string // below the order service
	EstimateQuery     string // "none" leaves it out

	OrderShape        string // the name of a shape, see package shape
	OrderTemplate     string // a template in place of the shape, "none" if there is none
	OrderType         string
	AccountField      string
	ReferenceField    string // may be a path, for example "attributes.<ID>"
	ProductsField     string
	PlanField         string
	PeriodField       string // "none" leaves the period out
	PeriodUnit        string
	PeriodDuration    string // a whole number of units
	ParamsField       string
	ParamKey          string
	ParamValue        string
	ParamTenant       string
	ParamSubscription string
	ParamCutOff       string
	AttributesField   string
	OrderIDField      string
	OrderNumberField  string
	OrderDateField    string

	// Attributes are the order attributes a provider has made mandatory, by
	// ID. They are sent with every order.
	Attributes map[string]string
	// Parameters are further activation parameters sent with every order.
	Parameters map[string]string

	AccountNumber  string
	AccountCompany string
	AccountEmail   string
	PlanNumber     string
	PlanName       string

	TenantType           string
	TenantOperation      string // "none", or an operation of each tenant that lists its subscriptions
	TenantDomain         string
	TenantCompany        string
	TenantEmail          string
	TenantAccount        string
	TenantSubscriptions  string
	SubscriptionID       string
	SubscriptionName     string
	SubscriptionStatus   string
	SubscriptionImported string
	SubscriptionAccount  string
}

const none = "none"

type wireEntry struct {
	name  string
	field *string
	value string // the default
	mark  Mark
	note  string
}

// table is the one list of what is assumed.
func (w *Wire) table() []wireEntry {
	return []wireEntry{
		{"path.versions", &w.VersionsPath, "/aps", Seen, "answers a versions document; the cheap test of credentials"},
		{"path.resources", &w.ResourcesPath, "/aps/2/resources", Documented, "resources by type and by aps.id"},
		{"path.accounts", &w.AccountsPath, "/aps/2/collections/accounts", Documented, "customer accounts"},
		{"path.plans", &w.PlansPath, "/aps/2/collections/service-plans", Documented, "service plans; their aps.id is the plan_id of the file"},
		{"list.sort", &w.SortKey, "aps.id", Inferred, "stable key by which lists are sorted while paging"},
		{"list.page", &w.PageSize, "500", Inferred, "rows asked for in one page; 1000 is the platform's default"},

		{"service.path", &w.OrderService, "auto", Seen, "auto looks by type, then by alias; or a path"},
		{"service.type", &w.OrderServiceType, "http://www.odin.com/billing/order-management", Documented, "APS type of the order service"},
		{"service.alias", &w.OrderServiceAlias, "/aps/2/services/order-manager", Seen, "the other way to the order service"},
		{"service.orders", &w.OrdersPath, "/orders", Documented, "orders, below the order service"},
		{"service.estimate", &w.EstimatePath, "/orders/estimate", Documented, "calculates an order without creating it"},
		{"service.estimate-query", &w.EstimateQuery, "includeTaxes=false", Seen, "query of the estimate; none leaves it out"},

		{"order.shape", &w.OrderShape, "sales", Inferred, "shape of the order: sales, which the lines below make up, sales-parameters, migration, connect"},
		{"order.template", &w.OrderTemplate, none, Inferred, "the order's JSON with placeholders, in place of a shape"},
		{"order.type", &w.OrderType, "SALES", Documented, "order type"},
		{"order.account", &w.AccountField, "accountId", Seen, "holds the account's aps.id"},
		{"order.reference", &w.ReferenceField, "poNumber", Inferred, "the way an order is found again; may be attributes.<ID>"},
		{"order.products", &w.ProductsField, "products", Seen, "list of what is ordered"},
		{"order.plan", &w.PlanField, "planId", Seen, "of a product: the service plan's aps.id"},
		{"order.period", &w.PeriodField, "period", Seen, "of a product; none leaves it out"},
		{"order.period-unit", &w.PeriodUnit, "MONTH", Inferred, "unit of the period"},
		{"order.period-duration", &w.PeriodDuration, "1", Inferred, "length of the period in its unit"},
		{"order.params", &w.ParamsField, "activationParams", Inferred, "of a product: list of activation parameters"},
		{"order.param-key", &w.ParamKey, "key", Seen, "of an activation parameter"},
		{"order.param-value", &w.ParamValue, "value", Seen, "of an activation parameter"},
		{"order.param-tenant", &w.ParamTenant, "tenant", Inferred, "key that holds the tenant's domain"},
		{"order.param-subscription", &w.ParamSubscription, "csp_subscription_id", Inferred, "key that holds the Azure subscription; were it ignored, a new subscription would be sold"},
		{"order.param-cut-off", &w.ParamCutOff, "cut_off_date", Documented, "key that holds the cut-off date"},
		{"order.attributes", &w.AttributesField, "attributes", Inferred, "holds the mandatory order attributes, by ID"},
		{"order.id", &w.OrderIDField, "orderId", Documented, "of an answer: the order's id"},
		{"order.number", &w.OrderNumberField, "orderNumber", Seen, "of an answer: the number people use"},
		{"order.date", &w.OrderDateField, "orderDate", Seen, "of an answer: when the order was placed; lists are sorted by it"},

		{"account.number", &w.AccountNumber, "id", Seen, "number people use, for example 1000009"},
		{"account.company", &w.AccountCompany, "companyName", Seen, "company"},
		{"account.email", &w.AccountEmail, "adminContact.email", Seen, "administrator's e-mail"},
		{"plan.number", &w.PlanNumber, "id", Inferred, "number people use"},
		{"plan.name", &w.PlanName, "name", Inferred, "name of the service plan"},

		{"tenant.type", &w.TenantType, "http://www.odin.com/app/azure-csp/tenant", Documented, "APS type of the Azure tenants"},
		{"tenant.operation", &w.TenantOperation, none, Inferred, "operation below a tenant that lists its subscriptions; none reads them from the tenant itself"},
		{"tenant.domain", &w.TenantDomain, "domain", Inferred, "full domain name"},
		{"tenant.company", &w.TenantCompany, "companyName", Inferred, "company"},
		{"tenant.email", &w.TenantEmail, "email", Inferred, "e-mail"},
		{"tenant.account", &w.TenantAccount, "accountId", Inferred, "number of the bound account"},
		{"tenant.subscriptions", &w.TenantSubscriptions, "subscriptions", Inferred, "list of Azure subscriptions; absent means not readable, not none"},
		{"subscription.id", &w.SubscriptionID, "id", Inferred, "Azure subscription"},
		{"subscription.name", &w.SubscriptionName, "name", Inferred, "its name"},
		{"subscription.status", &w.SubscriptionStatus, "status", Inferred, "its status"},
		{"subscription.imported", &w.SubscriptionImported, "imported", Inferred, "whether it is imported already"},
		{"subscription.account", &w.SubscriptionAccount, "accountId", Inferred, "number of the account it was imported under"},
	}
}

const (
	attributePrefix = "order.attribute."
	parameterPrefix = "order.parameter."
)

// filled returns w with its empty fields at their defaults.
func (w Wire) filled() Wire {
	for _, e := range w.table() {
		if *e.field == "" {
			*e.field = e.value
		}
	}
	w.Attributes = maps.Clone(w.Attributes)
	w.Parameters = maps.Clone(w.Parameters)
	return w
}

// Set changes the assumption of that name: one that [Wire.Assumptions] lists,
// or order.attribute.ID or order.parameter.KEY for an order attribute or an
// activation parameter to be sent with every order. It fails if there is none of
// that name; the value is checked by [New].
func (w *Wire) Set(name, value string) error {
	if id, ok := strings.CutPrefix(name, attributePrefix); ok && id != "" {
		w.Attributes = with(w.Attributes, id, value)
		return nil
	}
	if key, ok := strings.CutPrefix(name, parameterPrefix); ok && key != "" {
		w.Parameters = with(w.Parameters, key, value)
		return nil
	}
	for _, e := range w.table() {
		if e.name == name {
			*e.field = value
			return nil
		}
	}
	return fmt.Errorf("no assumption is named %q", name)
}

// with returns a copy of m that holds value under key.
func with(m map[string]string, key, value string) map[string]string {
	m = maps.Clone(m)
	if m == nil {
		m = map[string]string{}
	}
	m[key] = value
	return m
}

// Assumptions lists every assumption, with the value in force, in a fixed order.
func (w Wire) Assumptions() []Assumption {
	w = w.filled()
	var list []Assumption
	for _, e := range w.table() {
		list = append(list, Assumption{Name: e.name, Value: *e.field, Default: e.value, Mark: e.mark, Note: e.note})
	}
	for _, id := range slices.Sorted(maps.Keys(w.Attributes)) {
		list = append(list, Assumption{Name: attributePrefix + id, Value: w.Attributes[id], Mark: Inferred, Note: "order attribute sent with every order"})
	}
	for _, key := range slices.Sorted(maps.Keys(w.Parameters)) {
		list = append(list, Assumption{Name: parameterPrefix + key, Value: w.Parameters[key], Mark: Inferred, Note: "activation parameter sent with every order"})
	}
	return list
}

// check says what is wrong with a filled wire.
func (w *Wire) check() error {
	for _, e := range w.table() {
		if strings.HasPrefix(e.value, "/") && !strings.HasPrefix(*e.field, "/") {
			return fmt.Errorf("assumption %s: %q is not a path: it has to begin with /", e.name, *e.field)
		}
	}
	if w.OrderService != "auto" && !strings.HasPrefix(w.OrderService, "/") {
		return fmt.Errorf("assumption service.path: %q is neither auto nor a path", w.OrderService)
	}
	if n, err := strconv.Atoi(w.PeriodDuration); err != nil || n < 1 {
		return fmt.Errorf("assumption order.period-duration: %q is not a number from 1", w.PeriodDuration)
	}
	if n, err := strconv.Atoi(w.PageSize); err != nil || n < 2 {
		return fmt.Errorf("assumption list.page: %q is not a number from 2", w.PageSize)
	}
	return nil
}

func (w *Wire) pageSize() int {
	n, _ := strconv.Atoi(w.PageSize) // checked by New
	return n
}
