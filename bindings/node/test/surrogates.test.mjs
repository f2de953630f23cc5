// Text that was cut inside a character: what no UTF-8 can carry becomes U+FFFD, and is no error.
import assert from "node:assert/strict";

import { Mock, REQUEST, test } from "./support.mjs";

const mock = await Mock.start();

const CUT = "cut \ud83d here \udc00, whole \ud83d\ude00";
const SENT = "cut \ufffd here \ufffd, whole \ud83d\ude00";

test("half_a_surrogate_pair_is_sent_as_a_replacement", async () => {
  const key = await mock.plan([{ answer: { text: "ok" } }]);
  const call = {
    id: "c1",
    type: "function",
    function: { name: "f", arguments: JSON.stringify({ a: "\ud83d" }) },
  };

  await mock.connect(key).invoke({
    ...REQUEST,
    user: CUT,
    stop: [CUT],
    messages: [
      { role: "user", content: CUT },
      { role: "user", content: [{ type: "text", text: CUT }] },
      { role: "assistant", content: null, tool_calls: [call] },
      { role: "tool", tool_call_id: "c1", content: CUT },
    ],
  });

  const { body } = (await mock.seen(key)).requests[0];
  const [first, second, third, last] = body.messages;
  assert.deepEqual(
    [body.user, body.stop, first.content, second.content, last.content],
    [SENT, [SENT], SENT, [{ type: "text", text: SENT }], SENT],
  );
  const { arguments: text } = third.tool_calls[0].function;
  assert.deepEqual(JSON.parse(text), { a: "\ufffd" });
});
