package main

import (
	"errors"
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/serve"
)

type planChoice struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Offer string `json:"offer"`
}

type tenantChoice struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// choices are what can be chosen for the template.
func (s *service) choices(w http.ResponseWriter, r *http.Request) error {
	market, err := s.market.open(r.Context())
	if err != nil {
		return err
	}
	defer market.leave()
	plans, tenants := []planChoice{}, []tenantChoice{}
	for _, p := range market.work.catalog.Plans() {
		plans = append(plans, planChoice{ID: p.APSID, Name: s.say(p.Name)})
	}
	table, err := market.work.catalog.Export(catalog.ExportOptions{})
	if err != nil {
		return err
	}
	defer table.Close()
	last := ""
	for row, err := range table.Rows {
		if err != nil {
			return err
		}
		if row.Tenant != last {
			tenants = append(tenants, tenantChoice{row.Tenant, s.say(row.Company)})
			last = row.Tenant
		}
	}
	return writeJSON(w, http.StatusOK, struct {
		Plans   []planChoice   `json:"plans"`
		Tenants []tenantChoice `json:"tenants"`
	}{plans, tenants})
}

// thenGiveBack is what becomes of a workbook that the page has given.
const thenGiveBack = "Then save the workbook as it is (.xlsx) and give it back on the page (step 3), as often as you like; this orders nothing. It is imported from there."

// template is what download writes.
func (s *service) template(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	form, kind, err := tableAsked(r)
	if err != nil {
		return err
	}
	market, err := s.market.open(ctx)
	if err != nil {
		return err
	}
	defer market.leave()
	books, err := market.openBook(ctx)
	if err != nil {
		return err
	}
	if books != nil {
		defer books.Close()
	}
	o := &download{env: s.env, plan: r.URL.Query().Get("plan")}
	part := &work{env: s.env, client: market.work.client, catalog: market.work.catalog}
	table, err := o.exportOf(part)
	if none, ok := errors.AsType[*ending](err); ok {
		none.hint = strings.TrimSuffix(none.hint, exportAll) // the page has no flags
	}
	if err != nil {
		return err
	}
	defer table.Close()
	opt := rows.TemplateOptions{Form: form}
	if form == rows.Workbook {
		opt.Lists = listsOf(part.catalog, howTo(thenGiveBack))
		opt.Download = part.client.Now().UTC().Format(time.RFC3339) + " " + s.places.host()
	}
	if err := s.act(r, serve.Act{Act: "download template"}); err != nil {
		return err
	}
	if books != nil {
		if err := table.Remember(ctx, books.book, part.client.Now()); err != nil {
			return err
		}
	}
	startDownload(w, "accounts"+kind, form)
	if rows.WriteTemplate(w, ofTenants(table.Rows, r.URL.Query()["tenant"]), opt) != nil {
		return errCut
	}
	return nil
}

// ofTenants leaves out the rows of all tenants but some; none are all.
func ofTenants(all iter.Seq2[csvimport.TemplateRow, error], tenants []string) iter.Seq2[csvimport.TemplateRow, error] {
	if len(tenants) == 0 || len(tenants) == 1 && tenants[0] == "" {
		return all
	}
	return func(yield func(csvimport.TemplateRow, error) bool) {
		for row, err := range all {
			if err == nil && !slices.Contains(tenants, row.Tenant) {
				continue
			}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
}

// act keeps what the person behind a request is about to do; it is done only if it
// could be kept.
func (s *service) act(r *http.Request, a serve.Act) error {
	for _, text := range []*string{&a.Name, &a.File, &a.Import, &a.More} {
		*text = s.say(*text)
	}
	if err := s.journal.Note(serve.From(r.Context()), a); err != nil {
		words, hint := s.env.explain(err)
		return fault("nothing was done: it could not be kept who did it: "+words, hint)
	}
	return nil
}

func (s *service) personOf(r *http.Request) serve.Person { return serve.From(r.Context()) }
