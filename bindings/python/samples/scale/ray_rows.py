import sys

import ray

from liter_llm.ray import Complete, unanswered, write
from liter_llm.shared_limits import SharedLimits

folder = sys.argv[1]  # that every machine sees, such as s3://bucket/notes
answers = f"{folder}/answers"
notes = ray.data.read_parquet(f"{folder}/notes.parquet")  # with the columns note_id and text
settings = {
    "provider": "openai",
    "model": "gpt-4o-mini",
    "template": "Summarise in one sentence: {text}",
    "id": "note_id",
    "concurrency": 256,
    "limits": SharedLimits("openai", requests_per_minute=5_000, tokens_per_minute=4_000_000),
}
answered = unanswered(notes, answers, id="note_id").map_batches(
    Complete,
    batch_format="pyarrow",
    batch_size=100,
    compute=ray.data.ActorPoolStrategy(
        size=2, max_concurrent_calls_per_actor=4, max_tasks_in_flight_per_actor=8
    ),
    num_cpus=0.5,
    fn_constructor_kwargs=settings,
)
write(answered, answers)
