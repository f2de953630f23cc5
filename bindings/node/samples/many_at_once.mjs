import { LiterLlm } from "liter-llm";

const QUESTIONS = [
  "What is a borrow?",
  "What is a lifetime?",
  "What is a move?",
];
const llm = new LiterLlm({ provider: "openai" });

async function ask(content) {
  const response = await llm.invoke({
    model: "gpt-4o-mini",
    messages: [{ role: "user", content }],
  });
  return response.text;
}

const texts = await Promise.all(QUESTIONS.map(ask));
QUESTIONS.forEach((question, index) => console.log(question, texts[index]));
