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

	gate    *serve.Gate
	journal *serve.Journal
	files   *upload.Store
	market  *market
	lights  *lights
	checks  *checks
	agreed  agreements
	imports *imports

	life context.Context // of what goes on beside requests
	end  context.CancelFunc
}

func newService(ctx context.Context, e *env, c connection, places *settings, folder string, address *net.TCPAddr) (s *service, err error) {
	// What is said beside the page is said to nobody: a request has its own words.
	quiet := *e
	quiet.out, quiet.err = newDoor(io.Discard, e.veil), newDoor(io.Discard, e.veil)
	if c.verbose {
		quiet.err = e.err
	}
	s = &service{env: &quiet, connection: c, places: places, address: address, began: time.Now()}
	s.life, s.end = context.WithCancel(context.WithoutCancel(ctx))
	s.market = &market{service: s}
	s.lights = &lights{service: s}
	s.checks = newChecks(s)
	defer func() {
		if err != nil {
			s.Close()
		}
	}()
	if s.files, err = upload.Open(filepath.Join(folder, "files")); err != nil {
		return nil, err
	}
	if err := s.files.Sweep(); err != nil {
		return nil, err
	}
	if s.journal, err = serve.OpenJournal(filepath.Join(folder, "audit.jsonl")); err != nil {
		return nil, err
	}
	s.gate = serve.NewGate(serve.Options{
		Address: address, Refuse: s.refuse,
		Entered: func(p serve.Person) { _ = s.journal.Note(p, serve.Act{Act: "sign in"}) },
	})
	if err := openImports(ctx, s, folder); err != nil {
		return nil, err
	}
	go s.lights.look(s.life)
	return s, nil
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
}

func (s *service) origin() string { return fmt.Sprintf("http://127.0.0.1:%d", s.address.Port) }

// handler answers all requests. secret lets another process of the same person have a
// new code.
func (s *service) handler(secret string) http.Handler {
	open := map[string]http.Handler{
		"/healthz": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") }),
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

func (s *service) routes() http.Handler {
	mux := http.NewServeMux()
	static, err := fs.Sub(pageFiles, "page")
	if err != nil {
		panic(err) // embedded at build time
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { http.ServeFileFS(w, r, static, "index.html") })
	mux.Handle("GET /page/", http.StripPrefix("/page/", http.FileServerFS(static)))
	for pattern, h := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /api/where":                s.where,
		"GET /api/choices":              s.choices,
		"GET /api/template":             s.template,
		"POST /api/files":               s.addFile,
		"GET /api/files":                s.listFiles,
		"GET /api/files/{id}":           s.showFile,
		"GET /api/files/{id}/rows":      s.showRows,
		"GET /api/files/{id}/choices":   s.cellChoices,
		"POST /api/files/{id}/edits":    s.editFile,
		"POST /api/files/{id}/reading":  s.setReading,
		"GET /api/files/{id}/mended":    s.mended,
		"GET /api/files/{id}/preview":   s.preview,
		"POST /api/files/{id}/import":   s.beginImport,
		"GET /api/imports":              s.listImports,
		"GET /api/imports/{id}":         s.showImport,
		"GET /api/imports/{id}/events":  s.watchImport,
		"POST /api/imports/{id}/stop":   s.stopImport,
		"POST /api/imports/{id}/go-on":  s.goOn,
		"GET /api/imports/{id}/results": s.results,
		"GET /api/imports/{id}/mend":    s.mend,
		"GET /api/imports/{id}/report":  s.reportPage,
		"POST /api/audit":               s.auditResults,
	} {
		mux.Handle(pattern, s.answering(h))
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
		serve.NoSession:   {"you are not signed in here", again},
		serve.WrongCode:   {"this code was used, is too old, or is none", again},
		serve.TooManyTry:  {"too many wrong codes", "wait a little; " + again},
		serve.OtherHost:   {"this server has another name", again},
		serve.OtherOrigin: {"another page asks, which it may not", again},
	}[why]
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
		if err := h(w, r); err != nil && !errors.Is(err, errAnswered) {
			s.fail(w, err)
		}
	})
}
