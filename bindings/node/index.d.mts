// Types of liter-llm for import: those of index.d.ts, which are for require, as ES modules see them.
export * from "./index.js";
