package main

import (
	"context"
	"crypto/subtle"
	"embed"
	"errors"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"bulkimport/csvimport/ledger/postgres"
	"bulkimport/csvimport/serve"
	"bulkimport/csvimport/upload"
)

//go:embed page
var pageFiles embed.FS

// service is the job in a browser. It is a face of session, as the command line is,
// and is safe for concurrent use.
type service struct {
	env        *env
	connection connection
	places     *settings // without secrets
	address    *net.TCPAddr
	began      time.Time
	team       *team // nil: one person at this machine

	gate    *serve.Gate
	journal *serve.Journal
	files   *upload.Store
	commons *postgres.Commons // what a team shares; nil: nothing
	market  *market
	lights  *lights
	checks  *checks
	imports *imports

	life context.Context // of what goes on beside requests
	end  context.CancelFunc
}

// newService is the service with its page. It works at imports from now on.
func newService(ctx context.Context, e *env, c connection, places *settings, folder string, address *net.TCPAddr, team *team) (*service, error) {
	s := bareService(ctx, e, c, places)
	s.address, s.team = address, team
	err := s.openPage(ctx, folder)
	if err != nil {
		s.Close()
		return nil, err
	}
	go s.lights.look(s.life)
	return s, nil
}

// bareService is a service that has nothing open yet.
func bareService(ctx context.Context, e *env, c connection, places *settings) *service {
	// What is said beside the page is said to nobody: a request has its own words.
	quiet := *e
	quiet.out, quiet.err = newDoor(io.Discard, e.veil), newDoor(io.Discard, e.veil)
	if c.verbose {
		quiet.err = e.err
	}
	s := &service{env: &quiet, connection: c, places: places, began: time.Now()}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.market = &market{service: s}
	s.lights = &lights{service: s}
	s.checks = newChecks(s)
	return s
}

// openPage opens what the page needs, and begins to work.
func (s *service) openPage(ctx context.Context, folder string) (err error) {
	if s.journal, err = serve.OpenJournal(filepath.Join(folder, "audit.jsonl")); err != nil {
		return err
	}
	if err := s.share(ctx); err != nil {
		return err
	}
	s.gate = serve.NewGate(serve.Options{
		Address: s.address, Refuse: s.refuse, Team: s.teamGate(), Store: s.keeping(), Still: s.still(),
		Entered: func(p serve.Person, from string) {
			_ = s.journal.Note(p, serve.Act{Act: "sign in", More: "from " + from})
		},
	})
	return s.work(ctx, folder)
}

// work opens files and imports, and begins to work at these.
func (s *service) work(ctx context.Context, folder string) error {
	home, err := s.home(folder, "files")
	if err != nil {
		return err
	}
	s.files = upload.NewStore(home, upload.Most{Files: mostFiles, Bytes: mostBytes})
	if err := s.files.Sweep(); err != nil {
		return err
	}
	return openImports(ctx, s, folder)
}

// Close ends what goes on beside requests.
func (s *service) Close() {
	s.end()
	s.checks.close()
	s.lights.close()
	s.market.close()
	if s.journal != nil {
		s.journal.Close()
	}
	if s.commons != nil {
		s.commons.Close()
	}
}

func (s *service) origin() string {
	if s.team != nil && s.team.certificate != nil {
		return "https://" + s.address.String()
	}
	return "http://" + s.address.String()
}

// handler answers all requests. secret lets another process of the same person have a
// new code.
func (s *service) handler(secret string) http.Handler {
	if s.team != nil {
		return s.gate.Handler(s.doors(), s.routes())
	}
	open := map[string]http.Handler{
		"/healthz": http.HandlerFunc(sayHealthy),
		"/metrics": http.HandlerFunc(s.metrics),
		"/code":    s.newCode(secret),
	}
	return s.gate.Handler(open, s.routes())
}

// newCode gives a code to who knows the secret, which stands in a file of its owner's.
func (s *service) newCode(secret string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), []byte(secret)) != 1 {
			s.refuse(w, r, serve.NoSession)
			return
		}
		fmt.Fprintln(w, s.gate.Code(s.person()))
	})
}

// route is what is done at an address, and the least role that may.
type route struct {
	least serve.Role
	do    func(http.ResponseWriter, *http.Request) error
}

