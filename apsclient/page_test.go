package apsclient_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"bulkimport/apsclient"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// shelf is a list that pages, in as many ways as platforms do.
type shelf struct {
	ids      []string
	ranged   bool // tells Content-Range
	partial  bool // 206 where more is to come
	most     int  // elements in one page, whatever is asked for; 0 = as asked
	anywhere bool // does not page at all
	wrapped  bool // a list within an object
	first    bool // ignores start
	hidden   int  // elements at the end that are announced and never told
	shuffle  bool // once, elements that sort alike change places
	change   func(s *shelf, page int)
	requests int
}

var limitAsked = regexp.MustCompile(`sort\(-aps\.id\),limit\((\d+),(\d+)\)$`)

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m := limitAsked.FindStringSubmatch(r.URL.RawQuery)
	if m == nil {
		http.Error(w, "no limit, or no sort: "+r.URL.RawQuery, http.StatusBadRequest)
		return
	}
	s.requests++
	if s.change != nil {
		s.change(s, s.requests)
	}
	start, _ := strconv.Atoi(m[1])
	count, _ := strconv.Atoi(m[2])
	if s.most > 0 {
		count = min(count, s.most)
	}
	if s.anywhere {
		start, count = 0, len(s.ids)
	}
	if s.first {
		start = 0
	}
	ids := slices.Clone(s.ids)
	slices.Sort(ids)
	slices.Reverse(ids)
	if s.shuffle && s.requests == 2 && len(ids) > 10 {
		ids[8], ids[10] = ids[10], ids[8]
	}
	announced := len(ids)
	ids = ids[:max(0, len(ids)-s.hidden)]
	start = min(start, len(ids))
	end := min(start+count, len(ids))
	if s.ranged {
		if start == end {
			w.Header().Set("Content-Range", fmt.Sprintf("items */%d", announced))
		} else {
			w.Header().Set("Content-Range", fmt.Sprintf("items %d-%d/%d", start, end-1, announced))
		}
	}
	list := make([]map[string]any, 0, count)
	for _, id := range ids[start:end] {
		list = append(list, map[string]any{"aps": map[string]any{"id": id}, "id": 7, "companyName": "Company " + id, "adminContact": map[string]any{"email": id + "@x.example"}})
	}
	var body any = list
	if s.wrapped {
		body = map[string]any{"items": list, "total": len(ids)}
	}
	if s.partial && end < len(ids) {
		w.WriteHeader(http.StatusPartialContent)
	}
	json.NewEncoder(w).Encode(body)
}

func names(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%05d", i*10)
	}
	return ids
}

// read lists all accounts of a shelf, ten a page, sorted.
func (s *shelf) read(t testing.TB) ([]string, error) { return s.readBy(t, 10) }

func (s *shelf) readBy(t testing.TB, size int) ([]string, error) {
	c, server := serve(t, s.ServeHTTP)
	defer server.Close()
	defer c.Close()
	c = newClient(t, apsclient.Config{URL: server.URL, Wire: apsclient.Wire{PageSize: strconv.Itoa(size)}})
	defer c.Close()
	accounts, err := collect(c.Accounts(t.Context()))
	var ids []string
	for _, a := range accounts {
		ids = append(ids, a.APSID)
		if a.Company != "Company "+a.APSID || a.Email != a.APSID+"@x.example" || a.ID != "7" {
			t.Errorf("account %+v", a)
		}
	}
	if twice := len(ids) - len(slices.Compact(slices.Sorted(slices.Values(ids)))); twice > 0 {
		t.Errorf("%d accounts came twice", twice)
	}
	slices.Sort(ids)
	return ids, err
}

// A list of which more was announced than comes is no whole list, and what is not
// in it proves nothing.
func TestShortOfAnnounced(t *testing.T) {
	for _, hidden := range []int{1, 5, 30} {
		s := shelf{ids: names(30), hidden: hidden, ranged: true}
		got, err := s.read(t)
		if !errors.Is(err, apsclient.ErrShort) || apsclient.KindOf(err) != apsclient.InDoubt || !strings.Contains(err.Error(), "announced") || len(got) != 30-hidden {
			t.Errorf("%d of 30 hidden: %d told, %v", hidden, len(got), err)
		}
	}
}

