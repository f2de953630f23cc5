// Plays the tape, without a key; LITER_LLM_TAPE=record and a key record it again.
import assert from "node:assert/strict";
import { test } from "node:test";

import { taped } from "liter-llm/testing";

test("the capital of Italy", async () => {
  const llm = taped(new URL("tapes/capital.jsonl", import.meta.url));
  const content = "The capital of Italy, in one word";
  const messages = [{ role: "user", content }];

  const response = await llm.invoke({ model: "openai/gpt-4o-mini", messages });

  assert.match(response.text, /Rome/);
  llm.close(); // puts the tape in order
});
