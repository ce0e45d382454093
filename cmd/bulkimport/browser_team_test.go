//go:build unix

package main_test

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"bulkimport/csvimport/report/browsertest"
	"bulkimport/csvimport/serve/oidc/oidctest"
)

const teamPassword = "correct horse battery"

// team starts a server for people, each with the role of this name, and returns where
// they sign in.
func (v *visit) team(people map[string]string) (address string) {
	v.t.Helper()
	users := filepath.Join(v.dir, "people.txt")
	for name, role := range people {
		user := v.command("serve", "user", name, "--role", role, "--users", users)
		user.Stdin = strings.NewReader(teamPassword + "\n")
		if out, err := user.CombinedOutput(); err != nil {
			v.t.Fatalf("serve user: %v: %s", err, out)
		}
	}
	cert, key := v.certificate()
	return v.start("--listen", "127.0.0.1:0", "--users", users, "--tls-cert", cert, "--tls-key", key)
}

// certificate writes one for 127.0.0.1 that nobody vouches for.
func (v *visit) certificate() (cert, key string) {
	v.t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	pair := s.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		v.t.Fatal(err)
	}
	cert, key = filepath.Join(v.dir, "cert.pem"), filepath.Join(v.dir, "key.pem")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, key: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			v.t.Fatal(err)
		}
	}
	return cert, key
}

// member is a person at a browser of their own, before the page of the sign-in.
func (v *visit) member(address string) *visit {
	v.t.Helper()
	m := *v
	m.browser = browsertest.Apart(v.t, v.browser)
	m.enter(address, security.SetIgnoreCertificateErrors(true))
	m.tab.Forgive() // "/" sends a stranger to the sign-in
	return &m
}

// signs in by the keyboard alone.
func (v *visit) signs(name, password string) {
	v.t.Helper()
	v.wait("document.activeElement?.name === 'name'")
	v.keys(name, kb.Tab, password, kb.Enter)
}

// twoPeople has an operator and a viewer at one server, each of whom is offered what
// they may.
func twoPeople(v *visit) {
	v.begin(quick(4))
	address := v.team(map[string]string{"olga": "import", "victor": "look"})
	olga, victor := v.member(address), v.member(address)

	olga.do(browsertest.Width(1200, 800))
	olga.shot("sign-in")
	olga.signs("olga", "wrong horse battery")
	olga.reads("Name or password is wrong.")
	olga.tab.Forgive() // the refusal, which a browser tells its console
	same(v, "the name stays", see[string](olga, "document.querySelector('[name=name]').value"), "olga")
	same(v, "and the password is next", see[string](olga, "document.activeElement.name"), "password")
	olga.keys(teamPassword, kb.Enter)
	olga.reads("Ready for import")
	same(v, "who is in", see[string](olga, "document.getElementById('who').innerText"), "olga, role: import")
	victor.signs("victor", teamPassword)
	victor.reads("Ready for import")

	bad := table(v.t, filepath.Join(v.dir, "accounts.csv"))
	bad[1][emailColumn] = "chris@"
	save(v.t, filepath.Join(v.dir, "team.csv"), bad)
	olga.give("team.csv")
	olga.reads("1 with errors")
	offered := `[...document.querySelectorAll('main :is(button, input, select, form)')].filter((node) => node.checkVisibility()).map((node) => (node.textContent || node.name || node.type).trim())`
	same(v, "the operator may mend", see[bool](olga, "Boolean(document.querySelector('.fault .apply'))"), true)

	see[any](victor, "location.hash = '#file'")
	victor.reads("team.csv")
	victor.reads("olga")
	same(v, "a viewer hands nothing in", see[[]string](victor, offered), []string{})
	victor.press("team.csv")
	victor.reads("1 with errors")
	victor.wait("document.querySelector('.grid .body .cell.error')")
	same(v, "a viewer mends nothing", see[bool](victor, "Boolean(document.querySelector('.fault .apply, .offer'))"), false)
	see[any](victor, "document.querySelector('.grid .body .cell.error').focus()")
	victor.keys("x", kb.Enter, kb.Delete)
	same(v, "nor in the grid", see[bool](victor, "Boolean(document.querySelector('.editor')) || document.querySelector('.grid .body .cell.error').textContent !== 'chris@'"), false)
	same(v, "and the service refuses it", see[int](victor, `fetch('/api/files/' + location.hash.split('/')[1] + '/edits', { method: 'POST', body: '{}' }).then((answer) => answer.status)`), 403)
	victor.tab.Forgive()

	olga.mendFirst(table(v.t, filepath.Join(v.dir, "accounts.csv")))
	olga.reads("4 valid")
	olga.press("Look before")
	olga.reads("How many orders do you expect?")
	victor.do(chromedp.Reload())
	victor.reads("4 valid")
	victor.press("Look before")
	victor.reads("This will happen")
	same(v, "a viewer starts nothing", see[[]string](victor, offered), []string{})
	victor.reads("the role import")
	olga.imports(4)
	olga.reads("Every row is done")
	v.done(4)

	victor.press("All imports")
	victor.reads("olga")
	victor.press("team.csv")
	victor.reads("Every row is done")
	same(v, "a viewer audits nothing", see[bool](victor, "document.querySelector('main').innerText.includes('Audit')"), false)

	for _, m := range []*visit{olga, victor} {
		m.press("Sign out")
		m.wait("location.pathname === '/sign-in' && document.activeElement?.name === 'name'")
	}
	same(v, "nobody is in", see[int](olga, "fetch('/api/files').then((answer) => answer.status)"), 401)
	olga.tab.Forgive()
}

