// node --test samples/scripted.mjs; vitest and Jest take it the same way.
import assert from "node:assert/strict";
import { test } from "node:test";

import { cut, rateLimited, scripted } from "liter-llm/testing";

// The program that is tested.
async function titleOf(llm, article) {
  const content = `Write a title for: ${article}`;
  const messages = [{ role: "user", content }];
  const model = "openai/gpt-4o-mini";
  const response = await llm.invoke({ model, messages, temperature: 0.2 });
  return response.text.trim();
}

test("a title has no blanks around it, and a busy provider is asked again", async () => {
  const llm = scripted([rateLimited({ retryAfterMs: 1 }), " Who owns it? \n"]);

  assert.equal(await titleOf(llm, "Ownership in Rust"), "Who owns it?");
  const { messages } = await llm.assertAsked({
    model: "openai/gpt-4o-mini",
    messages: [{ role: "user", content: /Ownership in Rust$/ }],
  });
  assert.equal(messages.length, 1);
  llm.close();
});

test("half a title is an error", async () => {
  const llm = scripted([cut("Who ow")]);

  await assert.rejects(titleOf(llm, "Ownership"), { code: "TRUNCATED" });
  llm.close();
});
