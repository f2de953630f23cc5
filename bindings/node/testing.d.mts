// The types for `import`: those of testing.d.ts, which `require` uses.
export * from "./testing.js";
