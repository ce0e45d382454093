package main

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"bulkimport/csvimport"
)

// metrics tells numbers in the text form of Prometheus. No name of anybody is in it.
func (s *service) metrics(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	family := func(name, kind, help string) { fmt.Fprintf(&b, "# HELP %s %s\n# TYPE %[1]s %[3]s\n", name, help, kind) }
	rows, flight, open, running := s.imports.standing()
	family("bulkimport_rows_total", "counter", "Rows that ended since the server began, by status.")
	for _, status := range csvimport.Statuses() {
		fmt.Fprintf(&b, "bulkimport_rows_total{status=%q} %d\n", string(status), rows[status])
	}
	family("bulkimport_orders_in_flight", "gauge", "Requests of orders under way.")
	fmt.Fprintf(&b, "bulkimport_orders_in_flight %d\n", flight)
	family("bulkimport_orders_open", "gauge", "Accepted orders that are followed to their end.")
	fmt.Fprintf(&b, "bulkimport_orders_open %d\n", open)
	family("bulkimport_imports_running", "gauge", "Imports under way.")
	fmt.Fprintf(&b, "bulkimport_imports_running %d\n", running)
	family("bulkimport_imports_waiting", "gauge", "Imports that wait for their turn.")
	fmt.Fprintf(&b, "bulkimport_imports_waiting %d\n", max(0, len(s.imports.running())-running))
	family("bulkimport_start_time_seconds", "gauge", "When the server began, since the Unix epoch.")
	fmt.Fprintf(&b, "bulkimport_start_time_seconds %d\n", s.began.Unix())
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute))
	fmt.Fprint(w, b.String())
}

// standing are the numbers of what goes on.
func (im *imports) standing() (rows map[csvimport.Status]int, flight, open, running int) {
	im.mu.Lock()
	defer im.mu.Unlock()
	rows = make(map[csvimport.Status]int)
	for status, n := range im.tally {
		rows[status] = n
	}
	for _, l := range im.live {
		now := l.progress.Snapshot()
		flight, open = flight+now.InFlight, open+now.Open
	}
	if im.lent != nil {
		now := im.lent.progress.Snapshot()
		flight, open = flight+now.InFlight, open+now.Open
	}
	return rows, flight, open, len(im.live)
}