// governed has an administrator see who is signed in and who did what, find acts, take them
// along, and sign somebody out; nobody else is shown that.
func governed(v *visit) {
	source := axe(v.t)
	v.begin(quick(2))
	address := v.team(map[string]string{"anna": "administer", "olga": "import"})
	anna, olga := v.member(address), v.member(address)
	olga.signs("olga", teamPassword)
	olga.reads("Ready for import")
	same(v, "an operator is not led there", see[bool](olga, "document.getElementById('administer').checkVisibility()"), false)
	see[any](olga, "location.hash = '#people'")
	olga.reads("This needs the role administer")
	same(v, "and sees nothing there", see[int](olga, "document.querySelectorAll('main :is(section, table, button)').length"), 0)
	olga.give("accounts.csv")
	olga.reads("2 valid")
	same(v, "acts for more than a page", see[int](olga, `(async () => {
		for (let i = 0; i < 120; i++) await fetch('/api/template?form=csv');
		return 120;
	})()`), 120)

	anna.signs("anna", teamPassword)
	anna.reads("Ready for import")
	anna.press("People and journal")
	anna.reads("2 sessions")
	anna.reads("The newest 100 acts")
	anna.reads("127.0.0.1")
	anna.do(browsertest.Width(1300, 900))
	anna.accessible(source, "people and journal")
	anna.shot("people")
	same(v, "her own session is not for ending", see[[]string](anna, "[...document.querySelectorAll('[data-part=sessions] button')].map((button) => button.getAttribute('aria-label').replace(/ from .*/, ''))"), []string{"End the session of olga"})
	see[any](anna, "document.querySelector('[data-part=older]').focus()")
	anna.keys(kb.Enter)
	anna.reads("123 acts")
	same(v, "the focus stays where something is", see[string](anna, "document.activeElement.dataset.part"), "actTable")
	acts := "[...document.querySelectorAll('[data-part=acts] tr')].map((line) => [...line.children].slice(1, 5).map((cell) => cell.innerText).join('|'))"
	see[any](anna, "document.querySelector('[name=what]').focus()")
	anna.keys("ACCOUNTS", kb.Enter)
	anna.reads("1 act")
	same(v, "found", strings.Join(see[[]string](anna, acts), "\n"), "olga|import|upload|accounts.csv")
	if got := table(v.t, anna.downloads("Download as CSV")); len(got) != 2 || got[1][1] != "olga" || got[1][4] != "accounts.csv" {
		v.t.Errorf("the table: %q", got)
	}
	see[any](anna, "document.querySelector('[name=from]').value = '2099-01-01T00:00'")
	anna.press("Search")
	anna.reads("Nothing is found.")
	anna.do(browsertest.Width(360, 700))
	anna.accessible(source, "people and journal, narrow")
	same(v, "nothing is wider than the window", see[bool](anna, "document.documentElement.scrollWidth <= innerWidth"), true)
	see[any](anna, "document.querySelector('[data-part=sessions] button').focus()")
	anna.keys(kb.Enter)
	anna.reads("1 session")
	same(v, "the focus stays near", see[string](anna, "document.activeElement.dataset.part"), "present")
	same(v, "it is told", see[string](anna, "document.getElementById('said').textContent"), "1 session of olga is ended.")
	same(v, "who was signed out is out", see[int](olga, "fetch('/api/me').then((answer) => answer.status)"), 401)
	olga.tab.Forgive()
}

