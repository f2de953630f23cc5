from typing import Optional

import botocore.session

from liter_llm import LiterLlm

credentials = botocore.session.get_session().get_credentials()


def key() -> dict[str, Optional[str]]:
    now = credentials.get_frozen_credentials()  # refreshes those that are about to expire
    return {
        "aws_access_key_id": now.access_key,
        "aws_secret_access_key": now.secret_key,
        "aws_session_token": now.token,
    }


llm = LiterLlm("bedrock", api_key=key, aws_region="us-east-1")
message = {"role": "user", "content": "Explain Rust ownership"}
model = "anthropic.claude-sonnet-4-20250514-v1:0"
print(llm.invoke({"model": model, "messages": [message]}).complete().text)
