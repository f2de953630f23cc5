// What each test file of vitest does, in another worker or after the other one. BASE_URL is a name
// of vitest's own.
import { getEventListeners } from "node:events";

import { afterEach, expect, test, vi } from "vitest";

const { CHAT_URL, HANGING_URL } = process.env;
const OPTIONS = { provider: "openai", apiKey: "k", baseUrl: CHAT_URL };
const REQUEST = { model: "m", messages: [{ role: "user", content: "Hello" }] };
const hanging = { ...REQUEST, base_url: HANGING_URL };

async function read(stream) {
  let text = "";
  for await (const token of stream) text += token;
  return text;
}

export function defineTests() {
  afterEach(() => vi.useRealTimers());

  for (const round of [1, 2, 3]) {
    test(`after a reset of the registry ${round}`, async () => {
      vi.resetModules();
      const { LiterLlm, LlmError } = await import("liter-llm");
      const llm = new LiterLlm(OPTIONS);

      expect(await read(llm.invoke(REQUEST))).toBe("Hello world");
      expect((await llm.invoke(REQUEST)).text).toBe("Hello world");
      const error = await llm
        .invoke({ model: "m" })
        .catch((failure) => failure);
      expect(error).toBeInstanceOf(LlmError);
      expect(error.code).toBe("INVALID_REQUEST");
    });
  }

  test("no timer of JavaScript is needed", async () => {
    const { LiterLlm } = await import("liter-llm");
    vi.useFakeTimers();
    const llm = new LiterLlm({ ...OPTIONS, idleTimeoutMs: 100, retriesMax: 0 });

    expect(await read(llm.invoke(REQUEST))).toBe("Hello world");
    const error = await read(llm.invoke(hanging)).catch((failure) => failure);
    expect([error.code, error.timer]).toEqual(["TIMEOUT", "idle"]);
  });

  test("a signal of this realm", async () => {
    const { LiterLlm } = await import("liter-llm");
    const llm = new LiterLlm(OPTIONS);
    const aborter = new AbortController();
    const { signal } = aborter;
    const readers = [1, 2, 3].map(() =>
      llm.invoke(hanging, { signal })[Symbol.asyncIterator](),
    );

    await Promise.all(readers.map((reader) => reader.next()));
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    aborter.abort();

    for (const reader of readers)
      await expect(reader.next()).rejects.toMatchObject({ code: "CANCELLED" });
  });

  test("a stream may be left live", async () => {
    const { LiterLlm } = await import("liter-llm");
    const llm = new LiterLlm(OPTIONS);
    globalThis.left = llm.invoke(hanging)[Symbol.asyncIterator]();
    expect((await globalThis.left.next()).value).toBe("one");
  });

  test("a script answers, and a matcher says what was asked", async () => {
    const { fail, scripted } = await import("liter-llm/testing");
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
}
