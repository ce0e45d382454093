package main

// mutants are in the order of "Exactly once". Some sentences have none, since others
// keep what they are for: a first order that lets others go beside a foreign one
// changes nothing, because all placing pauses then, and of two runs that see each
// other it is as well if the later goes on, as long as one ends; a request after the ledger's word
// has run out is as old as the evidence, and the row is in doubt for everybody else; a
// Date that is off by more than a signature may be is answered by 401. And what is
// not synced is not lost here: the disk of a simulated machine keeps what was written.
var mutants = []mutant{
	{
		name: "the intent after the request", sentence: "Intent durable before the request",
		file: "csvimport/engine/place.go",
		from: `	intent, granted, err := a.job.Run.Intend(context.WithoutCancel(a.sendCtx), e)
`,
		to: `	hasty := e
	hasty.State, hasty.Run, hasty.SentBy, hasty.Sends = ledger.Intended, a.job.Run.ID(), a.job.Run.ID(), e.Sends+1
	early := a.request(hasty, began, stamp)
	intent, granted, err := a.job.Run.Intend(context.WithoutCancel(a.sendCtx), e)
	if granted && err == nil {
		a.job.Run.Recording(early.entry, func(err error) {
			early.broken = err
			o.done(early)
		})
		return
	}
`,
		finds: "scenario K1 killed on a shared ledger, and sent again",
	},
	{
		name: "an intent stands for ever", sentence: "Checked before each intent, and once more at the first read of the request's body",
		file: "csvimport/engine/place.go",
		from: "		if !decided.Stands(a.moment()) {\n", to: "		if false {\n",
		finds: "scenario K1 stuck between the intent and the wire",
	},
	{
		name: "the outcome not written", sentence: "outcome before the row is reported",
		file: "csvimport/engine/place.go",
		from: `	a.job.Run.Recording(got.entry, func(err error) {
		got.broken = err
		o.done(got)
	})
`,
		to:    "	o.done(got)\n",
		finds: "scenario K6 the id of another order, and none is followed",
	},
	{
		name: "a no is taken for nothing sent", sentence: "Denied: a clear no to a written request may be the echo of a first delivery that did create the order",
		file: "csvimport/engine/place.go",
		from: "	case outcome.MayHaveArrived(got.err):\n", to: "	case false:\n",
		finds: "scenario K4 400 after creation",
	},
	{
		name: "a request without an answer is taken for nothing sent", sentence: "In doubt: everything else",
		file: "apsclient/failure.go",
		from: "	if try.mayHaveArrived(err) {\n", to: "	if false {\n",
		finds: "scenario K2 in doubt since the day before, and nobody says that it is to be sent again",
	},
	{
		name: "a no is borne out at once", sentence: "One look later than max(5 s, Retry-After, 2 × lag)",
		file: "csvimport/engine/doubt.go",
		from: "		return in.since.Add(max(d.rules.Denied(lag, in.asked)-in.earlier, 0))\n", to: "		return in.since\n",
		finds: "scenario K4 429 after creation, in the middle, and later ones show before",
	},
	{
		name: "a row is sent again on an old look", sentence: "not found → sent again where that makes sense, after every row not yet sent",
		file: "csvimport/engine/loop.go",
		from: "		if l.doubts.stale(it) {\n", to: "		if false {\n",
		finds: "scenario K4 503 with Retry-After after creation, and the order shows between the last look and its row's turn",
	},
	{
		name: "lag is not used", sentence: "One look later than max(5 s, Retry-After, 2 × lag)",
		file: "csvimport/evidence/doc.go",
		from: "	return max(min(r.scaled(deniedMin), r.Settle), asked, 2*min(lag, mostLag))\n", to: "	return max(min(r.scaled(deniedMin), r.Settle), asked)\n",
		finds: "scenario K4 429 after creation",
	},
	{
		name: "a no is borne out without a control", sentence: "with a control listed that was accepted after the write",
		file: "csvimport/engine/doubt.go",
		from: "	if len(controls) == 0 && old && s.any && in.no != nil {\n", to: "	if in.no != nil {\n",
		finds: "scenario K4 401 after creation",
	},
	{
		name: "a control counts that was accepted before the write", sentence: "with a control listed that was accepted after the write",
		file: "csvimport/engine/doubt.go",
		from: "(old || in.earlier == 0 && c.accepted.After(in.since))", to: "(old || in.earlier == 0)",
		finds: "scenario K4 503 with Retry-After after creation, lists stale that show what is older",
	},
	{
		name: "a control counts that the other list has shown", sentence: "by reference and content, with a control listed",
		file: "csvimport/engine/asker.go",
		from: "				told[o.ID] = true\n", to: "				told[o.ID], s.controls[o.ID] = true, true\n",
		finds: "scenario K4 503 with Retry-After after creation, references edited, lists stale",
	},
	{
		name: "an order that does not tell whose it is is nobody's", sentence: "not found → sent again",
		file: "csvimport/engine/asker.go",
		from: "				s.unclear[i] = true\n", to: "",
		finds: "scenario K10 denied after creation, orders without what was ordered and with no reference",
	},
	{
		name: "orders are known by reference alone", sentence: "References may match literally, be capped, stale, edited by billing staff: hence by content too",
		file: "csvimport/outcome/order.go",
		from: "	return ours || o.Subscription != \"\"\n", to: "	return ours\n",
		finds: "scenario K1 asleep while another machine finishes the file, orders that tell nothing after",
	},
	{
		name: "Retry-After is not capped", sentence: "At most patience in one run",
		file: "csvimport/engine/doubt.go",
		from: "asked: min(pace.RetryAfter(no), d.opt.Patience)}", to: "asked: pace.RetryAfter(no)}",
		finds: "scenario K9 Retry-After of a day",
	},
	{
		name: "what a no names is the row's own", sentence: "Ours for this row: adopted. Another's: denied",
		file: "csvimport/engine/place.go",
		from: "		if outcome.Agreement(&o, intent) == outcome.Agrees {\n", to: "		if true {\n",
		finds: "scenario K4 busy with the order of the row before",
	},
	{
		name: "what a no says exists is not believed", sentence: "or doubt if it says that something exists",
		file: "csvimport/engine/place.go",
		from: "	case apsclient.KindOf(got.err) == apsclient.InDoubt, outcome.SaysExists(got.err) && !got.others:\n", to: "	case apsclient.KindOf(got.err) == apsclient.InDoubt:\n",
		finds: "scenario K4 a no that says that there is one, and it hides for long",
	},
	{
		name: "a doubt is sent again without a person's word", sentence: "and a person says so",
		file: "csvimport/engine/doubt.go",
		from: "	if !d.opt.ResendDoubts || evidence.Passed(now.Sub(in.since)+in.earlier, in.heard, s.date) < d.rules.Again(in.arrives) {\n", to: "	if evidence.Passed(now.Sub(in.since)+in.earlier, in.heard, s.date) < d.rules.Again(in.arrives) {\n",
		finds: "scenario K2 in doubt since the day before, and nobody says that it is to be sent again",
	},
	{
		name: "settle is not waited for", sentence: "A row that was in doubt is sent again only if settle has passed",
		file: "csvimport/engine/doubt.go",
		from: "	if !d.opt.ResendDoubts || evidence.Passed(now.Sub(in.since)+in.earlier, in.heard, s.date) < d.rules.Again(in.arrives) {\n", to: "	if !d.opt.ResendDoubts {\n",
		finds: "scenario K1 asleep between the last look and the wire, on a shared ledger, where old signatures are taken",
	},
	{
		name: "a day by the machine's clock is enough", sentence: "Time passed since a doubt is the smaller of ours and the platform's",
		file: "csvimport/evidence/resend.go",
		from: "	return min(ours, looked.Sub(heard))\n", to: "	return ours\n",
		finds: "scenario K8 the clock of the machine is hours behind in a doubt",
	},
	{
		name: "what a sleeping run may send yet is not waited for", sentence: "Without a window, and with OAuth 2: adopted or unknown",
		file: "csvimport/evidence/resend.go",
		from: "{ return max(r.Settle, arrives) }\n", to: "{ return r.Settle }\n",
		finds: "scenario K1 asleep between the last look and the wire, on a shared ledger, where old signatures are taken",
	},
	{
		name: "the clock of a sleeping run is right", sentence: "may be sent only after window + |skew| + 60 s",
		file: "csvimport/evidence/resend.go",
		from: "	return 2*window + clocksApart\n", to: "	return window + clocksApart\n",
		finds: "scenario K1 asleep between the last look and the wire, on a shared ledger, its clock ahead",
	},
	{
		name: "a run whose lease has passed has ended", sentence: "Rows taken over from a run not proved ended",
		file: "csvimport/ledger/ledgertest/shared.go",
		from: "	return r.m.ended[run]\n", to: "	return !r.m.goesOn(run)\n",
		finds: "scenario K1 asleep between the last look and the wire, on a shared ledger, where old signatures are taken",
	},
	{
		name: "a look counts that is cut off in silence", sentence: "as many as announced, else an error",
		file: "csvimport/engine/asker.go",
		from: "SubmittedAt, Whole: true, Heard", to: "SubmittedAt, Heard",
		finds: "scenario K3 lists with a most of their own, while orders are denied that exist",
	},
	{
		name: "a look at the newest orders counts that is cut off in silence", sentence: "The watch reads from the newest order down to the newest of the last complete look",
		file: "csvimport/engine/watch.go",
		from: ", PageSize: watchPage, Whole: true}", to: ", PageSize: watchPage}",
		finds: "scenario K3 lists with a most of their own, while another ledger orders",
	},
	{
		name: "no look before placing", sentence: "Whole once for each ledger and platform: all orders by content",
		file: "csvimport/engine/import.go",
		from: "	if known, err = ask.survey(ctx, &memory); err != nil {\n", to: "	if known, err = (listing{began: ask.moment(), start: true}), ctx.Err(); err != nil {\n",
		finds: "scenario K3 lists so stale that they show nothing",
	},
	{
		name: "a platform that shows nothing of what it showed is believed", sentence: "older ones missing is a warning, all missing a stop",
		file: "csvimport/engine/import.go",
		from: "		if missing == len(s.controls) {\n", to: "		if false {\n",
		finds: "scenario K3 lists so stale that they show nothing",
	},
	{
		name: "a short list is believed", sentence: "As many as announced, else an error",
		file: "apsclient/page.go",
		from: "		return r.short(fmt.Sprintf(\"it ends too early: %d elements were told of %d announced\", r.seen.length, wanted))\n", to: "		r.done = true\n",
		finds: "scenario K3 lists that end early, while orders are denied that exist",
	},
	{
		name: "evidence of any age", sentence: "Fresh: bound 3 min, checked before each intent",
		file: "csvimport/evidence/moment.go",
		from: "	return f.looked && !f.gap && f.last.within(now, most)\n", to: "	return f.looked && f.last.within(now, 1000*time.Hour)\n",
		finds: "scenario K1 asleep between the intent and the wire, while another machine finishes the file",
	},
	{
		name: "no check at the wire", sentence: "and once more at the first read of the request's body",
		file: "csvimport/engine/place.go",
		from: "		if !decided.Stands(a.moment()) {\n			return errStale\n		}\n		return a.mayWrite(intent.Sub)\n", to: "		return nil\n",
		finds: "scenario K1 asleep between the intent and the wire, while another machine finishes the file",
	},
	{
		name: "what went stale while an order was on its way goes on after a look", sentence: "Stale (sleep, clock jump, outage): a look, then a first order again",
		file: "csvimport/evidence/moment.go",
		from: "	f.gap = f.gap || f.looked && !f.last.Stands(began)\n", to: "",
		finds: "scenario K1 asleep for minutes with an order on its way",
	},
	{
		name: "what went stale goes on after a look", sentence: "Stale (sleep, clock jump, outage): a look, then a first order again",
		file: "csvimport/engine/gate.go",
		from: "// asleep, or cut off, for too long\n		g.anew(at)\n", to: "// asleep, or cut off, for too long\n		g.fresh.Anew(g.moment())\n		g.every = 0\n",
		finds: "scenario K1 asleep for minutes while another ledger begins",
	},
	{
		name: "the watch ends at a known order", sentence: "a known order never ends it",
		file: "csvimport/evidence/lookend.go",
		from: "	return age > e.Since+e.Horizon && (e.passed || age > e.Since+dateSlack)\n", to: "	return e.passed || age > e.Since+e.Horizon\n",
		finds: "scenario K12 orders of another ledger that show later than those of the run, below them",
	},
	{
		name: "the watch ends with what is old, whatever was there at the last look", sentence: "down to the newest of the last complete look",
		file: "csvimport/evidence/lookend.go",
		from: "	return age > e.Since+e.Horizon && (e.passed || age > e.Since+dateSlack)\n", to: "	return age > e.Since+e.Horizon\n",
		finds: "scenario K12 orders of another ledger that were dated hours ago turn up, below others",
	},
	{
		name: "what was young at the last look is not read again", sentence: "and on through everything younger than max(10 min, 2 × lag)",
		file: "csvimport/evidence/lookend.go",
		from: "	return age > e.Since+e.Horizon && (e.passed || age > e.Since+dateSlack)\n", to: "	return age > e.Horizon && (e.passed || age > e.Since+dateSlack)\n",
		finds: "scenario K12 asleep for hours, and below its own",
	},
	{
		name: "no first order", sentence: "The first order is a probe",
		file: "csvimport/evidence/first.go",
		from: "	case f.stage == open && (working > 0 || !f.Idle(now)):\n		return All\n", to: "	case f.stage == open, recent:\n		return All\n",
		finds: "scenario K1 asleep for minutes while another ledger begins",
	},
	{
		name: "the first order lets others go at once", sentence: "nothing else until it is 60 s old",
		file: "csvimport/evidence/first.go",
		from: "	old := f.rules.Loopback || began-f.accepted >= young\n", to: "	old := true\n",
		finds: "scenario K12 another ledger begins, whose orders show after the first order has",
	},
	{
		name: "the first order need not show", sentence: "and shows over a new connection",
		file: "csvimport/evidence/first.go",
		from: "	if f.shown && old && clean && f.owed == \"\" {\n", to: "	if old && clean {\n		f.owed = \"\"\n",
		finds: "scenario K12 another ledger begins, whose orders show before the first order does",
	},
	{
		name: "the unseen first order of an earlier run is forgotten", sentence: "Accepted but unseen: nothing else is placed, by this run or the next",
		file: "csvimport/engine/gate.go",
		from: "	g.first = evidence.NewFirst(g.rules, memory.First, g.elapsed())\n", to: "	g.first = evidence.NewFirst(g.rules, \"\", g.elapsed())\n",
		finds: "scenario K12 another ledger begins, and a run that does not see its first order is killed again and again",
	},
	{
		name: "the first order of an earlier run stands for this one's", sentence: "which waits for that one and then places a first order of its own",
		file: "csvimport/evidence/first.go",
		from: "	if f.owed != \"\" && shows(f.owed) {\n		f.owed = \"\"\n", to: "	if f.owed != \"\" && shows(f.owed) {\n		if f.owed = \"\"; f.inherited {\n			f.stage = open\n		}\n",
		finds: "scenario K12 another ledger begins, and the first order shows of a run that was killed",
	},
	{
		name: "the next row is first at once", sentence: "In doubt: after max(2 min, 4 × lag) the next row is first",
		file: "csvimport/evidence/first.go",
		from: "		f.stage, f.until = doubting, now+d\n		f.doubts++\n	}\n}\n\n// Misnamed", to: "		f.stage, f.until = doubting, now\n		f.doubts++\n	}\n}\n\n// Misnamed",
		finds: "scenario K12 another ledger begins, and the first order is in doubt",
	},
	{
		name: "any run of the ledger spares the first order", sentence: "A shared ledger spares the first order only while another run on it is live",
		file:  "csvimport/engine/gate.go",
		from:  "	vouched := !g.watcher.outdated() && memory.Vouched != 0 && memory.Vouched != g.job.Run.ID() && g.job.Run.Alive(memory.Vouched) &&\n		g.job.Orders.Now().Sub(memory.VouchedAt) < time.Minute\n",
		to:    "	vouched := memory.Vouched != 0\n",
		finds: "scenario K12 another ledger begins a day after a run on this one was killed",
	},
	{
		name: "both begin with the same row", sentence: "Placing order depends on the ledger",
		file: "csvimport/joined/feed.go",
		from: "	return int(hashOf(ledger) % uint64(rows))\n", to: "	return 0\n",
		finds: "scenario K12 two ledgers in lockstep",
	},
	{
		name: "a candidate is not adopted", sentence: "Candidate: held until the answer names its id, adopted if none comes",
		file: "csvimport/listed/comparison.go",
		from: "		c.candidate(o, have, ours)\n", to: "		c.second(o, have, sub, gen, ours)\n",
		finds: "scenario K1 asleep for minutes while another ledger begins",
	},
	{
		name: "what another run has let go of is left to it", sentence: "Candidate: held until the answer names its id, adopted if none comes",
		file: "csvimport/listed/comparison.go",
		from: "return e.State.Holds() && c.Run.Theirs(e) }\n", to: "return c.Run.Theirs(e) }\n",
		finds: "test csvimport/engine TestFoundThatAnotherRunLetGo",
	},
	{
		name: "orders of others do not hold a run back", sentence: "while the youngest of them is younger than max(10 min, 4 × lag), nothing is placed",
		file: "csvimport/engine/gate.go",
		from: "		g.holdFor(g.turnUp() - max(g.job.Orders.Now().Sub(s.youngest(g.job.Orders.Now())), 0))\n", to: "",
		finds: "scenario K1 begun when one of the orders of another ledger shows",
	},
	{
		name: "foreign orders are ignored", sentence: "Foreign: one that appears later with our mark",
		file: "csvimport/engine/gate.go",
		from: "	v.foreign = g.counting(v.foreign)\n", to: "	v.foreign = nil\n",
		finds: "scenario K1 begun while the orders of another machine do not show yet",
	},
	{
		name: "the run that goes on does not pause", sentence: "else it pauses until T = first sight of the youngest + max(10 min, 4 × lag)",
		file: "csvimport/evidence/foreign.go",
		from: "	f.HoldUntil(f.last + turnUp)\n	return Pause\n}\n", to: "	return GoOn\n}\n",
		finds: "scenario K1 interrupted while it waits for orders of another ledger",
	},
	{
		name: "what shows before a pause counts after it", sentence: "and, if nothing foreign came since, begins evidence anew",
		file: "csvimport/engine/gate.go",
		from: "		g.holding = false\n		g.anew(at)\n", to: "		g.holding = false\n		g.foreign.Anew()\n",
		finds: "scenario K12 another ledger begins, and another one when the wait for it is over",
	},
	{
		name: "a pause is forgotten with the run", sentence: "T is in the ledger: it holds across restarts, Ctrl-C and kills",
		file: "csvimport/engine/gate.go",
		from: "	g.holdFor(min(memory.HoldUntil.Sub(g.job.Orders.Now()), g.turnUp()))\n", to: "",
		finds: "scenario K1 interrupted while it waits for orders of another ledger",
	},
	{
		name: "nobody asks when anybody last imported here", sentence: "Lost, copied, restored: a fact is asked",
		file: "csvimport/engine/import.go",
		from: "	case loss == ledger.Sound && !unknown:\n", to: "	case loss == ledger.Sound || !unknown || unknown:\n",
		finds: "scenario K2 another ledger, of whose orders none but the first one shows yet",
	},
	{
		name: "the word of the last import is not waited for", sentence: "rows not found wait until the later of it and the youngest order + max(10 min, 4 × lag)",
		file: "csvimport/engine/gate.go",
		from: "	if last := g.opt.LastImport; !last.IsZero() {\n", to: "	if last := g.opt.LastImport; false {\n",
		finds: "scenario K1 interrupted while it waits for orders to turn up",
	},
	{
		name: "the ledger's word never changes", sentence: "w a fresh random word",
		file: "csvimport/ledger/mark/mark.go",
		from: "	now := Mark{Word: word, Next: Word(), Runs: make(map[int64]time.Time)}\n", to: "	now := Mark{Word: word, Next: \"w\", Runs: make(map[int64]time.Time)}\n",
		finds: "scenario K2 an older backup, and what was ordered since shows late",
	},
	{
		name: "a ledger put back is not noticed", sentence: "So a copy, a backup restored, a file on two machines is seen",
		file: "csvimport/ledger/mark/mark.go",
		from: "	case m != nil && (!m.Agrees(f.Word) || p.twice(m, f)):\n", to: "	case false:\n",
		finds: "scenario K2 an older backup, and what was ordered since shows late",
	},
	{
		name: "a lost ledger is not missed", sentence: "a mark of this platform whose ledger is not at its path is a lost ledger",
		file: "csvimport/ledger/mark/mark.go",
		from: "	case len(p.lost(f)) > 0:\n", to: "	case false:\n",
		finds: "scenario K1 interrupted while it waits for orders to turn up",
	},
	{
		name: "the mark is not written", sentence: "mark \"beginning w after v\", ledger w, mark \"begun w\", each synced",
		file: "csvimport/ledger/mark/mark.go",
		from: "	runs(now.Runs)\n	return p.Write(now)\n", to: "	runs(now.Runs)\n	return nil\n",
		finds: "scenario K2 an older backup, and what a killed run ordered since shows late",
	},
	{
		name: "the order read back is not compared", sentence: "the order read back carries our reference or content",
		file: "csvimport/engine/asker.go",
		from: "	if outcome.Misnamed(o, &e) || twice && outcome.Unshown(&e) {\n", to: "	if false {\n",
		finds: "scenario K6 the id of another order",
	},
	{
		name: "an order that does not tell whose it is may be that of two rows", sentence: "one id is never bound to two rows",
		file: "csvimport/engine/asker.go",
		from: "	if outcome.Misnamed(o, &e) || twice && outcome.Unshown(&e) {\n", to: "	if outcome.Misnamed(o, &e) {\n",
		finds: "scenario K6 the id of another machine's order",
	},
	{
		name: "orders are not read back at the end", sentence: "one at the end with --wait 0",
		file: "csvimport/engine/import.go",
		from: "		l.closeUnshown()\n", to: "",
		finds: "scenario K6 the id of the order before, and none is followed",
	},
	{
		name: "what another run was told last is not held against the ledger", sentence: "one id is never bound to two rows",
		file: "csvimport/engine/closing.go",
		from: "	for part := range slices.Chunk(late, pollBatch) {\n", to: "	for part := range slices.Chunk(late[:0], pollBatch) {\n",
		finds: "test csvimport/engine TestBoundTwiceAfterTheEnd",
	},
	{
		name: "an order that nothing shows is that of two rows", sentence: "one id is never bound to two rows",
		file: "csvimport/engine/closing.go",
		from: "		return !told\n", to: "		return !told && p.err != nil\n",
		finds: "scenario K6 the id of the order before, orders that do not show for hours",
	},
	{
		name: "an order is bound to two rows", sentence: "one id is never bound to two rows",
		file:  "csvimport/engine/asker.go",
		from:  "		i, ok := bySub[outcome.Subscription(&o)]\n		if !ok || outcome.Agreement(&o, &entries[i]) != outcome.Agrees {\n			continue\n		}\n		found = append(found, o)\n",
		to:    "		if i, ok := bySub[outcome.Subscription(&o)]; ok {\n			found = append(found, o)\n			s.add((i+1)%len(entries), o)\n		}\n",
		finds: "scenario K6 the id of a colleague's order",
	},
	{
		name: "an order that a row has had already is found for its next one", sentence: "one id is never bound to two rows",
		file: "csvimport/engine/asker.go",
		from: "(e.Sub != entries[i].Sub || e.Gen != entries[i].Gen) {", to: "false && (e.Sub != entries[i].Sub || e.Gen != entries[i].Gen) {",
		finds: "scenario K11 again, after the order was cancelled, and denied",
	},
	{
		name: "an accepted order that nothing shows is believed", sentence: "An accepted order that no list or GET has shown is in doubt",
		file: "csvimport/evidence/doc.go",
		from: "{ return max(r.Show, r.TurnUp(lag)) }", to: "{ return 1000 * time.Hour }",
		finds: "scenario K6 orders that were accepted and that nothing shows for hours",
	},
	{
		name: "an order that this run has sent is told as an earlier one's", sentence: "existing and differs compare",
		file: "csvimport/engine/loop.go",
		from: "e.State == ledger.Failed) && !l.sentHere(e.SentBy)\n", to: "e.State == ledger.Failed)\n",
		finds: "scenario K1 three machines at one import of one account",
	},
	{
		name: "the tenants are read once", sentence: "Whenever evidence begins anew",
		file: "csvimport/engine/watch.go",
		from: "	if err := w.overtaken.Read(w.job.Imported(w.readCtx), of); err != nil {\n", to: "	if err := error(nil); err != nil {\n",
		finds: "scenario K1 asleep while another machine finishes the file, orders that tell nothing after",
	},
	{
		name: "the tenants count however long ago they were read", sentence: "Evidence: what listings have shown so far",
		file: "csvimport/session/run.go",
		from: "		job.Resolved = s.loaded\n", to: "",
		finds: "scenario K1 asleep since it has read the tenants",
	},
	{
		name: "what was imported meanwhile is ordered", sentence: "Whenever evidence begins anew",
		file: "csvimport/engine/run.go",
		from: "	case taken:\n", to: "	case taken && !taken:\n",
		finds: "scenario K1 asleep since it has read the tenants",
	},
	{
		name: "the tenants count however long the first order waits for its turn", sentence: "Evidence: what listings have shown so far",
		file: "csvimport/engine/gate.go",
		from: " || !g.first.Begun() && g.job.Imported != nil && !g.tenants.Stands(at)", to: "",
		finds: "scenario K1 the first order not taken for minutes",
	},
	{
		name: "a first order is due once", sentence: "or nothing was placed for 5 min",
		file: "csvimport/evidence/doc.go",
		from: "	idle      = 5 * time.Minute ", to: "	idle      = 5000 * time.Hour ",
		finds: "scenario K12 another ledger begins when nothing was placed for minutes",
	},
	{
		name: "a row whose answer named another one's order keeps that", sentence: "Candidate: held until the answer names its id, adopted if none comes",
		file: "csvimport/engine/listing.go",
		from: "	c.Unbind()\n", to: "",
		finds: "scenario K6 the id of the order before, and off the net at the end",
	},
	{
		name: "an order that has become the row's own stays a double", sentence: "two standing orders for one subscription are named",
		file: "csvimport/outcome/double.go",
		from: "return e.OrderID == s.OrderID", to: "return e.OrderID == s.OrderID && e.Sub != s.Sub",
		finds: "scenario K6 the id of the order before, which hides for hours",
	},
	{
		name: "an order that an answer alone has named makes a double", sentence: "two standing orders for one subscription are named",
		file: "csvimport/outcome/double.go",
		from: " && !(e.State == ledger.Accepted && Unshown(e))", to: "",
		finds: "scenario K6 the id of the order before, which hides for hours",
	},
	{
		name: "a run that another one vouches for goes by old tenants", sentence: "A shared ledger spares the first order only while another run on it is live",
		file: "csvimport/engine/gate.go",
		from: "	vouched := !g.watcher.outdated() && memory", to: "	vouched := memory",
		finds: "scenario K1 a preview left open, beside a run on the shared ledger",
	},
	{
		name: "an order that does not tell whose it is shows as the row's", sentence: "one id is never bound to two rows",
		file: "csvimport/engine/asker.go",
		from: "	shows := outcome.Unshown(&e) && outcome.Agreement(o, &e) == outcome.Agrees\n", to: "	shows := outcome.Unshown(&e)\n",
		finds: "scenario K6 the id of a colleague's order",
	},
	{
		name: "the order of another row shows as this one's", sentence: "the lag is measured, the control exists",
		file: "csvimport/evidence/unshown.go",
		from: "	if !ok || sub != \"\" && sub != w.sub {\n", to: "	if !ok {\n",
		finds: "scenario K6 the id of the order before, and none is followed",
	},
	{
		name: "what an incomplete look has shown is forgotten", sentence: "one that appears later with our mark",
		file:  "csvimport/engine/watch.go",
		from:  "	if err := w.compareAll(&v, strange); err != nil || broken != nil {\n		return v, errors.Join(broken, err)\n	}\n",
		to:    "	if broken != nil {\n		return v, broken\n	}\n	if err := w.compareAll(&v, strange); err != nil {\n		return v, errors.Join(err)\n	}\n",
		finds: "scenario K12 orders of another ledger that show later than those of the run, below them",
	},
	{
		name: "differs is told as existing", sentence: "existing and differs compare",
		file: "csvimport/outcome/order.go",
		from: "		if want := Wanted(row); Difference(&want, e) != \"\" || SoldAnew(row, e) {\n", to: "		if SoldAnew(row, e) {\n",
		finds: "scenario K7 imported by a colleague under another plan",
	},
	{
		name: "completed and cancelled is told as existing", sentence: "A completed order that was cancelled since is failed",
		file: "csvimport/listed/comparison.go",
		from: "	if e.State == ledger.Completed && !cancelled {\n", to: "	if e.State == ledger.Completed && (!cancelled || cancelled) {\n",
		finds: "scenario K7 completed, and cancelled since",
	},
	{
		name: "claims are ignored", sentence: "Claims: as they are, and right",
		file: "csvimport/ledger/rules.go",
		from: "	if have.Gen != intent.Gen || !proved && !have.State.MaySend() {\n", to: "	if have.Gen != intent.Gen && !proved {\n",
		finds: "scenario K1 three machines at one import of one account",
	},
	{
		name: "the hands of an import are not ended", sentence: "Every row of an import that was confirmed ends as exactly one result, and the result was true when it was read",
		file: "csvimport/engine/import.go",
		from: "		r.job.Alone()\n", to: "",
		finds: "scenario K1 three machines at one import that is interrupted",
	},
	{
		name: "what a hand has ordered is told as existing", sentence: "Every row of an import that was confirmed ends as exactly one result, and the result was true when it was read",
		file: "csvimport/engine/run.go",
		from: "{ return r.job.Hand == 1 && sentBy > r.job.Run.ID() }\n", to: "{ return false }\n",
		finds: "scenario K1 three machines at one import, one killed",
	},
	{
		name: "the live are taken for dead", sentence: "two runs on one ledger: as they are, and right",
		file: "csvimport/ledger/rules.go",
		from: "{ return h.State.Holds() && h.Run != run && !h.Ended }\n", to: "{ return false }\n",
		finds: "test csvimport/ledger TestTakeOver",
	},
	{
		name: "an intent of a dead run counts as not sent", sentence: "What has an intent and no outcome is looked up, never repeated",
		file: "csvimport/ledger/rules.go",
		from: "	after.State, after.Doubted = Doubt, true\n", to: "	after.State, after.Doubted = NotSent, true\n",
		finds: "scenario K1 asleep between the last look and the wire, on a shared ledger, where old signatures are taken",
	},
	{
		name: "a new order has the reference of the one before", sentence: "Reference: deterministic from the key (`azure-import/<sub_id>`, `/2`…)",
		file: "csvimport/outcome/order.go",
		from: "		AccountID: e.AccountID, AccountNumber: e.AccountNo, PlanID: e.PlanID, Reference: csvimport.Reference(e.Sub, e.Gen),\n", to: "		AccountID: e.AccountID, AccountNumber: e.AccountNo, PlanID: e.PlanID, Reference: csvimport.Reference(e.Sub, 1),\n",
		finds: "scenario K11 again, after the order was cancelled",
	},
	{
		name: "the request is dated with the time when it is written", sentence: "the timestamp is fixed when the grant is asked for",
		file: "csvimport/engine/place.go",
		from: "	r.Stamp = stamp\n", to: "	_ = stamp\n",
		finds: "test csvimport/engine TestWire",
	},
	{
		name: "the ledger is not asked at the wire", sentence: "no intent after T",
		file: "csvimport/engine/run.go",
		from: "	if !r.job.Run.MaySend() {\n", to: "	if false {\n",
		finds: "test csvimport/engine TestWire",
	},
	{
		name: "a pause does not hold what is on its way", sentence: "else it pauses until T = first sight of the youngest + max(10 min, 4 × lag)",
		file: "csvimport/engine/run.go",
		from: "	case r.paused.Load(), !r.fresh.Fresh(r.moment()):\n", to: "	case !r.fresh.Fresh(r.moment()):\n",
		finds: "test csvimport/engine TestWire",
	},
	{
		name: "rows in doubt are sent again without a control", sentence: "without one, a single such row is sent again, as first order",
		file: "csvimport/engine/doubt.go",
		from: "	if len(controls) == 0 && old && s.any && in.no != nil {\n", to: "	if len(controls) == 0 && old && s.any {\n",
		finds: "scenario K2 in doubt since the day before, no order of this ledger has ever shown",
	},
	{
		name: "an order whose date is not told is an old one", sentence: "by first sight where its date has no zone",
		file: "csvimport/engine/listing.go",
		from: "		if date.IsZero() || date.After(now) {\n			return now\n", to: "		if date.IsZero() {\n			continue\n		}\n		if date.After(now) {\n			return now\n",
		finds: "scenario K1 begun when one of the orders of another ledger shows, dated in a zone that is not told",
	},
	{
		name: "an order dated in the future is an old one", sentence: "while the youngest of them is younger than max(10 min, 4 × lag), nothing is placed",
		file: "csvimport/engine/listing.go",
		from: "		if date.IsZero() || date.After(now) {\n			return now\n", to: "		if date.IsZero() {\n			return now\n		}\n		if date.After(now) {\n			continue\n",
		finds: "scenario K1 begun when one of the orders of another ledger shows, dated an hour from now",
	},
	{
		name: "an order without a reference is no ledger's", sentence: "Foreign: one that appears later with our mark",
		file: "csvimport/listed/comparison.go",
		from: "	return ours || o.Reference == \"\" && !c.Kept\n", to: "	return ours\n",
		finds: "scenario K12 another ledger begins, whose orders show after the first order has, references are not kept",
	},
	{
		name: "what the ledger does not grant is sent", sentence: "Claims: as they are, and right",
		file: "csvimport/engine/place.go",
		from: "	case !granted:\n		o.done(answer{entry: intent, held: true})\n		return\n", to: "	case !granted && intent.OrderID != \"\":\n		o.done(answer{entry: intent, held: true})\n		return\n	case !granted:\n		intent = e\n		intent.State, intent.Run, intent.Sends = ledger.Intended, a.job.Run.ID(), e.Sends+1\n",
		finds: "scenario K1 two machines at work on one file and a shared ledger",
	},
	{
		name: "what a no names and does not tell whose it is is the row's own", sentence: "Ours for this row: adopted. Another's: denied",
		file: "csvimport/engine/place.go",
		from: "		if outcome.Agreement(&o, intent) == outcome.Agrees {\n", to: "		if outcome.Agreement(&o, intent) != outcome.Contradicts {\n",
		finds: "scenario K4 busy with the order of the row before, of the same account, orders that do not tell",
	},
	{
		name: "a control counts that is not listed", sentence: "with a control listed that was accepted after the write",
		file: "csvimport/engine/doubt.go",
		from: "		if s.controls[c.OrderID] && (old", to: "		if (old",
		finds: "scenario K4 503 with Retry-After after creation, references edited, lists stale",
	},
	{
		name: "without a control a look counts at once", sentence: "where none comes, any control not before max(10 min, 4 × lag)",
		file: "csvimport/engine/doubt.go",
		from: "	if len(controls) == 0 && old && s.any && in.no != nil {", to: "	if len(controls) == 0 && s.any && in.no != nil {",
		finds: "scenario K4 429 after creation, more than a week after an order was seen",
	},
	{
		name: "without a control a list that shows nothing counts", sentence: "with any listed order as control; if there is none, unknown",
		file: "csvimport/engine/doubt.go",
		from: "	if len(controls) == 0 && old && s.any && in.no != nil {", to: "	if len(controls) == 0 && old && in.no != nil {",
		finds: "scenario K4 429 after creation to the only row there ever was",
	},
	{
		name: "a doubt is as old as the clock says that says longer", sentence: "Time passed since a doubt is the smaller of ours and the platform's",
		file: "csvimport/engine/doubt.go",
		from: "	earlier := min(d.job.Orders.Now().Sub(it.entry.DoubtSince), here.Sub(it.entry.DoubtHere))", to: "	earlier := max(d.job.Orders.Now().Sub(it.entry.DoubtSince), here.Sub(it.entry.DoubtHere))",
		finds: "test csvimport/engine TestDoubtAndOneWrongClock",
	},
	{
		name: "the first order shows over a connection that is kept", sentence: "and shows over a new connection",
		file: "csvimport/engine/watch.go",
		from: "q := apsclient.OrderQuery{Fresh: apart, PageSize", to: "_ = apart\n	q := apsclient.OrderQuery{PageSize",
		finds: "test csvimport/engine TestFirstOrderShowsApart",
	},
	{
		name: "the first look reads no further back than later ones", sentence: "Whole once for each ledger and platform",
		file: "csvimport/engine/listing.go",
		from: "	if !ev.Watermark.IsZero() {\n		q.Since = ev.Watermark.Add(-overlap)\n", to: "	if q.Since = now.Add(-overlap); !ev.Watermark.IsZero() {\n		q.Since = ev.Watermark.Add(-overlap)\n",
		finds: "scenario K6 the id of another machine's order",
	},
	{
		name: "orders are looked for by content alone", sentence: "afterwards by reference whole",
		file: "csvimport/engine/listing.go",
		from: "	if !ev.Watermark.IsZero() {\n		if err := a.surveyList", to: "	if false {\n		if err := a.surveyList",
		finds: "scenario K11 again, after the order was cancelled, and denied",
	},
	{
		name: "a look counts that began before the first order was old enough", sentence: "nothing else until it is 60 s old",
		file: "csvimport/evidence/first.go",
		from: "began-f.accepted >= young", to: "now-f.accepted >= young",
		finds: "test csvimport/evidence TestFirstOrder",
	},
	{
		name: "a row in doubt that is given up is told as not sent", sentence: "What cannot be known is unknown, never failed",
		file: "csvimport/engine/doubt.go",
		from: "	d.record([]*item{it}, 0, \"\", d.ends.all(csvimport.Unknown))", to: "	d.record([]*item{it}, ledger.NotSent, \"\", d.ends.all(csvimport.Unsent))",
		finds: "scenario K1 asleep between the last look and the wire, on a shared ledger, where old signatures are taken",
	},
	{
		name: "what the tenants show as imported is ordered", sentence: "existing and differs compare the Commerce subscription where it can be read",
		file: "csvimport/outcome/order.go",
		from: "	case row.Binding.Imported && (e == nil || !e.State.InDoubt()):\n", to: "	case false:\n",
		finds: "scenario K7 imported by colleagues, orders that do not tell what they are for",
	},
	{
		name: "a second order for a row is nobody's", sentence: "or an entry with another id",
		file: "csvimport/listed/comparison.go",
		from: "		c.Foreign = append(c.Foreign, *o)\n		fallthrough\n", to: "		fallthrough\n",
		finds: "scenario K12 another ledger begins, of which a second order for a row shows",
	},
	{
		name: "second orders are not looked for at the end", sentence: "Doubles are looked for: at the end of every run that placed something",
		file: "csvimport/engine/import.go",
		from: "	doubles, err := l.ask.doubles(l.gate.watcher, plan.subs)\n	if err", to: "	var doubles []ledger.Sighting\n	var err error\n	if err",
		finds: "test csvimport/engine TestDoubledAtTheEnd",
	},
	{
		name: "without a control any number of rows in doubt is sent again", sentence: "without one, a single such row is sent again, as first order",
		file: "csvimport/engine/doubt.go",
		from: "len(d.gate.controls) == 0 && d.mayBeFirst(it)\n", to: "len(d.gate.controls) == 0\n",
		finds: "scenario K2 in doubt since the day before, one sent again does not show, and a person says it once more of the others",
	},
	{
		name: "what came of an earlier send is taken for the last one's", sentence: "What cannot be known is unknown, never failed",
		file: "csvimport/ledger/rules.go",
		from: "	case have.Run != run && have.State.InDoubt() && said.Sends < have.Sends && !said.State.Ordered():\n		return Entry{}, false, ErrHeld\n", to: "",
		finds: "test csvimport/ledger TestOutcome",
	},
}
