package report

import (
	"fmt"
	"html/template"
	"slices"
	"time"

	"bulkimport/csvimport"
)

// view is a page as its template sees it.
type view struct {
	Page
	Heading string
	Policy  string
	Style   template.CSS
	Script  template.JS
	Words   words

	Facts    []fact
	Verdict  string
	Tone     string // good, open or look: the class of the verdict
	Total    int
	Outcomes []outcomeLine
	Strip    []bar
	Keys     []fact
	Charts   []*chart
	Causes   []*cause
	Caused   int // rows in all causes
}

// words is what the page's script must know.
type words struct {
	Fields      []string          `json:"fields"`
	Outcomes    []outcome         `json:"outcomes"`
	OrderStates map[string]string `json:"orderStates"`
}

func vocabulary() words {
	return words{fields[:], outcomes[:], csvimport.OrderStatusWords()}
}

// fact is a name and a value.
type fact struct {
	Name, Value, Note, Class string
	At                       string // the value as a machine reads it, if it is a time
}

type outcomeLine struct {
	outcome
	Count int
	Share string
}

func (v *view) fill(run *tally) {
	v.Total = run.rows
	v.facts(run)
	v.verdict(run)
	for i, o := range outcomes {
		if i == otherOutcome && run.counts[i] == 0 {
			continue
		}
		v.Outcomes = append(v.Outcomes, outcomeLine{o, run.counts[i], share(run.counts[i], run.rows)})
	}
	v.Strip = strip(run)
	v.keys(run)
	v.Charts = []*chart{timeline(run.placed), histogram(run.times)}
	v.Causes = run.causes.list(v.Advice)
	v.Caused = run.of(open) + run.of(look)
}

func (v *view) facts(run *tally) {
	add := func(name, value string) {
		if value != "" {
			v.Facts = append(v.Facts, fact{Name: name, Value: value})
		}
	}
	addTime := func(name string, at time.Time) {
		if !at.IsZero() {
			at = at.UTC()
			v.Facts = append(v.Facts, fact{Name: name, Value: at.Format("2 Jan 2006 15:04:05") + " UTC", At: at.Format(time.RFC3339)})
		}
	}
	if v.Heading != v.File {
		add("File", v.File)
	}
	add("Platform", v.Platform)
	switch {
	case !v.Started.IsZero() || !v.Ended.IsZero():
		addTime("Started", v.Started)
		addTime("Ended", v.Ended)
		if took := v.Ended.Sub(v.Started); !v.Started.IsZero() && took > 0 {
			add("Took", span(took.Milliseconds()))
		}
	case len(run.placed) > 0:
		first := slices.MinFunc(run.placed, func(a, b placement) int { return int(min(max(a.at-b.at, -1), 1)) })
		addTime("First order", time.UnixMilli(first.at))
		if run.ended > 0 {
			addTime("Last end", time.UnixMilli(run.ended))
		}
	}
}

// verdict says the whole run in a sentence that adds up.
func (v *view) verdict(run *tally) {
	good, waiting, bad := run.of(done), run.of(open), run.of(look)
	switch {
	case run.rows == 0:
		v.Verdict, v.Tone = "There are no rows.", "look"
		return
	case good == run.rows:
		v.Verdict, v.Tone = "All "+rows(good, "row")+" are done.", "good"
		if good == 1 {
			v.Verdict = "The one row is done."
		}
		return
	}
	v.Verdict, v.Tone = fmt.Sprintf("%s of %s done", thousands(good), rows(run.rows, "row")), "open"
	if waiting > 0 {
		v.Verdict += fmt.Sprintf(", %s still open", thousands(waiting))
	}
	if bad > 0 {
		v.Tone = "look"
		verb := "need"
		if bad == 1 {
			verb = "needs"
		}
		v.Verdict += fmt.Sprintf(", %s %s a look", thousands(bad), verb)
	}
	v.Verdict += "."
}

func (v *view) keys(run *tally) {
	v.Keys = []fact{
		{Name: "Done", Value: thousands(run.of(done)), Note: share(run.of(done), run.rows), Class: "good"},
		{Name: "Still open", Value: thousands(run.of(open)), Note: share(run.of(open), run.rows), Class: "open"},
		{Name: "Need a look", Value: thousands(run.of(look)), Note: share(run.of(look), run.rows), Class: "look"},
		{Name: "Orders sent", Value: thousands(len(run.placed)), Note: "whatever the answer was"},
	}
	if len(run.times) > 0 {
		times := slices.Sorted(slices.Values(run.times))
		v.Keys = append(v.Keys,
			fact{Name: "Half of the orders", Value: span(percentile(times, 50)), Note: "or less from order to end"},
			fact{Name: "Nine in ten", Value: span(percentile(times, 90)), Note: "or less from order to end"})
	}
}

// strip lays all outcomes side by side, in a view box 1000 wide. An outcome
// with few rows keeps a width the eye can find.
func strip(run *tally) []bar {
	const whole, least, gap = 1000.0, 6.0, 2.0
	shown, small, rest := 0, 0.0, 0
	for _, n := range run.counts {
		if n == 0 {
			continue
		}
		shown++
		if float64(n)/float64(run.rows)*whole < least {
			small += least
		} else {
			rest += n
		}
	}
	if shown == 0 {
		return nil
	}
	room := whole - small - gap*float64(shown-1)
	var bars []bar
	x := 0.0
	for o, n := range run.counts {
		if n == 0 {
			continue
		}
		width := least
		if float64(n)/float64(run.rows)*whole >= least {
			width = float64(n) / float64(rest) * room
		}
		bars = append(bars, bar{X: float(x), Width: float(width), Class: outcomes[o].Class()})
		x += width + gap
	}
	return bars
}
