// The types for `import`: those of index.d.ts, which `require` uses.
export * from "./index.js";
