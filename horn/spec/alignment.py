"""Losses of a sequence against a shorter one whose alignment is unknown."""

from __future__ import annotations

from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import show
from horn.spec.op import Tensor, composite, ops

_NEVER = -1e5
"""The logarithm of a probability of zero: large enough beside any other, and finite, so that no
difference of two of them is NaN."""


@composite(to_float=False)
def ctc_loss(
    target: Tensor, output: Tensor, target_length: Tensor, output_length: Tensor, mask_index: int = 0
):
    """Return minus the log-probability of each target, over all its alignments with the output.

    An alignment writes one class, or the blank, at each step; repeats that are not parted by a
    blank count once. The probabilities of all prefixes are carried forward over time as
    logarithms. A target that is longer than the output allows has a loss of about 1e5.

    Args:
        target: Labels, which are padded behind their length.
        output: Logits of each class, the blank among them, at each step.
        target_length: How many labels each target has.
        output_length: How many steps of each output count.
        mask_index: Which class is the blank.

    Shapes:
        target:        (batch, labels), integers
        output:        (batch, time, classes)
        target_length: (batch,), integers
        output_length: (batch,), integers
        returns:       (batch,)

    Reference:
        Graves et al., Connectionist temporal classification (ICML 2006), section 4.1.
    """
    _check(target, output, target_length, output_length, mask_index)
    labels, classes = target.shape[1], output.shape[2]
    label = ops.cast(target, "int32")
    scores = output if output.dtype in ("float32", "float64") else ops.cast(output, "float32")
    said = ops.log_softmax(scores, axis=-1)
    # The extended target: a blank before, between and after the labels; 2 * labels + 1 states.
    marked = ops.one_hot(label, classes, dtype=said.dtype)
    by_label = ops.matmul(said, ops.transpose(marked, (0, 2, 1)))  # (batch, time, labels)
    blank = said[:, :, mask_index : mask_index + 1]
    repeat = ops.cast(ops.equal(label[:, 1:], label[:, :-1]), said.dtype) * _NEVER

    inside = ops.less(ops.expand_dims(ops.arange(output.shape[1]), 0), ops.expand_dims(output_length, 1))
    rows = [ops.transpose(by_label, (1, 0, 2)), ops.transpose(blank, (1, 0, 2)), ops.transpose(inside, (1, 0))]

    def step(carried, row):
        blanks, ends = carried  # log-probabilities of prefixes that end in a blank, and in a label
        label_now, blank_now, counts = row
        # A label follows itself, the blank before it, or the label before it if that is another.
        before = ops.pad(ends[:, :-1] + repeat, ((0, 0, 0), (1, 0, 0)), constant_value=_NEVER)
        new_ends = _logaddexp(_logaddexp(ends, blanks[:, :-1]), before) + label_now
        # A blank follows itself or the label before it.
        entered = ops.pad(ends, ((0, 0, 0), (1, 0, 0)), constant_value=_NEVER)
        new_blanks = _logaddexp(blanks, entered) + blank_now
        kept = ops.expand_dims(counts, 1)
        return (ops.where(kept, new_blanks, blanks), ops.where(kept, new_ends, ends)), None

    batch = output.shape[0]
    # Before the first step the empty prefix alone is possible.
    first = ops.pad(
        ops.zeros((batch, 1), said.dtype), ((0, 0, 0), (0, labels, 0)), constant_value=_NEVER
    )
    start = (first, ops.full((batch, labels), _NEVER, said.dtype))
    (blanks, ends), _ = ops.scan(step, start, rows)

    length = ops.expand_dims(ops.cast(target_length, "int32"), 1)
    last_blank = ops.sum(blanks * _at(length, labels + 1, said.dtype), axis=1)
    last_label = ops.sum(ends * _at(length - 1, labels, said.dtype), axis=1)
    last_label = ops.where(ops.less(0, target_length), last_label, _NEVER)
    return ops.negative(_logaddexp(last_blank, last_label))


def _check(target, output, target_length, output_length, mask_index):
    rows = (output.shape[:1], output.shape[:1])
    fits = len(output.shape) == 3 and len(target.shape) == 2 and target.shape[:1] == output.shape[:1]
    if not fits or (target_length.shape, output_length.shape) != rows:
        raise ShapeError(
            "ctc_loss was given shapes that do not fit.",
            expected="a target (batch, labels), an output (batch, time, classes) and lengths (batch,)",
            got=", ".join(show(x.shape) for x in (target, output, target_length, output_length)),
            remedy="pass one row of labels and one length for each sequence",
        )
    if not 0 <= mask_index < output.shape[2]:
        raise ArgumentError(
            "ctc_loss was given a blank that is no class.",
            expected=f"mask_index from 0 to {output.shape[2] - 1}",
            got=str(mask_index),
            remedy="give the model one class more than there are labels, for the blank",
        )


def _logaddexp(a, b):
    """Return ``log(exp(a) + exp(b))`` of finite numbers."""
    return ops.maximum(a, b) + ops.log1p(ops.exp(ops.negative(ops.absolute(a - b))))


def _at(index, size, dtype):
    """Return for each row a one at its index along a new axis of that size."""
    return ops.cast(ops.equal(index, ops.expand_dims(ops.arange(size), 0)), dtype)
