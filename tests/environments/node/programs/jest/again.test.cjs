// The same in a file of its own, and so in a realm of its own.
require("./registry.test.cjs");
