"""liter-llm map: answers the rows of a file, one line of output for each, and can be resumed.

A consumer of LiterLlm.map(). `command` has the options and the run, `rows` the input, `journal` the
output; the rest is what is in between.
"""
