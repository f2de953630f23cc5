"""liter_llm.ray: rows of a Ray Data dataset are answered by actors, each with one native client.

```
rows.map_batches(
    Complete,
    batch_format="pyarrow",
    fn_constructor_kwargs={"provider": "openai", "model": "gpt-4o-mini"},
)
```

`Complete` and `Embed` take and give tables of pyarrow and do not import Ray, so Dask and Spark run
them as well. `unanswered` leaves out what is written already, `write` writes lines as `liter-llm
map` does. The rows are those of `liter_llm.bulk`.
"""

from .actors import Complete, Embed
from .written import unanswered, write

__all__ = ["Complete", "Embed", "unanswered", "write"]
