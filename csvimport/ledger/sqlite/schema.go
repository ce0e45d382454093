package sqlite

// schemaVersion is kept in PRAGMA user_version. A file with a higher one is
// refused, one with a lower one brought up to it when it is opened.
const schemaVersion = 4

// upgrades are the steps from each version to the next, the first from 1 to 2. A
// program of the first version may have the file open still. It does not know
// the journal, so it must not add an entry (held = 2); it may settle those it has.
// One of the second does not understand what the journal holds now: it must not
// find it, and stops.
var upgrades = []string{
	`ALTER TABLE entry ADD COLUMN email TEXT NOT NULL DEFAULT '';
	ALTER TABLE entry ADD COLUMN held INTEGER NOT NULL DEFAULT 2;
	CREATE TABLE journal (id INTEGER PRIMARY KEY, records BLOB NOT NULL) STRICT;
	DROP INDEX entry_order; DROP INDEX entry_state; DROP INDEX entry_sub;
	UPDATE entry SET held = state IN (1, 4, 5), old = CASE old WHEN 0 THEN 0 ELSE gen END;
	CREATE TRIGGER entry_add BEFORE INSERT ON entry WHEN NEW.held = 2 BEGIN
		SELECT RAISE(ABORT, 'a newer version of the program has taken over the ledger');
	END;
	CREATE TRIGGER entry_hold AFTER UPDATE OF state ON entry WHEN NEW.held <> (NEW.state IN (1, 4, 5)) BEGIN
		UPDATE entry SET held = 1 - held WHERE id = NEW.id;
	END;` + indexes,
	`ALTER TABLE entry ADD COLUMN sent_by INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE entry ADD COLUMN shown_at INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE entry ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE entry ADD COLUMN commerce_sub TEXT NOT NULL DEFAULT '';
	ALTER TABLE entry ADD COLUMN doubt_here INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE platform ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
	ALTER TABLE platform ADD COLUMN word TEXT NOT NULL DEFAULT '';
	ALTER TABLE self ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
	ALTER TABLE run ADD COLUMN said TEXT NOT NULL DEFAULT '';
	ALTER TABLE run ADD COLUMN stop INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE journal RENAME TO recent;
	DROP TRIGGER IF EXISTS entry_hold;
	CREATE TRIGGER entry_hold AFTER UPDATE OF state ON entry WHEN NEW.held <> (NEW.state IN (1, 4, 5, 9)) BEGIN
		UPDATE entry SET held = 1 - held WHERE id = NEW.id;
	END;
	UPDATE entry SET sent_by = run WHERE sends > 0 AND adopted = 0;
	UPDATE platform SET evidence = json_object('References', refs) WHERE refs > 0;` + sightings,
	`ALTER TABLE run ADD COLUMN operator TEXT NOT NULL DEFAULT '';`,
}

// applicationID marks the file as ours (PRAGMA application_id): "BkIm".
const applicationID = 0x426b496d

