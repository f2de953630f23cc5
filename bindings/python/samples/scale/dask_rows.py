import asyncio

import dask.dataframe
import pandas
import pyarrow

from liter_llm.ray import Complete

COLUMNS = ("id", "custom_id", "response", "error", "liter_llm", "text")


def answer(partition: pandas.DataFrame) -> pandas.DataFrame:
    async def ask() -> pyarrow.Table:
        complete = Complete("openai", "gpt-4o-mini", concurrency=256)
        try:
            return await complete(pyarrow.Table.from_pandas(partition, preserve_index=False))
        finally:
            await complete.aclose()

    return asyncio.run(ask()).to_pandas()


rows = dask.dataframe.read_parquet("rows.parquet")  # with the columns custom_id and prompt
answered = rows.map_partitions(answer, meta=dict.fromkeys(COLUMNS, "string"))
answered.to_parquet("answers")
