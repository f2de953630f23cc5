// The recipes for web servers: whole responses, clients that leave, and errors that have a status.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Mock } from "./support.mjs";

const mock = await Mock.start();
after(() => mock.stop());

const HELLO = { answer: { text: "Hello world" } };
const HEAD = {
  status: 200,
  headers: [["content-type", "text/event-stream"]],
  chunked: true,
};
const SILENT = { raw: [{ head: HEAD }, { hang: true }] };
const HANG = { raw: [{ head: HEAD }, { token: "one" }, { hang: true }] };
const CUT = { raw: [{ head: HEAD }, { token: "one" }, { reset: true }] };
const LATER = [["retry-after", "99"]];
const REFUSED = { status: 429, headers: LATER, error: { message: "slow" } };
const WRONG = { status: 401, headers: [], error: { message: "wrong key" } };
const STEPS = [HELLO, HANG, SILENT, CUT, REFUSED, WRONG];
const MESSAGES = [{ role: "user", content: "Hi" }];

const namesOf = ({ options }) => ({
  OPENAI_API_KEY: options.apiKey,
  OPENAI_BASE_URL: options.baseUrl,
});

// Runs a server and returns a function that posts to it.
async function serve(name, place) {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL(`web/${name}.mjs`, import.meta.url))],
    {
      env: { ...process.env, ...namesOf(place), PORT: "0" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  after(() => child.kill());
  const [url] = await once(createInterface(child.stdout), "line");
  const inJson = {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ text: "Hi" }),
  };
  const question = name === "http" ? { body: "Hi" } : inJson;
  return (init) =>
    fetch(`${url}/chat`, { method: "POST", ...question, ...init });
}

// The same for a function of requests.
async function route(place) {
  Object.assign(process.env, namesOf(place));
  const { POST } = await import("./web/route.mjs");
  const body = JSON.stringify({ messages: MESSAGES });
  return (init) =>
    POST(new Request("http://host/chat", { method: "POST", body, ...init }));
}

const textOf = async (events) => {
  const data = events.matchAll(/^data: (.*)$/gm);
  const read = [...data].map(([, line]) => JSON.parse(line));
  return read.map(({ type, text }) => (type === "text" ? text : "")).join("");
};

for (const name of ["http", "express", "fastify", "route"]) {
  const isSse = name === "express";

  test(`${name}: whole, left, cut, refused, and left before a token`, async () => {
    const place = await mock.plan(...STEPS);
    const post = await (name === "route" ? route(place) : serve(name, place));

    const whole = await post();
    const body = await whole.text();
    assert.equal(whole.status, 200);
    assert.equal(isSse ? await textOf(body) : body, "Hello world");
    const type = isSse ? "text/event-stream" : "text/plain; charset=utf-8";
    assert.ok(whole.headers.get("content-type").startsWith(type));
    assert.deepEqual((await place.asked()).messages, MESSAGES);

    const reader = (await post()).body.getReader();
    await reader.read();
    await reader.cancel();
    assert.ok(await place.closed(1));

    const aborter = new AbortController();
    const before = await place.requests();
    const silent = post({ signal: aborter.signal });
    await place.reaches(before + 1);
    aborter.abort();
    const left = await silent.catch(({ name: error }) => error);
    assert.ok(left === "AbortError" || left.status === 502);
    assert.ok(await place.closed(2));

    const cut = (await post()).text();
    if (isSse) assert.match(await cut, /^event: error\n.*"TRUNCATED"/m);
    else await assert.rejects(cut);

    const statuses = [];
    for (const kind of ["RATE_LIMITED", "AUTHENTICATION"]) {
      const refused = await post();
      assert.match(await refused.text(), new RegExp(kind));
      statuses.push(refused.status);
    }
    assert.deepEqual(statuses, [503, 502]);
  });
}