// schema is the ledger's. GUIDs are kept as 16 bytes (type ANY: what is not a
// GUID stays text), times as Unix milliseconds with 0 for none, and text that
// repeats from row to row in the table text.
//
// entry has a row id, so that entries lie in the order of their intents and
// those of one transaction on one page; the subscription, which is random,
// costs a small index instead.
const schema = `
CREATE TABLE platform (
	id         INTEGER PRIMARY KEY,
	aps        ANY NOT NULL UNIQUE,
	proved     INTEGER NOT NULL DEFAULT 0,
	refs       INTEGER NOT NULL DEFAULT 0,
	known_at   INTEGER NOT NULL,
	evidence   TEXT NOT NULL DEFAULT '', -- ledger.Evidence as JSON
	word       TEXT NOT NULL DEFAULT '' -- mark.Mark.Word
) STRICT;
CREATE TABLE address (
	url        TEXT PRIMARY KEY,
	platform   INTEGER NOT NULL,
	known_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE self (
	id         TEXT NOT NULL, -- tells this ledger from others
	moved_to   TEXT NOT NULL DEFAULT '' -- Move
) STRICT;
INSERT INTO self (id) VALUES (lower(hex(randomblob(8))));
CREATE TABLE run (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	platform   INTEGER NOT NULL,
	file       TEXT NOT NULL,
	file_hash  TEXT NOT NULL,
	rows       INTEGER NOT NULL,
	started_at INTEGER NOT NULL,
	ended_at   INTEGER NOT NULL DEFAULT 0,
	host       TEXT NOT NULL,
	pid        INTEGER NOT NULL,
	version    TEXT NOT NULL,
	boot       TEXT NOT NULL, -- of the machine, empty where it cannot be told
	shaken     INTEGER NOT NULL, -- the ledger.Loss it began with, until Run.Trusted
	outcome    TEXT NOT NULL DEFAULT '',
	said       TEXT NOT NULL DEFAULT '', -- RunInfo.Said
	stop       INTEGER NOT NULL DEFAULT 0, -- somebody has asked it to stop
	operator   TEXT NOT NULL DEFAULT '' -- RunInfo.Operator
) STRICT;
CREATE INDEX run_platform ON run (platform, id);
CREATE INDEX run_open ON run (id) WHERE ended_at = 0 AND outcome = '';
CREATE TABLE text (
	id         INTEGER PRIMARY KEY,
	value      TEXT NOT NULL UNIQUE
) STRICT;
CREATE TABLE entry (
	id           INTEGER PRIMARY KEY,
	platform     INTEGER NOT NULL,
	sub          ANY NOT NULL,
	gen          INTEGER NOT NULL,
	old          INTEGER NOT NULL, -- 0 for the latest generation, its number for another
	state        INTEGER NOT NULL,
	run          INTEGER NOT NULL,
	sends        INTEGER NOT NULL,
	doubted      INTEGER NOT NULL,
	doubt_since  INTEGER NOT NULL,
	submitted_at INTEGER NOT NULL,
	finished_at  INTEGER NOT NULL,
	adopted      INTEGER NOT NULL,
	http_status  INTEGER NOT NULL,
	plan_id      INTEGER NOT NULL,
	plan_name    INTEGER NOT NULL,
	cut_off      INTEGER NOT NULL,
	code         INTEGER NOT NULL,
	order_id     ANY,
	order_number TEXT NOT NULL,
	order_status TEXT NOT NULL,
	tenant       TEXT NOT NULL,
	account_id   ANY,
	account_no   TEXT NOT NULL,
	account_name TEXT NOT NULL,
	message      TEXT NOT NULL,
	email        TEXT NOT NULL DEFAULT '',
	held         INTEGER NOT NULL DEFAULT 0, -- it belongs to its run: State.holds
	sent_by      INTEGER NOT NULL DEFAULT 0,
	shown_at     INTEGER NOT NULL DEFAULT 0,
	imported     INTEGER NOT NULL DEFAULT 0,
	commerce_sub TEXT NOT NULL DEFAULT '',
	doubt_here   INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE recent (
	id         INTEGER PRIMARY KEY,
	records    BLOB NOT NULL
) STRICT;
CREATE TABLE event (
	id         INTEGER PRIMARY KEY,
	platform   INTEGER NOT NULL,
	sub        ANY NOT NULL,
	gen        INTEGER NOT NULL,
	run        INTEGER NOT NULL,
	at         INTEGER NOT NULL,
	note       TEXT NOT NULL
) STRICT;
CREATE INDEX event_sub ON event (platform, sub);
CREATE TABLE export (
	platform   INTEGER NOT NULL,
	sub        ANY NOT NULL,
	at         INTEGER NOT NULL,
	plan_id    INTEGER NOT NULL,
	cut_off    INTEGER NOT NULL,
	tenant     TEXT NOT NULL,
	account_id TEXT NOT NULL,
	company    TEXT NOT NULL,
	email      TEXT NOT NULL,
	PRIMARY KEY (platform, sub)
) STRICT, WITHOUT ROWID;
CREATE TABLE probe (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL
) STRICT;
` + indexes + sightings

// sightings are the orders on the platform to which no entry is bound.
const sightings = `
CREATE TABLE sighting (
	platform     INTEGER NOT NULL,
	order_id     ANY NOT NULL,
	sub          ANY NOT NULL,
	gen          INTEGER NOT NULL,
	order_number TEXT NOT NULL,
	order_status TEXT NOT NULL,
	first_seen   INTEGER NOT NULL,
	run          INTEGER NOT NULL,
	acknowledged INTEGER NOT NULL DEFAULT 0,
	PRIMARY KEY (platform, order_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sighting_sub ON sighting (platform, sub);
`

// indexes of entry. What an order changes while it is placed is in none but the
// first two.
const indexes = `
CREATE UNIQUE INDEX entry_sub ON entry (platform, sub, old);
CREATE INDEX entry_held ON entry (platform, run) WHERE held = 1;
CREATE INDEX entry_ended ON entry (platform, state, old) WHERE held = 0;
`

