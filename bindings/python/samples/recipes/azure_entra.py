from azure.identity import DefaultAzureCredential, get_bearer_token_provider

from liter_llm import LiterLlm

# Caches the token, and gets another one a few minutes before it expires.
token = get_bearer_token_provider(
    DefaultAzureCredential(), "https://cognitiveservices.azure.com/.default"
)
llm = LiterLlm("azure", api_key=token, auth="bearer")
message = {"role": "user", "content": "Explain Rust ownership"}
print(llm.invoke({"model": "my-deployment", "messages": [message]}).complete().text)
