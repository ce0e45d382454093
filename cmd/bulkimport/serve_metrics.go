package main

import (
	"fmt"
	"net/http"
	"time"
)

// metrics tells numbers in the text form of Prometheus. No name of anybody is in it.
func (s *service) metrics(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	fmt.Fprintf(w, "# HELP bulkimport_up_seconds Time since the server began.\n# TYPE bulkimport_up_seconds gauge\nbulkimport_up_seconds %.0f\n", time.Since(s.began).Seconds())
}
