package main

import (
	"slices"
	"strings"
)

// plan is the picture of the house, roof first: each room, and the rooms that
// its files, tests apart, import: an arrow that nobody goes is not drawn. Arrows
// go down the page only. "..." is all that is drawn below the line; a name that ends in /* is each room of a floor.
var plan = drawing{
	{"cmd/*", "..."},
	{"examples/*", "..."},

	{"csvimport/internal/sample", "csvimport csvimport/catalog csvimport/rows csvimport/ledger/sqlite apsclient"},
	{"csvimport/simulation", ""},
	{"csvimport/session", "csvimport csvimport/engine csvimport/notice csvimport/evidence csvimport/joined csvimport/estimate csvimport/check csvimport/rows csvimport/catalog csvimport/ledger csvimport/machine csvimport/visible"},
	{"csvimport/serve/people", "csvimport/serve"},
	{"csvimport/serve/oidc", "csvimport/serve"},
	{"csvimport/serve/oidc/oidctest", ""},
	{"csvimport/serve", ""},
	{"csvimport/jobs", "csvimport/ledger/postgres csvimport/ledger/sqlite"},
	{"csvimport/upload", "csvimport/ledger/lockfile csvimport/sheet/edited csvimport/visible"},
	{"csvimport/report", "csvimport csvimport/visible"},
	{"csvimport/report/browsertest", ""},
	{"csvimport/estimate", "csvimport csvimport/outcome apsclient"},
	{"csvimport/engine", "csvimport csvimport/notice csvimport/evidence csvimport/joined csvimport/listed csvimport/outcome csvimport/pace csvimport/again csvimport/ledger csvimport/machine apsclient"},
	{"csvimport/notice", "csvimport csvimport/ledger apsclient"},
	{"csvimport/again", "csvimport csvimport/outcome csvimport/ledger apsclient"},
	{"csvimport/worksheet", "csvimport csvimport/outcome csvimport/rows csvimport/normal csvimport/ledger csvimport/sheet apsclient"},
	{"csvimport/joined", "csvimport csvimport/outcome csvimport/normal csvimport/ledger"},
	{"csvimport/listed", "csvimport csvimport/outcome csvimport/ledger apsclient"},
	{"csvimport/outcome", "csvimport csvimport/ledger csvimport/normal apsclient"},
	{"csvimport/evidence", ""},
	{"csvimport/pace", "apsclient"},
	{"csvimport/check", "csvimport csvimport/catalog csvimport/rows csvimport/guid csvimport/normal csvimport/ledger apsclient"},
	{"csvimport/catalog", "csvimport csvimport/catalog/spill csvimport/sheet csvimport/normal csvimport/similar csvimport/ledger apsclient"},
	{"csvimport/catalog/spill", ""},
	{"csvimport/rows", "csvimport csvimport/block csvimport/choice csvimport/cutoff csvimport/firsts csvimport/sheet csvimport/sheet/bookwriter csvimport/sheet/delimited csvimport/sheet/edited csvimport/sheet/workbook csvimport/guid csvimport/mangled csvimport/normal csvimport/planname csvimport/similar"},
	{"csvimport/planname", "csvimport csvimport/normal csvimport/similar"},
	{"csvimport/block", "csvimport csvimport/sheet"},
	{"csvimport/cutoff", "csvimport"},
	{"csvimport/choice", "csvimport csvimport/sheet/bookwriter"},
	{"csvimport", "csvimport/visible"},

	{"csvimport/ledger/ledgertest", "csvimport/ledger"},
	{"csvimport/ledger/postgres", "csvimport/ledger csvimport/ledger/lockfile csvimport/machine"},
	{"csvimport/ledger/postgres/pgtest", ""},
	{"csvimport/ledger/sqlite", "csvimport/ledger csvimport/ledger/mark csvimport/ledger/lockfile csvimport/guid csvimport/machine csvimport/realpath"},
	{"csvimport/ledger/mark", "csvimport/ledger csvimport/ledger/lockfile csvimport/visible"},
	{"csvimport/ledger/lockfile", ""},
	{"csvimport/ledger", ""},
	{"csvimport/machine/machinetest", "csvimport/machine"},
	{"csvimport/machine", ""},
	{"csvimport/mangled", "csvimport/normal"},
	{"csvimport/normal", "csvimport/sheet"},
	{"csvimport/sheet/bookwriter", "csvimport/sheet"},
	{"csvimport/sheet/workbook", "csvimport/sheet csvimport/sheet/spool"},
	{"csvimport/sheet/delimited", "csvimport/sheet csvimport/sheet/spool"},
	{"csvimport/sheet/edited", "csvimport/sheet"},
	{"csvimport/sheet/spool", ""},
	{"csvimport/sheet", ""},
	{"csvimport/similar", ""},
	{"csvimport/firsts", ""},
	{"csvimport/guid", ""},
	{"csvimport/visible", ""},
	{"csvimport/realpath", ""},

	{"apsclient/apstest", ""},
	{"apsclient", "apsclient/shape apsclient/tree"},
	{"apsclient/shape", "apsclient/tree"},
	{"apsclient/tree", ""},
}

// support is what tests on any floor may import, besides all that is below them.
var support = []string{
	"apsclient/apstest",
	"csvimport/internal/sample",
	"csvimport/ledger/ledgertest",
	"csvimport/ledger/postgres/pgtest",
	"csvimport/ledger/sqlite",
	"csvimport/machine/machinetest",
	"csvimport/report/browsertest",
	"csvimport/serve/oidc/oidctest",
}

// shown is the room whose tests are the reader's example: it goes through all of
// them.
const shown = "csvimport"

// doors are the modules that one package only may import.
var doors = []string{
	"github.com/coreos/go-oidc",
	"github.com/gocarina/gocsv",
	"github.com/inconshreveable/mousetrap",
	"github.com/jackc/pgx",
	"github.com/pelletier/go-toml",
	"github.com/riverqueue/river",
	"github.com/schollz/progressbar",
	"github.com/spf13/cobra",
	"github.com/valyala/fastjson",
	"github.com/zalando/go-keyring",
	"golang.org/x/crypto",
	"golang.org/x/oauth2",
	"modernc.org/sqlite",
}

// besides is a second door of a module.
var besides = map[string]string{
	// The client of a platform asks for tokens of its own; who lets people in exchanges a
	// person's code for who they are, and go-oidc wants it done with this module. They share
	// no code, and neither is below the other.
	"golang.org/x/oauth2": "csvimport/serve/oidc",
}

// What a room of csvimport may hold at most, tests apart.
const (
	mostFiles   = 23
	mostLines   = 4500
	mostCircle  = 6  // files that need each other
	mostMethods = 35 // of one type
)

type drawing []struct{ room, may string }

// line is where a room is drawn, negative if it is not.
func (d drawing) line(room string) int {
	for i, l := range d {
		floor, each := strings.CutSuffix(l.room, "*")
		if l.room == room || each && strings.HasPrefix(room, floor) {
			return i
		}
	}
	return -1
}

// from is the arrows drawn from a room, which has to be in the plan.
func (d drawing) from(room string) []string { return strings.Fields(d[d.line(room)].may) }

// allows tells whether a file of one room may import another room.
func (d drawing) allows(from, to string, test bool) bool {
	i := d.line(from)
	may := d.from(from)
	if test && (to == from || from == shown || slices.Contains(support, to)) {
		return true
	}
	if test || slices.Contains(may, "...") {
		return d.line(to) > i
	}
	return slices.Contains(may, to)
}
