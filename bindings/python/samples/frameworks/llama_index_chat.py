from llama_index.core import Document, Settings, VectorStoreIndex

from liter_llm.integrations.llama_index import LiterLlmChat, LiterLlmEmbedding

Settings.llm = LiterLlmChat("openai/gpt-4o-mini")
Settings.embed_model = LiterLlmEmbedding("openai/text-embedding-3-small")

notes = [Document(text="The key is under the mat."), Document(text="The bread is in the oven.")]
index = VectorStoreIndex.from_documents(notes)
print(index.as_query_engine().query("Where is the key?"))
