import otel from "./otel.cjs";

export const { instrument, instrumentAll, uninstrument } = otel;
