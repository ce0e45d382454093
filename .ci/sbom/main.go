// Command sbom writes the bill of materials of programs in CycloneDX 1.5, from what the
// linker left in them: sbom PROGRAM… > sbom.cdx.json
package main

import (
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
)

type component struct {
	Type    string `json:"type"`
	Ref     string `json:"bom-ref"`
	Name    string `json:"name"`
	Version string `json:"version"`
	PURL    string `json:"purl"`
}

type metadata struct {
	Component component `json:"component"`
}

type bill struct {
	Format     string      `json:"bomFormat"`
	Spec       string      `json:"specVersion"`
	Version    int         `json:"version"`
	Metadata   metadata    `json:"metadata"`
	Components []component `json:"components"`
}

func main() {
	version, programs := os.Args[1], os.Args[2:]
	if err := write(version, programs); err != nil {
		fmt.Fprintln(os.Stderr, "sbom:", err)
		os.Exit(1)
	}
}

func write(version string, programs []string) error {
	all := make(map[string]component)
	for _, program := range programs {
		info, err := buildinfo.ReadFile(program)
		if err != nil {
			return err
		}
		add(all, "std", info.GoVersion)
		for _, m := range info.Deps {
			if m.Replace != nil {
				m = m.Replace
			}
			add(all, m.Path, m.Version)
		}
	}
	out := bill{Format: "CycloneDX", Spec: "1.5", Version: 1,
		Metadata: metadata{component{"application", "bulkimport", "bulkimport", version, "pkg:golang/bulkimport@" + version}}}
	for _, key := range slices.Sorted(maps.Keys(all)) {
		out.Components = append(out.Components, all[key])
	}
	e := json.NewEncoder(os.Stdout)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

func add(all map[string]component, path, version string) {
	purl := "pkg:golang/" + path + "@" + version
	all[purl] = component{"library", purl, path, version, purl}
}