// pages answers with one list after the other; the last comes for ever.
func pages(list ...[2]string) http.HandlerFunc {
	n := 0
	return func(w http.ResponseWriter, r *http.Request) {
		at := list[min(n, len(list)-1)]
		n++
		if at[0] != "" {
			w.Header().Set("Content-Range", "items "+at[0])
		}
		var elements []string
		for id := range strings.FieldsSeq(at[1]) {
			elements = append(elements, `{"aps":{"id":"`+id+`"}}`)
		}
		io.WriteString(w, "["+strings.Join(elements, ",")+"]")
	}
}

// Each way in which a list may end: whole, or with an error.
func TestListsAreWholeOrAnError(t *testing.T) {
	for _, test := range []struct {
		name  string
		pages [][2]string // Content-Range, ids
		want  string      // ids, or empty for ErrShort
	}{
		{"one page", [][2]string{{"0-2/3", "a b c"}}, "a b c"},
		{"one page with one twice", [][2]string{{"0-2/3", "a b b"}}, "a b"},
		{"one twice, and one too few", [][2]string{{"0-2/4", "a b b"}, {"*/4", ""}}, ""},
		{"one page that announces more than it has", [][2]string{{"0-2/3", "a b"}, {"*/3", ""}}, ""},
		{"empty before the announced end", [][2]string{{"0-2/5", "a b c"}, {"*/5", ""}}, ""},
		{"empty at once", [][2]string{{"*/5", ""}}, ""},
		{"nothing announced any more", [][2]string{{"0-2/5", "a b c"}, {"", "c"}, {"", ""}}, ""},
		{"a total that grows within", [][2]string{{"0-2/5", "a b c"}, {"2-5/6", "c d e"}, {"4-5/6", "e f"}}, "a b c d e f"},
		{"a total that shrinks to what came", [][2]string{{"0-2/5", "a b c"}, {"2-3/4", "c d"}, {"0-2/5", "a b c"}, {"2-4/5", "c d e"}}, "a b c d e"},
		{"a total that has shrunk for good", [][2]string{{"0-2/5", "a b c"}, {"2-3/4", "c d"}, {"0-3/4", "a b c d"}}, "a b c d"},
		{"the same page for ever", [][2]string{{"0-2/9", "a b c"}}, ""},
		{"nothing new for ever", [][2]string{{"0-2/9", "a b c"}, {"0-2/9", "c b a"}, {"0-2/9", "c a b"}, {"0-2/9", "c b a"}, {"0-2/9", "c a b"}}, ""},
		{"no range, short page", [][2]string{{"", "a b c"}, {"", "c"}}, "a b c"},
		{"no range, nothing", [][2]string{{"", ""}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, pages(test.pages...))
			plans, err := collect(c.Plans(t.Context()))
			var ids []string
			for _, p := range plans {
				ids = append(ids, p.APSID)
			}
			switch {
			case test.name == "no range, nothing":
				if err != nil || len(ids) != 0 {
					t.Errorf("%v, %v, want an empty list", ids, err)
				}
			case test.want == "":
				if !errors.Is(err, apsclient.ErrShort) || apsclient.KindOf(err) != apsclient.InDoubt {
					t.Errorf("%v, %v, want an error of a list that is short", ids, err)
				}
			case err != nil || strings.Join(ids, " ") != test.want:
				t.Errorf("%v, %v, want %s", ids, err, test.want)
			}
		})
	}
}