// Statements that are looked at by EXPLAIN QUERY PLAN in the tests are named
// here, the others stand where they are used.
const (
	entryColumns = `id, sub, gen, state, run, sends, doubted, doubt_since, submitted_at, finished_at, adopted, http_status,
		plan_id, plan_name, cut_off, code, order_id, order_number, order_status, tenant, account_id, account_no, account_name, message, email,
		sent_by, shown_at, imported, commerce_sub, doubt_here`

	runColumns  = `id, file, file_hash, rows, started_at, ended_at, host, pid, version, outcome, said, operator`
	headColumns = `id, sub, gen, state, run, sends, doubted, doubt_since, order_id, shown_at, sent_by`

	queryHead       = `SELECT ` + headColumns + ` FROM entry WHERE platform = ? AND sub = ? AND old = 0`
	queryHeadGen    = `SELECT ` + headColumns + ` FROM entry WHERE platform = ? AND sub = ? AND gen = ?`
	queryHeldBy     = `SELECT ` + headColumns + ` FROM entry WHERE platform = ? AND held = 1 AND run = ? AND id > ? ORDER BY id LIMIT 1000`
	queryByID       = `SELECT ` + entryColumns + ` FROM entry WHERE id = ?`
	queryByIDs      = `SELECT ` + entryColumns + ` FROM entry WHERE id IN (`
	queryStory      = `SELECT ` + entryColumns + ` FROM entry WHERE platform = ? AND sub = ? ORDER BY gen`
	queryEvents     = `SELECT at, run, gen, note FROM event WHERE platform = ? AND sub = ? ORDER BY id`
	queryHeld       = `SELECT id FROM entry WHERE platform = ? AND held = 1 AND old = 0`
	queryEnded      = `SELECT id FROM entry WHERE platform = ? AND held = 0 AND state = ? AND old = 0`
	queryOfRun      = `SELECT id FROM entry WHERE platform = ?1 AND (run = ?2 OR sent_by = ?2) ORDER BY id`
	queryHeldTotals = `SELECT state, count(*) FROM entry WHERE platform = ? AND held = 1 AND old = 0 GROUP BY state`
	queryEndTotals  = `SELECT state, count(*) FROM entry WHERE platform = ? AND held = 0 AND old = 0 GROUP BY state`
	queryHolders    = `SELECT DISTINCT run FROM entry WHERE platform = ? AND held = 1`
	queryRuns       = `SELECT ` + runColumns + ` FROM run WHERE platform = ? ORDER BY id DESC LIMIT ?`
	queryLoss       = `SELECT coalesce(max(shaken), 0) FROM run WHERE platform = ?1 AND id > (SELECT coalesce(max(id), 0) FROM run WHERE platform = ?1 AND ended_at > 0 AND NOT shaken)`
	queryRestarted  = `SELECT count(*) FROM run WHERE outcome = ? AND (boot = '' OR boot <> ?) AND id > (SELECT coalesce(max(id), 0) FROM run WHERE ended_at > 0 AND NOT shaken)`
	queryLastBoot   = `SELECT boot FROM run ORDER BY id DESC LIMIT 1`
	queryEvidence   = `SELECT evidence FROM platform WHERE id = ?`
	queryWord       = `SELECT word FROM platform WHERE id = ?`
	querySent       = `SELECT EXISTS (SELECT 1 FROM entry WHERE platform = ? AND sent_by > 0)`
	queryOpenRuns   = `SELECT id FROM run WHERE ended_at = 0 AND outcome = ''`
	queryOpenRunsOf = queryOpenRuns + ` AND platform = ?`
	queryPlacing    = queryOpenRunsOf + ` AND rows > 0 AND id <> ?`
	queryLook       = `SELECT r.stop, p.evidence FROM run r JOIN platform p ON p.id = r.platform WHERE r.id = ?`
	queryTexts      = `SELECT id, value FROM text WHERE id > ?`
	queryText       = `SELECT id FROM text WHERE value = ?`
	querySightings  = `SELECT sub, gen, order_id, order_number, order_status, first_seen, run, acknowledged FROM sighting WHERE platform = ? ORDER BY first_seen, order_id`
	querySighted    = `SELECT sub, gen, order_id, order_number, order_status, first_seen, run, acknowledged FROM sighting WHERE platform = ? AND sub IN (`
	queryExportSubs = `SELECT sub FROM export WHERE platform = ? AND sub > ? ORDER BY sub LIMIT 1000`

	queryFind     = `SELECT ` + entryColumns + ` FROM entry WHERE platform = ? AND sub IN (`
	queryKnown    = `SELECT sub FROM entry WHERE platform = ? AND sub IN (`
	queryFindEnd  = `) AND old = 0`
	queryAllOf    = `SELECT ` + entryColumns + ` FROM entry WHERE platform = ? AND sub IN (`
	queryExported = `SELECT sub, at, plan_id, cut_off, tenant, account_id, company, email FROM export WHERE platform = ? AND sub IN (`
)
