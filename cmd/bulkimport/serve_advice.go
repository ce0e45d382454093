package main

import (
	"strings"

	"bulkimport/csvimport"
)

// pageAdvised completes the hints of findings with what the page offers. Where it has
// no means of its own the words are those of the command line.
func pageAdvised(found []csvimport.Finding) []csvimport.Finding {
	all := make([]csvimport.Finding, len(found))
	for i, f := range found {
		words, ours := pageHint(&f)
		if ours {
			f.Hint, f.Next = words, 0
		}
		all[i] = advised(f)
	}
	return all
}

// pageHint is a hint in the words of the page, where it has any.
func pageHint(f *csvimport.Finding) (string, bool) {
	switch f.Next {
	case csvimport.ListPlans:
		return strings.TrimSuffix("choose the service plan from the list; "+f.Hint, "; "), true
	case csvimport.AllPlans:
		return f.Hint + " (the list of the cell has all)", true
	case csvimport.FindAccount:
		return f.Hint + " (the list of the cell finds accounts)", true
	case csvimport.KeepZeros:
		return "mend the cell if they are not meant", true
	case csvimport.ChooseSheet:
		return f.Hint + ": choose it above", true
	case csvimport.DecideHidden:
		return f.Hint + ": say above whether they are taken or left out", true
	}
	return "", false
}
