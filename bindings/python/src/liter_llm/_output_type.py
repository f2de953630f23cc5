"""The type variable of an output: that of an invoke(request, output=...), else object."""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:  # typing has defaults from Python 3.13 on
    from typing_extensions import TypeVar as TypeVarWithDefault

    Output = TypeVarWithDefault("Output", covariant=True, default=object)
else:
    Output = TypeVar("Output", covariant=True)
