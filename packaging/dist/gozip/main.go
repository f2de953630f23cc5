// Command gozip writes a module as a module proxy serves it: gozip PATH VERSION TIME FOLDER PROXY.
//
// The Go team's own package makes the archive, so it is what the go command would make of a tagged
// commit: without nested modules, with names and sizes checked, and the same bytes each time.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/module"
	"golang.org/x/mod/zip"
)

func main() {
	if len(os.Args) != 6 {
		fmt.Fprintln(os.Stderr, "gozip PATH VERSION TIME FOLDER PROXY")
		os.Exit(2)
	}
	version := module.Version{Path: os.Args[1], Version: os.Args[2]}
	if err := write(version, os.Args[3], os.Args[4], os.Args[5]); err != nil {
		fmt.Fprintln(os.Stderr, "gozip:", err)
		os.Exit(1)
	}
}

// write makes the three files of a version, and adds it to the list of versions.
func write(version module.Version, released, folder, proxy string) error {
	escaped, err := module.EscapePath(version.Path)
	if err != nil {
		return err
	}
	target := filepath.Join(proxy, filepath.FromSlash(escaped), "@v")
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	moment, err := time.Parse(time.RFC3339, released)
	if err != nil {
		return err
	}
	info, err := json.Marshal(map[string]any{"Version": version.Version, "Time": moment})
	if err != nil {
		return err
	}
	mod, err := os.ReadFile(filepath.Join(folder, "go.mod"))
	if err != nil {
		return err
	}
	archive, err := os.Create(filepath.Join(target, version.Version+".zip"))
	if err != nil {
		return err
	}
	if err := zip.CreateFromDir(archive, version, folder); err != nil {
		return err
	}
	if err := archive.Close(); err != nil {
		return err
	}
	for name, content := range map[string][]byte{
		version.Version + ".info": info,
		version.Version + ".mod":  mod,
		"list":                    []byte(version.Version + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(target, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
