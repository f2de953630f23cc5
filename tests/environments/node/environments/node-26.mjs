// The tests of the package on Node.js 26; those of the tree run on the machine's own.
import { testsOn } from "../support.mjs";

await testsOn("node-26");
