// `node demo.mjs PROVIDER REQUEST_JSON`: streams one response, then prints how it ended.
import { LiterLlm, LlmError } from "../../bindings/node/index.mjs";

const [provider, request] = process.argv.slice(2);
const llm = new LiterLlm({ provider });
try {
  for await (const token of llm.invoke(JSON.parse(request)))
    process.stdout.write(token);
  console.log();
} catch (error) {
  if (!(error instanceof LlmError)) throw error;
  console.error(`\n${error.code}: ${error.message}`);
  process.exitCode = 1;
} finally {
  llm.close();
}
