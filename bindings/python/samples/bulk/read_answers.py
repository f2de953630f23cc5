import json
from pathlib import Path

with Path("answers.jsonl").open(encoding="utf-8") as lines:
    for line in map(json.loads, lines):
        if line["error"] is None:
            body = line["response"]["body"]
            print(line["custom_id"], body["choices"][0]["message"]["content"])
        else:
            print(line["custom_id"], "failed:", line["error"]["message"])
