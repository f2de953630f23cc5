liter-llm -m openai/gpt-4o-mini "Explain Rust ownership"
cat notes.txt | liter-llm -m openai/gpt-4o-mini "Summarize this in one line"
