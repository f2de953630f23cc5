// The types for `import`: those of otel.d.ts, which `require` uses.
export * from "./otel.js";
