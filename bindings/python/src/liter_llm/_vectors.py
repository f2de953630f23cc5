"""Vectors: those of one embed call, as numpy and memoryview take them: without a copy.

Their bytes are the ones that the native library delivered, joined once as they came.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Union, overload

if TYPE_CHECKING:
    FloatView = memoryview[float]
    AnyView = memoryview[Any]
else:  # where a type takes no parameters at run time
    FloatView = AnyView = memoryview


class Vectors:
    """Vectors of 32-bit floats, in the order of the inputs. They cannot be changed.

    `vectors[0]` is a memoryview of floats, and vectors[2:4] a list of them; both are views of the
    same memory. `numpy.asarray(vectors)` is an array with a row for each of them, which copies
    nothing either; `numpy.array(vectors)` is a copy that can be changed."""

    __slots__ = ("_bytes", "_count", "_floats", "dimensions")

    dimensions: int
    """Numbers in each vector."""

    def __init__(self, data: Union[bytes, bytearray], count: int, dimensions: int) -> None:
        """data: little-endian floats, one vector behind the other; nobody may change it."""
        self._bytes = data
        self._floats = memoryview(data).toreadonly().cast("f")
        self._count = count
        self.dimensions = dimensions
        if len(self._floats) != count * dimensions:
            raise ValueError(f"{len(data)} bytes are not {count} vectors of {dimensions} numbers")

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> FloatView: ...

    @overload
    def __getitem__(self, index: slice) -> list[FloatView]: ...

    def __getitem__(self, index: Union[int, slice]) -> Union[FloatView, list[FloatView]]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._count))]
        start = range(self._count)[index] * self.dimensions  # an IndexError, or from the end
        return self._floats[start : start + self.dimensions]

    def __iter__(self) -> Iterator[FloatView]:
        size = self.dimensions
        for start in range(0, self._count * size, size or 1):
            yield self._floats[start : start + size]

    def tolist(self) -> list[list[float]]:
        """All numbers as Python's own, which is slow for many."""
        rows: list[Any] = [vector.tolist() for vector in self]
        return rows

    def tobytes(self) -> bytes:
        """A copy of all bytes: little-endian 32-bit floats, one vector behind the other."""
        return bytes(self._bytes)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """For numpy, and for all that takes what numpy takes."""
        shape = (self._count, self.dimensions)
        return {"version": 3, "typestr": "<f4", "shape": shape, "data": self._floats}

    def __buffer__(self, flags: int) -> AnyView:
        """From Python 3.12 on: memoryview(vectors), of two dimensions."""
        if not self._count:
            return _empty(self.dimensions)
        return self._floats.cast("B").cast("f", (self._count, self.dimensions))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Vectors):
            return NotImplemented
        return self.dimensions == other.dimensions and self._bytes == other._bytes

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<{self._count} vectors of {self.dimensions} numbers>"

    def __reduce__(self) -> tuple[Any, ...]:
        return Vectors, (self.tobytes(), self._count, self.dimensions)


def _empty(dimensions: int) -> AnyView:
    """A view of no vectors, which memoryview.cast() refuses to make."""
    import ctypes

    return memoryview((ctypes.c_float * dimensions * 0)()).toreadonly()