func TestPaging(t *testing.T) {
	for _, size := range []int{0, 1, 9, 10, 11, 19, 20, 21, 95} {
		for _, test := range []struct {
			name  string
			shelf shelf
		}{
			{"Content-Range, 200", shelf{ranged: true}},
			{"Content-Range, 206", shelf{ranged: true, partial: true}},
			{"no Content-Range", shelf{}},
			{"no Content-Range, 206", shelf{partial: true}},
			{"short pages", shelf{ranged: true, most: 4}},
			{"short pages, no Content-Range", shelf{most: 4}},
			{"pages of one", shelf{ranged: true, most: 1}},
			{"pages of one, no Content-Range", shelf{most: 1}},
			{"all at once", shelf{anywhere: true}},
			{"all at once, Content-Range", shelf{anywhere: true, ranged: true}},
			{"within an object", shelf{wrapped: true}},
		} {
			t.Run(fmt.Sprintf("%s, %d elements", test.name, size), func(t *testing.T) {
				s := test.shelf
				s.ids = names(size)
				got, err := s.read(t)
				if s.anywhere && !s.ranged && size == 10 {
					// Ten are asked for and the same ten come every time: nobody
					// can tell whether there are more.
					if apsclient.KindOf(err) != apsclient.InDoubt || err == nil {
						t.Errorf("error %v, want in doubt", err)
					}
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(s.ids, got, cmpEmpty); diff != "" {
					t.Errorf("elements (-want +got):\n%s", diff)
				}
			})
		}
	}
}

var cmpEmpty = cmp.Transformer("empty", func(s []string) []string {
	if len(s) == 0 {
		return nil
	}
	return s
})

// A platform that always announces more, or always has more, is given up.
func TestEndlessList(t *testing.T) {
	for _, test := range []struct {
		name string
		more int
		most int
	}{
		{"always more announced", 1000, 201 * 200},
		{"ever more announced, one at a time", 1, 201 * 200},
		{"always more, and nothing announced", -1, 20_000_200},
	} {
		t.Run(test.name, func(t *testing.T) {
			n, err := apsclient.Endless(200, test.more)
			if !errors.Is(err, apsclient.ErrShort) || !strings.Contains(err.Error(), "it has no end") || n > test.most {
				t.Errorf("%d elements, error %v; want at most %d, and that it has no end", n, err, test.most)
			}
		})
	}
	s := &shelf{ids: []string{"0001"}, ranged: true}
	s.change = func(s *shelf, page int) { // as much more with each page as is read
		for range 10 {
			s.ids = append(s.ids, fmt.Sprintf("%08d", 99_000_000-len(s.ids)))
		}
	}
	for len(s.ids) < 100 {
		s.change(s, 0)
	}
	_, err := s.read(t)
	if !errors.Is(err, apsclient.ErrShort) || !strings.Contains(err.Error(), "it has no end") {
		t.Errorf("after %d requests: %v, want that it has no end", s.requests, err)
	}
}

// With Content-Range a list costs no request more than it has pages.
func TestPagingRequests(t *testing.T) {
	for _, test := range []struct {
		shelf shelf
		want  int
	}{
		{shelf{ids: names(0), ranged: true}, 1},
		{shelf{ids: names(10), ranged: true}, 1},
		{shelf{ids: names(19), ranged: true}, 2},
		{shelf{ids: names(0)}, 1},
		{shelf{ids: names(3)}, 2}, // only the second page tells that there is none
	} {
		s := test.shelf
		if _, err := s.read(t); err != nil || s.requests != test.want {
			t.Errorf("%d elements, ranged %v: %d requests, %v, want %d", len(s.ids), s.ranged, s.requests, err, test.want)
		}
	}
}

// Of many elements none is lost and none comes twice.
func TestPagingOfManyElements(t *testing.T) {
	s := shelf{ids: names(20_000), ranged: true, most: 7000}
	got, err := s.readBy(t, 8000)
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(s.ids)
	if diff := cmp.Diff(s.ids, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

// An element that changed places across the border of two pages is found by
// reading again, since fewer came than were announced.
func TestPagingOfElementsThatSortAlike(t *testing.T) {
	s := shelf{ids: names(35), ranged: true, shuffle: true}
	got, err := s.read(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(s.ids, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
	if s.requests != 8 {
		t.Errorf("%d requests, want twice 4", s.requests)
	}
}

// A platform that always answers its first page is not believed to be read.
func TestPagingThatRepeats(t *testing.T) {
	s := shelf{ids: names(50), ranged: true, first: true}
	_, err := s.read(t)
	if err == nil || apsclient.KindOf(err) != apsclient.InDoubt {
		t.Errorf("error %v, want in doubt", err)
	}
}

// Whatever comes and goes between pages, what is there all the time is read,
// and nothing twice; or an error says that it could not be.
func TestPagingWhileListChanges(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		steady := rapid.SliceOfNDistinct(rapid.IntRange(0, 9999), 0, 60, rapid.ID[int]).Draw(r, "steady")
		passing := rapid.SliceOfNDistinct(rapid.IntRange(0, 9999).Filter(func(i int) bool { return !slices.Contains(steady, i) }), 0, 60, rapid.ID[int]).Draw(r, "passing")
		id := func(i int) string { return fmt.Sprintf("%05d", i) }
		s := shelf{ranged: rapid.Bool().Draw(r, "ranged"), most: rapid.SampledFrom([]int{0, 2, 3, 7}).Draw(r, "most")}
		var always []string
		for _, i := range steady {
			always = append(always, id(i))
		}
		slices.Sort(always)
		present := map[int]bool{}
		for _, i := range passing {
			present[i] = rapid.Bool().Draw(r, "from the start")
		}
		fill := func() {
			s.ids = slices.Clone(always)
			for _, i := range passing {
				if present[i] {
					s.ids = append(s.ids, id(i))
				}
			}
		}
		fill()
		// What comes or goes before each page; some pages later the list rests.
		changes := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, max(0, len(passing)-1)), 0, 5), 0, 30).Draw(r, "changes")
		s.change = func(s *shelf, page int) {
			if len(passing) == 0 || page > len(changes) {
				return
			}
			for _, i := range changes[page-1] {
				present[passing[i]] = !present[passing[i]]
			}
			fill()
		}
		got, err := s.read(t)
		if err != nil {
			if apsclient.KindOf(err) != apsclient.InDoubt || !errors.Is(err, apsclient.ErrShort) {
				r.Fatalf("reading: %v", err)
			}
			return
		}
		for _, want := range always {
			if _, ok := slices.BinarySearch(got, want); !ok {
				r.Fatalf("element %s was there all the time and not read", want)
			}
		}
	})
}