// signInReached holds the page of the sign-in against axe-core, also narrow and with a refusal.
func signInReached(v *visit) {
	source := axe(v.t)
	v.begin(quick(2))
	m := v.member(v.team(map[string]string{"olga": "administer"}))
	m.accessible(source, "sign in")
	m.do(browsertest.Width(360, 700))
	m.signs("olga", "wrong horse battery")
	m.reads("Name or password is wrong.")
	m.tab.Forgive()
	m.accessible(source, "a refused sign in, narrow")
	same(v, "nothing is wider than the window", see[bool](m, "document.documentElement.scrollWidth <= innerWidth"), true)
	m.keys(teamPassword, kb.Enter)
	m.reads("Ready for import")
	m.accessible(source, "a team's page, narrow")
	same(v, "nor is the page", see[bool](m, "document.documentElement.scrollWidth <= innerWidth"), true)
}

// provided has people come in by way of a provider, which is another site to the browser:
// who has a role, and who has none; who signed out is out until the provider is asked again.
func provided(v *visit) {
	v.begin(quick(2))
	kim := map[string]any{"email": "kim@example.com", "email_verified": true, "groups": []string{"importers"}}
	provider := oidctest.Start(v.t, kim)
	provider.URL = strings.Replace(provider.URL, "127.0.0.1", "localhost", 1)
	secret := filepath.Join(v.dir, "client.txt")
	if err := os.WriteFile(secret, []byte(oidctest.ClientSecret+"\n"), 0o600); err != nil {
		v.t.Fatal(err)
	}
	v.env = append(v.env, "BULKIMPORT_OIDC_CLIENT_SECRET_FILE="+secret)
	cert, key := v.certificate()
	address := v.start("--listen", "127.0.0.1:0", "--tls-cert", cert, "--tls-key", key, "--oidc-issuer", provider.URL,
		"--oidc-client-id", oidctest.ClientID, "--oidc-claim", "groups", "--oidc-role", "importers=import")
	m := *v
	m.browser = browsertest.Apart(v.t, v.browser)
	m.tab = browsertest.Open(v.t, m.browser, address, security.SetIgnoreCertificateErrors(true))
	comes := func(greeting string) {
		v.t.Helper()
		m.wait("document.activeElement?.textContent === 'Sign in'")
		m.keys(kb.Enter)
		m.reads(greeting)
	}
	m.wait("location.pathname === '/sign-in'")
	m.tab.Forgive() // "/" sends a stranger to the sign-in
	m.accessible(axe(v.t), "sign in by a provider")
	comes("Ready for import")
	same(v, "who is in", see[string](&m, "document.getElementById('who').innerText"), "kim@example.com, role: import")
	same(v, "at the page", see[string](&m, "location.pathname"), "/")
	same(v, "by way of the provider", slices.ContainsFunc(m.tab.Requests(), func(asked string) bool { return strings.HasPrefix(asked, provider.URL+"/authorize?") }), true)
	m.do(chromedp.Reload())
	m.reads("Ready for import")

	m.press("Sign out")
	m.wait("location.pathname === '/sign-in'")
	same(v, "nobody is in", see[int](&m, "fetch('/api/files').then((answer) => answer.status)"), 401)
	m.tab.Forgive() // the refusal, which a browser tells its console
	provider.Say(map[string]any{"email": "sam@example.com", "email_verified": true, "groups": []string{"staff"}})
	comes("You have no role here.")
	m.reads("Ask whoever administers bulkimport serve for one.")
	same(v, "who has no role is not in", see[int](&m, "fetch('/api/files').then((answer) => answer.status)"), 401)
	m.tab.Forgive()
	provider.Say(kim)
	comes("Ready for import")
}
