// What is counted while streams run.
import { readFileSync } from "node:fs";

const ERRORS_SHOWN = 3;

export class Meter {
  tokens = 0;
  characters = 0;
  opened = 0;
  firstMs = [];
  answerMs = [];
  lateMs = [];
  errors = [];
  rssOpenKib = null;
  threads = 0;
  held = [null, null];
  rssBeforeKib = status("VmRSS:");
  began = performance.now();
  cpu = process.cpuUsage();

  constructor(asked) {
    this.asked = asked;
  }

  opens() {
    if (++this.opened !== this.asked.concurrency) return;
    this.rssOpenKib = status("VmRSS:");
    this.threads = status("Threads:");
    if (this.asked.holdMs) this.#hold();
  }

  // Measures the CPU of a while in which all streams are open.
  #hold() {
    const before = process.cpuUsage();
    const began = performance.now();
    setTimeout(() => {
      this.held = [seconds(before), (performance.now() - began) / 1000];
    }, this.asked.holdMs);
  }

  report(driver, version) {
    const wallS = (performance.now() - this.began) / 1000;
    const cpuS = seconds(this.cpu);
    return {
      driver,
      version,
      streams: this.asked.streams,
      tokens: this.tokens,
      characters: this.characters,
      wall_s: wallS,
      cpu_s: cpuS,
      first_token_ms: percentiles(this.firstMs),
      answer_ms: this.asked.whole ? percentiles(this.answerMs) : null,
      late_ms: percentiles(this.lateMs),
      rss_before_kib: this.rssBeforeKib,
      rss_open_kib: this.rssOpenKib,
      rss_peak_kib: status("VmHWM:"),
      threads: Math.max(this.threads, status("Threads:")),
      held_cpu_s: this.held[0],
      held_s: this.held[1],
      errors: this.errors.slice(0, ERRORS_SHOWN),
    };
  }
}

export class Stream {
  #tokens = 0;
  #characters = 0;
  #began = performance.now();

  constructor(meter, timed) {
    this.meter = meter;
    this.timed = timed;
  }

  token(text) {
    if (this.#tokens === 0) {
      this.meter.firstMs.push(performance.now() - this.#began);
      this.meter.opens();
    }
    this.#tokens++;
    this.#characters += text.length;
    if (this.timed) {
      // CLOCK_MONOTONIC in nanoseconds, on Linux.
      const now = Number(process.hrtime.bigint() / 1000n) / 1000;
      this.meter.lateMs.push(now - Number(text) / 1000);
    }
  }

  end() {
    this.meter.tokens += this.#tokens;
    this.meter.characters += this.#characters;
    this.meter.answerMs.push(performance.now() - this.#began);
  }
}

// By nearest rank; null of nothing.
function percentiles(values) {
  if (values.length === 0) return null;
  const sorted = Float64Array.from(values).sort();
  const rank = (share) => sorted[Math.ceil(sorted.length * share) - 1];
  return { p50: rank(0.5), p99: rank(0.99), count: sorted.length };
}

function seconds(before) {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

// A number of this process (proc(5), status).
function status(field) {
  const text = readFileSync("/proc/self/status", "ascii");
  return Number(text.slice(text.indexOf(field) + field.length).match(/\d+/)[0]);
}
