// Half of a surrogate pair, which a cut through an emoji leaves: a JavaScript string may hold it,
// UTF-8 cannot. It becomes U+FFFD, and nothing else of the request changes.
import assert from "node:assert/strict";

import { MESSAGES, Mock, read, test } from "./support.mjs";

const mock = await Mock.start();

const CUT = "\u{1f600}".slice(0, 1);
const TEXTS = [
  ["cut at the end ", CUT],
  [CUT, " cut at the begin"],
  ["\u{1f600}".slice(1), " the other half"],
  ["\udc00\ud800", " the wrong way round"],
  ["\ud800\ud800\udc00", " one before a whole pair"],
  ["\\", CUT, " behind a backslash"],
  ["\\\\", CUT, '"\\"'],
  [CUT.repeat(5000)],
];
const WHOLE = [
  "\u{1f600} \u{10ffff} e\u0301 \ufffd \uffff \0",
  "only text: \\ud83d \\\\ud83d \\u0041",
];

// By hand, because the oldest supported versions of Node.js lack toWellFormed.
const wellFormed = (text) => Buffer.from(text, "utf8").toString("utf8");

const USES = [
  async (stream) => (await stream).text,
  async (stream) => (await read(stream)).join(""),
];

test("lone_surrogates_of_a_request_are_replaced", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const llm = mock.connect(key);
  const texts = [...TEXTS.map((pieces) => pieces.join("")), ...WHOLE];

  for (const [number, text] of texts.entries()) {
    const request = {
      model: "m",
      messages: [
        ...MESSAGES,
        { role: "user", content: [{ type: "text", text }] },
        { role: "user", content: text },
      ],
      user: text,
      metadata: { text },
      stop: [text],
      ownField: [{ [text]: text }],
      extra_body: { more: text },
    };

    assert.equal(await USES[number % 2](llm.invoke(request)), "Hello");

    const { requests } = await mock.seen(key);
    const { body } = requests.at(-1);
    const sent = wellFormed(text);
    const [, part, plain] = body.messages;
    assert.equal(part.content[0].text, sent);
    assert.deepEqual(
      [plain.content, body.user, body.metadata.text, body.more],
      [sent, sent, sent, sent],
    );
    assert.deepEqual(body.stop, [sent]);
    assert.deepEqual(body.ownField, [{ [sent]: sent }]);
  }
});

test("whole_texts_are_left_alone", () => {
  for (const text of WHOLE) assert.equal(wellFormed(text), text);
  for (const pieces of TEXTS) {
    const text = pieces.join("");
    assert.notEqual(wellFormed(text), text);
    assert.equal(wellFormed(text).length, text.length);
  }
});

// The message names the option, and does not say that options are no JSON.
test("lone_surrogates_of_options_are_named", async () => {
  const key = await mock.plan([{ answer: { text: "Hello" } }]);
  const request = { model: "m", messages: MESSAGES };
  const headers = { "X-Title": CUT };

  const refused = {
    code: "INVALID_ARGUMENT",
    message: /headers\.X-Title has a character/,
  };
  assert.throws(() => mock.connect(key, { headers }), refused);
  await assert.rejects(mock.connect(key).invoke(request, { headers }), refused);
  assert.throws(() => mock.connect(key, { provider: CUT }), {
    code: "CONFIG",
    message: /"\ufffd" is unknown/,
  });
});
