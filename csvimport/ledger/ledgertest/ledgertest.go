package ledgertest

import "testing"

// Exercise runs all suites.
func Exercise(t *testing.T, k Kind) {
	for _, suite := range []struct {
		name string
		run  func(Kind, *testing.T)
	}{
		{"Intend", Kind.intend},
		{"IntendOtherGeneration", Kind.intendOtherGeneration},
		{"IntendIsGrantedOnce", Kind.intendIsGrantedOnce},
		{"RecordTransitions", Kind.recordTransitions},
		{"RecordStaleNews", Kind.recordStaleNews},
		{"RecordHeld", Kind.recordHeld},
		{"RecordKeepsSends", Kind.recordKeepsSends},
		{"RecordRefusesMisuse", Kind.recordRefusesMisuse},
		{"Recording", Kind.recording},
		{"Take", Kind.take},
		{"TakeResent", Kind.takeResent},
		{"Reopen", Kind.reopen},
		{"AdoptedGenerations", Kind.adoptedGenerations},
		{"RunEnded", Kind.runEnded},
		{"Ended", ended},
		{"Find", Kind.find},
		{"EntryRoundTrip", Kind.entryRoundTrip},
		{"Entries", Kind.entries},
		{"OrderOfIntents", Kind.orderOfIntents},
		{"Story", Kind.story},
		{"Export", Kind.export},
		{"References", Kind.references},
		{"Evidence", Kind.evidence},
		{"AmendAtOnce", Kind.amendAtOnce},
		{"Sightings", Kind.sightings},
		{"SentBy", Kind.sentBy},
		{"OfRun", ofRun},
		{"Runs", runs},
		{"Stopping", Kind.stopping},
		{"Alongside", alongside},
		{"Carry", func(k Kind, t *testing.T) { Carry(t, k, k) }},
		{"Model", Kind.model},
	} {
		t.Run(suite.name, func(t *testing.T) { suite.run(k, t) })
	}
	for _, suite := range []struct {
		name string
		run  func(Kind, *testing.T)
	}{
		{"ClaimsOfAnotherProcess", Kind.claimsOfAnotherProcess},
		{"GoneProcess", goneProcess},
		{"KillAnywhere", Kind.killAnywhere},
		{"ProcessesShareRows", Kind.processesShareRows},
		{"OpenAtOnce", Kind.openAtOnce},
	} {
		t.Run(suite.name, func(t *testing.T) {
			if k.Alone {
				t.Skip("other processes cannot open this kind of ledger")
			}
			suite.run(k, t)
		})
	}
}
