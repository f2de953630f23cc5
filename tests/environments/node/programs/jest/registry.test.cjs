// A test file of Jest has a registry of modules and a realm of its own, and the addon is shared.
const { getEventListeners } = require("node:events");

const { BASE_URL, HANGING_URL } = process.env;
const OPTIONS = {
  ...{ provider: "openai", apiKey: "k", baseUrl: BASE_URL },
  logLevel: "debug",
};
const REQUEST = { model: "m", messages: [{ role: "user", content: "Hello" }] };
const hanging = { ...REQUEST, base_url: HANGING_URL };

function freshCopy() {
  let copy;
  jest.isolateModules(() => (copy = require("liter-llm")));
  return copy;
}

async function read(stream) {
  let text = "";
  for await (const token of stream) text += token;
  return text;
}

afterEach(() => jest.useRealTimers());

for (const round of [1, 2, 3]) {
  test(`after a reset of the registry ${round}`, async () => {
    jest.resetModules();
    const { LiterLlm, LlmError } = require("liter-llm");
    const llm = new LiterLlm(OPTIONS);

    expect(await read(llm.invoke(REQUEST))).toBe("Hello world");
    const reply = await llm.invoke(REQUEST);
    expect(reply).toMatchObject({ text: "Hello world", outcome: "complete" });
    const error = await llm.invoke({ model: "m" }).catch((failure) => failure);
    expect(error).toBeInstanceOf(LlmError);
    expect(error).toBeInstanceOf(Error);
    expect(error.code).toBe("INVALID_REQUEST");
  });
}

test("several copies at once", async () => {
  const copies = [freshCopy(), freshCopy(), freshCopy()];
  expect(new Set(copies.map((copy) => copy.LiterLlm)).size).toBe(3);
  const aborter = new AbortController();
  const { signal } = aborter;
  const readers = copies.flatMap(({ LiterLlm }) => {
    const llm = new LiterLlm(OPTIONS);
    return [0, 1].map(() =>
      llm.invoke(hanging, { signal })[Symbol.asyncIterator](),
    );
  });

  const first = await Promise.all(readers.map((reader) => reader.next()));
  expect(first.map(({ value }) => value)).toEqual(Array(6).fill("one"));
  expect(getEventListeners(signal, "abort")).toHaveLength(3);
  aborter.abort();

  for (const reader of readers)
    await expect(reader.next()).rejects.toMatchObject({ code: "CANCELLED" });
});

test("no timer of JavaScript is needed", async () => {
  jest.useFakeTimers();
  const { LiterLlm } = freshCopy();
  const llm = new LiterLlm({ ...OPTIONS, idleTimeoutMs: 100, retriesMax: 0 });

  expect(await read(llm.invoke(REQUEST))).toBe("Hello world");
  expect((await llm.invoke(REQUEST)).text).toBe("Hello world");
  await expect(read(llm.invoke(hanging))).rejects.toMatchObject({
    code: "TIMEOUT",
    timer: "idle",
  });
});

test("a stream may be left live", async () => {
  const llm = new (require("liter-llm").LiterLlm)(OPTIONS);
  globalThis.left = llm.invoke(hanging)[Symbol.asyncIterator]();
  expect((await left.next()).value).toBe("one");
});

test("a script answers, and a matcher says what was asked", async () => {
  const { fail, scripted } = require("liter-llm/testing");
  const llm = scripted([fail({ kind: "TLS" }), "Hello world"]);

  await expect(read(llm.invoke(REQUEST))).rejects.toMatchObject({
    code: "TLS",
  });
  expect(await read(llm.invoke(REQUEST))).toBe("Hello world");
  const content = expect.stringContaining("ell");
  await llm.assertAsked([{ messages: [{ content }] }, { model: /^m$/ }]);
  const wrong = llm.assertAsked({ model: "other" });
  await expect(wrong).rejects.toMatchObject({
    message: expect.stringContaining("model: asked 'm', expected 'other'"),
  });
});
