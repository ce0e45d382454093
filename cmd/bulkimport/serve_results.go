package main

import (
	"errors"
	"iter"
	"net/http"
	"time"

	"bulkimport/csvimport"
	"bulkimport/csvimport/rows"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/upload"
)

// toMend are the statuses of rows that can be mended and handed in again.
var toMend = map[csvimport.Status]bool{csvimport.Invalid: true, csvimport.Refused: true, csvimport.Failed: true, csvimport.Differs: true}

// resultsOf is the page or table of an import's results.
func (s *service) resultsOf(id string) (*page, importRecord, error) {
	rec, err := s.imports.get(id)
	if err != nil {
		return nil, rec, err
	}
	if rec.Results == "" {
		return nil, rec, &notNow{"there are no results yet", "they are written when the import ends"}
	}
	columns, err := s.connection.columnsOf(s.env)
	if err != nil {
		return nil, rec, err
	}
	return &page{
		env: s.env, source: keptResults{fileSource{name: rec.Name, columns: columns}, s.imports.home, id, rec.Results}, file: rec.Name, platform: s.places.host(), began: rec.Started, ended: rec.Ended, advice: pageSentence,
	}, rec, nil
}

// keptResults are the results that were kept of an import.
type keptResults struct {
	fileSource
	home     upload.Home
	id, part string
}

func (k keptResults) open() (*rows.File, iter.Seq2[csvimport.Reported, error], error) {
	body, err := k.home.Read(k.id, k.part)
	if err != nil {
		return nil, nil, err
	}
	defer body.Close()
	file, err := rows.Open(body, resultsFile, rows.ReadOptions{Now: time.Now(), Columns: k.columns})
	if err != nil {
		return nil, nil, err
	}
	return file, rows.ReadResults(file), nil
}

// results are an import's results as a table.
func (s *service) results(w http.ResponseWriter, r *http.Request) error {
	return s.sendTable(w, r, ".results", nil)
}

// mend are the rows of an import that are to be mended.
func (s *service) mend(w http.ResponseWriter, r *http.Request) error {
	return s.sendTable(w, r, ".mend", toMend)
}

func (s *service) sendTable(w http.ResponseWriter, r *http.Request, end string, only map[csvimport.Status]bool) error {
	form, kind, err := tableAsked(r)
	if err != nil {
		return err
	}
	p, rec, err := s.resultsOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	p.form, p.only, p.out = form, only, "table"+kind
	if err := s.act(r, serve.Act{Act: "download results", File: rec.File, Name: rec.Name, Import: rec.ID, More: end[1:]}); err != nil {
		return err
	}
	return send(w, p, func() { startDownload(w, renamed(rec.Name, end+kind), form) })
}

// reportPage is the page of an import's results. It may run its own script, and load
// nothing: its own policy says so.
func (s *service) reportPage(w http.ResponseWriter, r *http.Request) error {
	p, rec, err := s.resultsOf(r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.act(r, serve.Act{Act: "look at report", File: rec.File, Name: rec.Name, Import: rec.ID}); err != nil {
		return err
	}
	return send(w, p, func() {
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("Content-Security-Policy", "sandbox allow-scripts allow-downloads; frame-ancestors 'none'")
	})
}

// send sends a page or a table; begin is called before its first byte.
func send(w http.ResponseWriter, p *page, begin func()) error {
	began := false
	_, err := p.using(func(file *rows.File, chosen iter.Seq2[csvimport.Reported, error]) error {
		begin()
		began = true
		return p.to(w, file, chosen)
	})
	if err != nil && began {
		return errCut
	}
	return err
}

// auditRequest names what is audited: an import, or a results file that was handed in.
type auditRequest struct {
	Import string `json:"import"`
	File   string `json:"file"`
}

// audited is what an audit found.
type audited struct {
	Words    []string    `json:"words"`
	Rows     int         `json:"rows"`
	Good     int         `json:"good"`
	Errors   int         `json:"errors"`
	Warnings int         `json:"warnings"`
	Findings []faultView `json:"findings"`
}

// auditResults reads every row's order and subscription again.
func (s *service) auditResults(w http.ResponseWriter, r *http.Request) error {
	var asked auditRequest
	if err := s.readRequest(w, r, &asked); err != nil {
		return err
	}
	file, err := s.auditInput(asked)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := s.act(r, serve.Act{Act: "audit", File: asked.File, Name: plainName(file.Name()), Import: asked.Import}); err != nil {
		return err
	}
	ctx := r.Context()
	work, err := s.connection.work(ctx, s.env, 0)
	if err != nil {
		return err
	}
	defer work.Close()
	auditor, err := work.auditor(ctx, file, false)
	if err != nil {
		return err
	}
	list := &findingList{most: mostFaults}
	for row, err := range auditor.Rows(ctx) {
		if errors.Is(err, rows.ErrNotResults) {
			return notResults(file.Name(), err)
		}
		if err != nil {
			return err
		}
		list.add(unplaced(pageAdvised(row.Findings))...)
	}
	list.add(unplaced(pageAdvised(auditor.Findings()))...)
	t := auditor.Tally()
	a := audited{
		Words: []string{auditWords(pen{}, list, t)}, Rows: t.Rows, Good: t.Good, Errors: list.count[isError], Warnings: list.count[isWarning], Findings: []faultView{},
	}
	for _, kind := range list.first {
		for _, f := range kind {
			a.Findings = append(a.Findings, s.faultOf(f, nil))
		}
	}
	return writeJSON(w, http.StatusOK, a)
}

// unplaced are findings without their cells, which are not shown beside them: those that
// say the same of several rows are told once.
func unplaced(found []csvimport.Finding) []csvimport.Finding {
	for i := range found {
		found[i].Column, found[i].Letter, found[i].Value = "", "", ""
	}
	return found
}

// auditInput opens the results that are audited.
func (s *service) auditInput(asked auditRequest) (*rows.File, error) {
	if asked.Import == "" {
		f, err := s.files.File(asked.File)
		if !errors.Is(err, upload.ErrNone) {
			if err != nil {
				return nil, err
			}
			return s.open(f)
		}
		asked.Import = asked.File
	}
	p, _, err := s.resultsOf(asked.Import)
	if err != nil {
		return nil, err
	}
	file, _, err := p.source.open()
	return file, err
}
