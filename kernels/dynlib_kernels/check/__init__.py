"""Two ways to look into a kernel with no GPU at hand, for tests and for readers.

    watch()     runs it in Triton's interpreter and reports every byte it touches, what lies out of bounds, and races
    compiled()  compiles it for a GPU that is not there and reports registers, spills, shared memory and instructions

`python -m dynlib_kernels.check [--json]` prints what the compiler made of every kernel of this package.
"""

from typing import TYPE_CHECKING

from dynlib_kernels.lazy_exports import lazy

if TYPE_CHECKING:
    from dynlib_kernels.check.compilation import TARGETS, Compiled, compiled
    from dynlib_kernels.check.proof import Traffic, altered, assert_cost, empty_is_nan
    from dynlib_kernels.check.sanitizer import Problem, Watch, watch
else:
    __getattr__, __dir__ = lazy(__name__)

__all__ = ["TARGETS", "Compiled", "Problem", "Traffic", "Watch", "altered", "assert_cost", "compiled", "empty_is_nan", "watch"]
