"""Plans of upsampling."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn_conformance.plan import T, case, fault, plan

plan("upsample",
     case(T(11, 3, 4, 2), size=(2, 3), unknown=11), case(T(2, 5, 3), size=2), case(T(1, 2, 3, 2, 1), size=(1, 2, 3)),
     case(T(11, 4, 3, 2), size=(3, 2), interpolation="bilinear", unknown=11), case(T(2, 5, 3), size=4, interpolation="bicubic"),
     case(T(2, 2, 5, 4), size=(1, 2), interpolation="lanczos3", data_format="channels_first"), case(T(2, 9, 1), size=2, interpolation="lanczos5"),
     faults=(fault(ArgumentError, "interpolation", T(1, 4, 1), size=2, interpolation="cubic"), fault(ArgumentError, "size", T(1, 4, 1), size=0),
             fault(ShapeError, "space", T(4, 1), size=2)))  # fmt: skip
