// The drivers in Go: this library, and a loop over net/http as one writes it by hand. The command
// line and the line of JSON at the end are those of all drivers.
package main

import "liter-llm-bench/meter"

func main() {
	driver, asked := meter.Parse("go")
	ask, version := ours(asked)
	if driver == "nethttp" {
		ask, version = netHTTP(asked)
	}
	meter.Run(driver, version, asked, ask)
}
