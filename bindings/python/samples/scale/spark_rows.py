import asyncio
from collections.abc import Iterator

import pyarrow
from pyspark.sql import SparkSession

from liter_llm.ray import Complete

COLUMNS = ("id", "custom_id", "response", "error", "liter_llm", "text")


def answer(batches: Iterator[pyarrow.RecordBatch]) -> Iterator[pyarrow.RecordBatch]:
    loop = asyncio.new_event_loop()
    complete = Complete("openai", "gpt-4o-mini", concurrency=256)
    try:
        for batch in batches:
            table = pyarrow.Table.from_batches([batch])
            yield from loop.run_until_complete(complete(table)).to_batches()
    finally:
        loop.run_until_complete(complete.aclose())
        loop.close()


spark = SparkSession.builder.getOrCreate()
rows = spark.read.parquet("rows.parquet")  # with the columns custom_id and prompt
answered = rows.mapInArrow(answer, ", ".join(f"{name} string" for name in COLUMNS))
answered.write.parquet("answers")
