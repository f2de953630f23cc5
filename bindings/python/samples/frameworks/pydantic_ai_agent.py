from pydantic_ai import Agent

from liter_llm.integrations.pydantic_ai import LiterLlmModel

agent = Agent(LiterLlmModel("openai/gpt-4o-mini"), instructions="Answer in one sentence.")


@agent.tool_plain
def weather(city: str) -> str:
    """The weather of a city."""
    return f"rain in {city}"


print(agent.run_sync("What is the weather in Paris?").output)