// A list that grows all the time is whole with what there was when its reading began;
// but nobody believes one that keeps some back, however it grows.
func TestPagingWhileListGrows(t *testing.T) {
	for _, hidden := range []int{0, 1, 30} {
		old := names(95)
		s := shelf{ids: slices.Clone(old), hidden: hidden, ranged: true}
		s.change = func(s *shelf, page int) {
			for i := range 3 {
				s.ids = append(s.ids, fmt.Sprintf("%05d", 90_000+10*page+i))
			}
		}
		got, err := s.read(t)
		if hidden > 0 {
			if !errors.Is(err, apsclient.ErrShort) {
				t.Errorf("%d hidden: %d told, error %v", hidden, len(got), err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(old, got[:len(old)]); diff != "" {
			t.Errorf("elements (-want +got):\n%s", diff)
		}
	}
}

// A page that comes again and again is no proof of a list that does not page,
// where others came between.
func TestPagingWhileOneComesAndGoes(t *testing.T) {
	steady := names(4)
	s := shelf{ids: steady, most: 2}
	s.change = func(s *shelf, page int) {
		switch page {
		case 2, 5:
			s.ids = append(slices.Clone(steady), "99999")
		case 3, 6:
			s.ids = steady
		}
	}
	got, err := s.read(t)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(steady, got); diff != "" {
		t.Errorf("elements (-want +got):\n%s", diff)
	}
}

func TestPagingEndsWithTheCaller(t *testing.T) {
	s := shelf{ids: names(100), ranged: true}
	_, server := serve(t, s.ServeHTTP)
	c := newClient(t, apsclient.Config{URL: server.URL, Wire: apsclient.Wire{PageSize: "10"}})
	n := 0
	for _, err := range c.Accounts(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 15 {
			break
		}
	}
	if s.requests != 2 {
		t.Errorf("%d requests for 15 elements, want 2", s.requests)
	}
}

func TestListAnswersThatAreNone(t *testing.T) {
	for _, test := range []struct{ name, body, words string }{
		{"object", `{"error":0}`, "not a list"},
		{"text", `"x"`, "not a list"},
		{"null", `null`, "not a list"},
		{"web page", `<html>Sign in</html>`, "web page"},
		{"cut off", `[{"aps":{"id":"1"}},`, "cut off"},
		{"empty", ``, "empty"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, _ := serve(t, say(200, nil, test.body))
			_, err := collect(c.Plans(t.Context()))
			if apsclient.KindOf(err) != apsclient.InDoubt || !strings.Contains(err.Error(), test.words) {
				t.Errorf("error %v, want one that says %q", err, test.words)
			}
		})
	}
	t.Run("204 is an empty list", func(t *testing.T) {
		c, _ := serve(t, say(204, nil, ``))
		if list, err := collect(c.Plans(t.Context())); err != nil || len(list) != 0 {
			t.Errorf("list %v, %v", list, err)
		}
	})
}

// A platform that will not sort still lists: it is asked without, and not asked
// again. What it refuses for another reason stays refused.
func TestListsThatDoNotSort(t *testing.T) {
	for _, test := range []struct {
		name   string
		says   http.HandlerFunc
		listed bool
	}{
		{"no sorting", say(400, nil, `{"code":400,"type":"BadRQL","message":"sort is not known"}`), true},
		{"wrapped", say(500, nil, `{"error":"APS::Hosting::APSError","message":"400 Bad Request sort"}`), true},
		{"no access", say(403, nil, ``), false},
		{"no such list", say(404, nil, ``), false},
		{"slow down", say(429, nil, ``), false},
	} {
		t.Run(test.name, func(t *testing.T) {
			var asked []string
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.RequestURI)
				if strings.Contains(r.RequestURI, "sort(") {
					test.says(w, r)
					return
				}
				w.Header().Set("Content-Range", "items 0-0/1")
				io.WriteString(w, `[{"aps":{"id":"x"}}]`)
			})
			for name, list := range map[string]func() (int, error){
				"plans":    func() (int, error) { l, err := collect(c.Plans(t.Context())); return len(l), err },
				"accounts": func() (int, error) { l, err := collect(c.Accounts(t.Context())); return len(l), err },
				"tenants":  func() (int, error) { l, err := collect(c.Tenants(t.Context())); return len(l), err },
			} {
				asked = nil
				for range 2 {
					n, err := list()
					if test.listed && (n != 1 || err != nil) || !test.listed && err == nil {
						t.Errorf("%s: %d listed, %v", name, n, err)
					}
				}
				sorted := slices.DeleteFunc(slices.Clone(asked), func(uri string) bool { return !strings.Contains(uri, "sort(") })
				switch {
				case !test.listed && len(asked) > len(sorted):
					t.Errorf("%s: asked without sort: %q", name, asked)
				case test.listed && (len(sorted) != 1 || len(asked) != 3):
					t.Errorf("%s: asked %q, want once with sort and twice without", name, asked)
				}
			}
		})
	}
	t.Run("refused either way", func(t *testing.T) {
		c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			words := "without"
			if strings.Contains(r.RequestURI, "sort(") {
				words = "with"
			}
			say(400, nil, `{"message":"`+words+`"}`)(w, r)
		})
		for range 2 {
			if _, err := collect(c.Plans(t.Context())); apsclient.KindOf(err) != apsclient.Refused || !strings.HasSuffix(err.Error(), ": with") {
				t.Errorf("error %v, want the first refusal", err)
			}
		}
	})
}

