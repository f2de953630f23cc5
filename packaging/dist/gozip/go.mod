module gozip

go 1.26.0

// The Go team's own writer of module archives: the rules on what is in one are many, and a proxy
// must give the bytes that the go command would make.
require golang.org/x/mod v0.43.0