// table has all addresses that do something, and who may.
func (s *service) table() map[string]route {
	return map[string]route{
		"GET /api/me":                   {serve.Look, s.me},
		"GET /api/where":                {serve.Look, s.where},
		"GET /api/choices":              {serve.Look, s.choices},
		"GET /api/template":             {serve.Look, s.template},
		"POST /api/files":               {serve.Import, s.addFile},
		"GET /api/files":                {serve.Look, s.listFiles},
		"GET /api/files/{id}":           {serve.Look, s.showFile},
		"GET /api/files/{id}/rows":      {serve.Look, s.showRows},
		"GET /api/files/{id}/choices":   {serve.Look, s.cellChoices},
		"DELETE /api/files/{id}":        {serve.Import, s.removeFile},
		"POST /api/files/{id}/edits":    {serve.Import, s.editFile},
		"POST /api/files/{id}/undo":     {serve.Import, s.undoEdit},
		"POST /api/files/{id}/reading":  {serve.Import, s.setReading},
		"GET /api/files/{id}/mended":    {serve.Look, s.mended},
		"GET /api/files/{id}/preview":   {serve.Look, s.preview},
		"POST /api/files/{id}/import":   {serve.Import, s.beginImport},
		"GET /api/imports":              {serve.Look, s.listImports},
		"GET /api/imports/{id}":         {serve.Look, s.showImport},
		"GET /api/imports/{id}/events":  {serve.Look, s.watchImport},
		"POST /api/imports/{id}/stop":   {serve.Import, s.stopImport},
		"POST /api/imports/{id}/go-on":  {serve.Import, s.goOn},
		"GET /api/imports/{id}/results": {serve.Look, s.results},
		"GET /api/imports/{id}/mend":    {serve.Look, s.mend},
		"GET /api/imports/{id}/report":  {serve.Look, s.reportPage},
		"POST /api/audit":               {serve.Administer, s.auditResults},
		"POST /sign-out":                {serve.Look, s.signOut},
		"GET /api/journal":              {serve.Administer, s.showJournal},
		"GET /api/journal/table":        {serve.Administer, s.journalTable},
		"GET /api/sessions":             {serve.Administer, s.showSessions},
		"POST /api/sessions/end":        {serve.Administer, s.endSession},
	}
}

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	static, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // embedded at build time
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, static, "index.html") })
	mux.Handle("GET /page/", http.StripPrefix("/page/", http.FileServerFS(static)))
	for pattern, r := range s.table() {
		mux.Handle(pattern, s.needs(r.least, r.do))
	}
	mux.HandleFunc("/api/", func(w http.ResponseWriter, _ *http.Request) {
		writeError(w, http.StatusNotFound, "there is nothing at this address", "")
	})
	return mux
}

// refuse says why a request is turned away.
func (s *service) refuse(w http.ResponseWriter, r *http.Request, why serve.Refusal) {
	const again = "open the address that bulkimport serve prints; running it once more prints a new one"
	words := map[serve.Refusal][2]string{
		serve.NoSession:   {"you are not signed in here", again + "; files and imports are kept"},
		serve.WrongCode:   {"this code was used, is too old, or is none", again},
		serve.TooManyTry:  {"too many wrong codes", "wait a little; " + again},
		serve.OtherHost:   {"this server has another name", again},
		serve.OtherOrigin: {"another page asks, which it may not", again},
	}[why]
	if s.team != nil {
		words[0], words[1] = teamRefusals(why)
		if why == serve.NoSession && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
			return
		}
	}
	if r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(why.Status())
		fmt.Fprintf(w, refusalPage, html.EscapeString(words[0]), html.EscapeString(words[1]))
		return
	}
	writeError(w, why.Status(), words[0], words[1])
}

// refusalPage is what a person sees who is turned away.
const refusalPage = `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">
<title>bulkimport</title><h1>bulkimport</h1><p>%s</p><p>%s</p></html>
`

// answering makes a handler of one that may fail.
func (s *service) answering(h func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch err := h(w, r); {
		case errors.Is(err, errCut):
			panic(http.ErrAbortHandler)
		case err != nil && !errors.Is(err, errAnswered):
			s.fail(w, err)
		}
	})
}
