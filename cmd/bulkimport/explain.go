package main

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"bulkimport/apsclient"
	"bulkimport/csvimport/again"
	"bulkimport/csvimport/catalog"
	"bulkimport/csvimport/engine"
	"bulkimport/csvimport/ledger"
	"bulkimport/csvimport/machine"
	"bulkimport/csvimport/notice"
	"bulkimport/csvimport/realpath"
	"bulkimport/csvimport/similar"
)

// explain says in words what an error is and what a person can do about it.
func (e *env) explain(err error) (words, hint string) {
	if list := joined(err); list != nil {
		return e.explainAll(list)
	}
	if end, ok := errors.AsType[*ending](err); ok && end.err != nil {
		words, hint = e.explain(end.err)
		return words, cmp.Or(end.hint, hint)
	}
	if signal, ok := errors.AsType[*interruption](err); ok {
		return signal.Error(), ""
	}
	if broken, ok := errors.AsType[*ledger.Error](err); ok {
		return err.Error(), ledgerHint(broken)
	}
	if stop, ok := errors.AsType[*notice.StopError](err); ok {
		hint = stopHint(stop)
		if hint == "" && stop.Err != nil {
			_, hint = e.explain(stop.Err)
		}
		return err.Error(), hint
	}
	if plan, ok := errors.AsType[*catalog.NoPlanError](err); ok && plan.More {
		return err.Error() + allPlans, ""
	}
	if refused, ok := errors.AsType[*again.Error](err); ok {
		return err.Error(), againHint(refused)
	}
	if absent, ok := errors.AsType[*engine.AbsentError](err); ok {
		return err.Error(), "bulkimport status --row " + absent.Sub + " tells what is known of it"
	}
	if refusal, ok := errors.AsType[*apsclient.Error](err); ok {
		return err.Error(), platformHint(refusal)
	}
	if errors.Is(err, context.Canceled) {
		return "interrupted", ""
	}
	if words, hint := fileWords(err); words != "" {
		return words, hint
	}
	return err.Error(), ""
}

// mostNames is how many files of a folder are looked through for a name.
const mostNames = 1000

// windowsName is a file as Windows names it.
var windowsName = regexp.MustCompile(`^([A-Za-z]):\\(.+)$`)

// namedOtherwise says how a file is named here that another program, or another system,
// has named; empty if it has not.
func namedOtherwise(path string) string {
	if name, ok := strings.CutPrefix(path, "file://"); ok {
		if plain, err := url.PathUnescape(name); err == nil {
			name = plain
		}
		if runtime.GOOS == "windows" {
			if !strings.HasPrefix(name, "/") { // of a share
				name = "//" + name
			}
			if drive := strings.TrimPrefix(name, "/"); filepath.VolumeName(drive) != "" {
				name = drive
			}
			name = filepath.FromSlash(name)
		}
		return "name the file without file://: " + shellFile(name)
	}
	if m := windowsName.FindStringSubmatch(path); m != nil && runtime.GOOS != "windows" {
		return "this is how Windows names a file; where Linux runs in Windows it is " + shellFile("/mnt/"+strings.ToLower(m[1])+"/"+strings.ReplaceAll(m[2], `\`, "/"))
	}
	return ""
}

// fileLike is the file in the same folder whose name is most like that of one that is
// not there, empty if none is.
func fileLike(path string) string {
	folder, err := os.Open(filepath.Dir(path))
	if err != nil {
		return ""
	}
	defer folder.Close()
	names, _ := folder.Readdirnames(mostNames)
	slices.Sort(names)
	wanted := filepath.Base(path)
	near := similar.To[string](wanted, 1)
	for _, name := range names {
		if stem := strings.TrimSuffix(name, filepath.Ext(name)); stem == strings.TrimSuffix(wanted, filepath.Ext(wanted)) {
			return filepath.Join(filepath.Dir(path), name)
		}
		near.Try(name, func() string { return name })
	}
	if found := near.Found(); len(found) > 0 {
		return filepath.Join(filepath.Dir(path), found[0])
	}
	return ""
}

// joined returns the errors of which err is no more than the list.
func joined(err error) []error {
	list, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return nil
	}
	all := list.Unwrap()
	if errors.Join(all...).Error() != err.Error() {
		return nil
	}
	return all
}

// explainAll explains several errors, each once.
func (e *env) explainAll(list []error) (words, hint string) {
	var said []string
	for _, err := range list {
		w, h := e.explain(err)
		if !slices.Contains(said, w) {
			said = append(said, w)
		}
		hint = cmp.Or(hint, h)
	}
	return strings.Join(said, "; "), hint
}

// clientHint is the client's own hint, with the flag where one helps.
func clientHint(e *apsclient.Error) string {
	if e.UnknownAuthority() {
		return e.Hint() + " (--ca-file FILE)"
	}
	return e.Hint()
}

// tellsMore ends a hint that leads to doctor.
const tellsMore = " bulkimport doctor tells more"

// platformHint adds what to try to what the platform, or the way to it, said.
func platformHint(e *apsclient.Error) string {
	if hint := clientHint(e); hint != "" {
		return hint
	}
	switch {
	case errors.Is(e, apsclient.ErrShort):
		return "try again; if it stays so, tell the platform's support: a list that leaves something out cannot be relied on"
	case e.Kind == apsclient.NotSent:
		return "is the address right, and is the network, or a VPN, up?" + tellsMore
	case e.Kind == apsclient.InDoubt && e.Status >= 500:
		return "the platform is in trouble: try again later"
	case e.Kind == apsclient.InDoubt:
		return "try again; is a proxy or a firewall in between?" + tellsMore
	}
	return ""
}

// fileWords says what the operating system has against a file, empty if err
// is about something else.
func fileWords(err error) (words, hint string) {
	path, cause := "", error(nil)
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		path, cause = e.Path, e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		path, cause = e.New, e.Err
	} else if machine.DiskFull(err) {
		return "the disk is full", "free some space"
	} else {
		return "", ""
	}
	switch {
	case machine.NobodyReads(cause):
		return "nobody reads the output any more", ""
	case errors.Is(cause, realpath.ErrForeign):
		return path + " is a link that another user has made in a folder open to all", "name a file in a folder of your own"
	case errors.Is(cause, realpath.ErrDevice):
		return path + " is no name for a file: Windows keeps it for a device, or the colon hides what is written", "name the file otherwise"
	case errors.Is(cause, errHeld):
		return path + " could not be replaced: " + errHeld.Error(), ""
	case isOpenElsewhere(cause):
		return path + " is open in another program", "close it there, for example in Excel, or name another file"
	case errors.Is(cause, fs.ErrNotExist):
		if hint := namedOtherwise(path); hint != "" {
			return path + " does not exist", hint
		}
		if like := fileLike(path); like != "" {
			return path + " does not exist", "did you mean " + shellFile(like) + "?"
		}
		return path + " does not exist", "check the name and the folder you are in"
	case errors.Is(cause, fs.ErrPermission):
		return "no permission for " + path, "check the rights on the file and its folder"
	case errors.Is(cause, syscall.EISDIR):
		return path + " is a folder, not a file", "name a file in it"
	case machine.DiskFull(cause):
		return path + ": the disk is full", "free some space"
	case machine.DiskReadOnly(cause):
		return path + ": the disk is read-only", "name a file elsewhere"
	case errors.Is(cause, syscall.ENOTDIR):
		return path + ": a part of this path is a file, not a folder", "check the name"
	}
	if words, hint := systemWords(cause); words != "" {
		return path + ": " + words, hint
	}
	return path + ": " + cause.Error(), ""
}
