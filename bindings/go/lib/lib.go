// Package lib is where `make go` puts the archive of the core and its header. It holds nothing
// else, and is a package so that `go mod vendor` takes them along.
package lib
