import { defineTests } from "./cases.mjs";

defineTests();