func TestRangeTotal(t *testing.T) {
	for header, want := range map[string]int{
		"items 0-99/250": 250, "items */0": 0, " items 0 - 9 / 10 ": 10, "": -1, "items 0-9/*": -1,
		"bytes 0-9/10": -1, "items 0-9": -1, "items 0-9/99999999999999999999": -1, "items 0-9/-5": -1,
	} {
		if got := apsclient.RangeTotal(header); got != want {
			t.Errorf("%q: %d, want %d", header, got, want)
		}
	}
}

// What a list tells, tolerated in many shapes.
func TestCatalogShapes(t *testing.T) {
	bodies := map[string]string{
		"/aps/2/collections/accounts": `[
			{"aps":{"id":"a1"},"id":1000009,"type":"CUSTOMER","companyName":"Contoso","adminContact":{"email":"chris@contoso.com"},"techContact":{"email":"it@contoso.com"},"more":{}},
			{"aps.id":"a2","id":"0001000042","companyName":null,"techContact":{"email":"it@x.example"}},
			{"aps":{"id":"a3"},"id":1e3,"adminContact":"no object"}]`,
		"/aps/2/collections/service-plans": `[
			{"aps":{"id":"p1"},"id":500,"name":"Azure plan","extra":true},
			{"aps":{"id":"p2"},"id":"501","name":{"de_DE":"Tarif","en_US":"Plan"}},
			{"aps":{"id":"p3"}}]`,
		"/aps/2/resources": `[
			{"aps":{"id":"t1"},"domain":"ben.onmicrosoft.com","companyName":"Ben","email":"b@ben.example","accountId":1000009,
			 "subscriptions":[{"id":"A83A31AB-92B2-4A3F-8A49-7B8B5A3E0F01","name":"Prod","status":"active","imported":true,"accountId":1000009},{"id":"x","imported":"no"},{"id":"y"}]},
			{"aps":{"id":"t2"},"domain":"none.onmicrosoft.com","subscriptions":[]},
			{"aps":{"id":"t3"},"domain":"unreadable.onmicrosoft.com"},
			{"aps":{"id":"t4"},"subscriptions":null},
			{"aps":{"id":"t5"},"subscriptions":"hidden"}]`,
	}
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Range", "items 0-4/1")
		io.WriteString(w, bodies[r.URL.Path])
	})
	accounts, err := collect(c.Accounts(t.Context()))
	if diff := cmp.Diff([]apsclient.Account{
		{APSID: "a1", ID: "1000009", Type: "CUSTOMER", Company: "Contoso", Email: "chris@contoso.com"},
		{APSID: "a2", ID: "0001000042"},
		{APSID: "a3", ID: "1e3"},
	}, accounts); diff != "" || err != nil {
		t.Errorf("accounts (-want +got): %v\n%s", err, diff)
	}
	plans, err := collect(c.Plans(t.Context()))
	if diff := cmp.Diff([]apsclient.Plan{{APSID: "p1", ID: "500", Name: "Azure plan"}, {APSID: "p2", ID: "501", Name: "Plan"}, {APSID: "p3"}}, plans); diff != "" || err != nil {
		t.Errorf("plans (-want +got): %v\n%s", err, diff)
	}
	tenants, err := collect(c.Tenants(t.Context()))
	if diff := cmp.Diff([]apsclient.Tenant{
		{APSID: "t1", Domain: "ben.onmicrosoft.com", Company: "Ben", Email: "b@ben.example", AccountID: "1000009", SubscriptionsReadable: true,
			Subscriptions: []apsclient.TenantSubscription{
				{ID: "a83a31ab-92b2-4a3f-8a49-7b8b5a3e0f01", Name: "Prod", Status: "active", Imported: true, ImportedKnown: true, AccountID: "1000009"},
				{ID: "x", ImportedKnown: true}, {ID: "y"}}},
		{APSID: "t2", Domain: "none.onmicrosoft.com", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{}},
		{APSID: "t3", Domain: "unreadable.onmicrosoft.com"},
		{APSID: "t4"}, {APSID: "t5"},
	}, tenants); diff != "" || err != nil {
		t.Errorf("tenants (-want +got): %v\n%s", err, diff)
	}
}

