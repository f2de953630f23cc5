from langchain_core.messages import HumanMessage
from langchain_core.tools import tool

from liter_llm.integrations.langchain import ChatLiterLlm


@tool
def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


model = ChatLiterLlm(model="openai/gpt-4o-mini", max_tokens=200)
for chunk in model.stream("Why is the sky blue? One sentence."):
    print(chunk.content, end="", flush=True)
print()

question = HumanMessage("What is the weather in Paris?")
with_tools = model.bind_tools([weather])
reply = with_tools.invoke([question])
results = [weather.invoke(call) for call in reply.tool_calls]
print(with_tools.invoke([question, reply, *results]).content)
