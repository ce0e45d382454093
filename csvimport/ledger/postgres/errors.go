package postgres

import (
	"context"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"bulkimport/csvimport/ledger"
)

var (
	errPassword = errors.New("the address has a password in it")
	errAddress  = errors.New("the address cannot be read")
	errMaking   = errors.New("this role may not make or change tables there")
	errStandby  = errors.New("the server is a standby, on which nothing can be written")
)

const (
	hintPassword = "take it out, and give it in PGPASSWORD, in the file that PGPASSFILE names, or in the one that ledger_password_file names"
	hintAddress  = "it is postgres://user@host:5432/database?sslmode=verify-full"
	hintStandby  = "name the primary"
	hintMaking   = "ask the database's administrator: GRANT CREATE ON DATABASE … TO …, or a database that is this role's own"
	hintRights   = "name the role that made them, or ask the database's administrator: GRANT that role TO this one, and ALTER ROLE this one SET role = that one"
	hintBack     = "the database was set back in the middle of the run: start the same command again, and say when somebody last imported"
	hintReach    = "check host, port and network, and start the same command again: what is in the ledger is safe"
)

// shown is an address as it may be shown: without a password, wherever it is.
func shown(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return "postgres://…"
	}
	to := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		to.User = url.User(u.User.Username())
	}
	return to.String()
}

// HasPassword reports whether an address has a password in it.
func HasPassword(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	_, set := u.User.Password()
	return set || u.Query().Has("password") || u.Query().Has("sslpassword")
}

// passing reports whether what went wrong may be over soon: the server could not be
// reached, has gone or is starting, or others were in the way.
func passing(err error) bool {
	if _, ok := errors.AsType[*ledger.Error](err); ok {
		return false
	}
	if _, ok := errors.AsType[refusal](err); ok || errors.Is(err, context.Canceled) || errors.Is(err, pgx.ErrNoRows) {
		return false
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case "40001", "40P01", "55P03", "25P03", "57P01", "57P02", "57P03", "53300", "25006":
			return true
		}
		return strings.HasPrefix(pg.Code, "08")
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	_, netErr := errors.AsType[net.Error](err)
	return netErr || pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, net.ErrClosed) || broken(err)
}

// broken reports whether the connection was cut.
func broken(err error) bool {
	text := err.Error()
	for _, s := range []string{"EOF", "conn closed", "reset by peer", "broken pipe", "closed pool"} {
		if strings.Contains(text, s) {
			return s != "closed pool"
		}
	}
	return false
}

// unforeseen reports that a transaction broke off since something was not as foreseen:
// it divided by the number of what was.
func unforeseen(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "22012"
}

// refusal is an error of one job alone: the others of its batch are written.
type refusal struct{ error }

func (r refusal) Unwrap() error { return r.error }

// wrap turns what the server, the network or the driver said into words. A context's
// own error stays what it is.
func wrapAt(where string, err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if r, ok := errors.AsType[refusal](err); ok {
		return r.error
	}
	for _, own := range []error{ledger.ErrRunEnded, ledger.ErrClosed} {
		if errors.Is(err, own) {
			return err
		}
	}
	if _, ok := errors.AsType[*ledger.Error](err); ok {
		return err
	}
	e := &ledger.Error{Where: where, Cause: err}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case ok:
		e.Hint, e.Err = serverWords(pg)
	case strings.Contains(err.Error(), "closed pool"):
		e.Err = ledger.ErrClosed
	case strings.Contains(err.Error(), "tls"), strings.Contains(err.Error(), "x509"), strings.Contains(err.Error(), "TLS"):
		e.Err, e.Hint = errors.New("the server's certificate is not trusted, or it does not speak TLS"), "check sslmode, and name the certificate of who signed it with sslrootcert"
	default:
		e.Err, e.Hint = errors.New("the database server cannot be reached"), hintReach
	}
	return e
}

// makingAt is what went wrong while tables were made or changed.
func makingAt(where string, err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == noRights {
		return &ledger.Error{Where: where, Err: errMaking, Hint: hintMaking, Cause: err}
	}
	return err
}

// noRights is the server's code for what a role may not do.
const noRights = "42501"

// serverWords says what a code of the server's means for a ledger, and what to do
// about it (PostgreSQL's documentation, appendix A).
func serverWords(pg *pgconn.PgError) (hint string, err error) {
	switch pg.Code {
	case "3D000":
		return "check its name, or have it made: createdb -O role name", errors.New("there is no such database")
	case "28P01":
		return hintPassword, errors.New("the password is wrong, or none was given")
	case "28000":
		return "check the user in the address, and the server's pg_hba.conf", errors.New("the server does not let this role in")
	case noRights:
		return hintRights, errors.New("this role may not read or change the ledger's tables there")
	case "25006":
		return hintStandby, errStandby
	case "53100":
		return "free some space on the server; what was recorded so far is safe", ledger.ErrFull
	case "53300":
		return "try again later, or raise max_connections", errors.New("the server has no connection left")
	case "57P01", "57P02", "57P03":
		return hintReach, errors.New("the server is stopping or starting")
	case "55P03", "40P01", "40001", "25P03":
		return "start the same command again", errors.New("others kept the ledger locked for too long")
	case "42P01", "42703", "3F000":
		return "restore the database, or name another", errors.New("tables of the ledger are missing or changed")
	}
	return "ask the database's administrator", errors.New("the server refused it (code " + pg.Code + ")")
}