// The subscriptions may lie behind an operation of each tenant; what cannot be
// read there is not readable, not none.
func TestTenantOperation(t *testing.T) {
	_, server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/aps/2/resources":
			w.Header().Set("Content-Range", "items 0-3/4")
			io.WriteString(w, `[{"aps":{"id":"t1"}},{"aps":{"id":"t2"}},{"aps":{"id":"t3"}},{"aps":{"id":"t4"}}]`)
		case "/aps/2/resources/t1/nce/subscriptions":
			io.WriteString(w, `[{"uid":"S1","imported":false}]`)
		case "/aps/2/resources/t2/nce/subscriptions":
			io.WriteString(w, `{"subscriptions":[{"uid":"S2"}]}`)
		case "/aps/2/resources/t3/nce/subscriptions":
			w.WriteHeader(404)
		case "/aps/2/resources/t4/nce/subscriptions":
			w.WriteHeader(403)
		}
	})
	c := newClient(t, apsclient.Config{URL: server.URL, Wire: apsclient.Wire{TenantOperation: "/nce/subscriptions", SubscriptionID: "uid"}})
	tenants, err := collect(c.Tenants(t.Context()))
	if apsclient.KindOf(err) != apsclient.Permission {
		t.Errorf("error %v, want the missing permission", err)
	}
	if diff := cmp.Diff([]apsclient.Tenant{
		{APSID: "t1", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{{ID: "s1", ImportedKnown: true}}},
		{APSID: "t2", SubscriptionsReadable: true, Subscriptions: []apsclient.TenantSubscription{{ID: "s2"}}},
		{APSID: "t3"},
	}, tenants); diff != "" {
		t.Errorf("tenants (-want +got):\n%s", diff)
	}
}
