// How clients for tests reach into LiterLlm, of which programs know nothing.
"use strict";

// A method that reads what provider `script` was asked, and changes what it answers.
const SCRIPT = Symbol("script");
// A method that changes the fields of a call before it starts.
const BEFORE_START = Symbol("beforeStart");

module.exports = { BEFORE_START, SCRIPT };
