"""Sums of products along chosen axes: `einsum` and its relatives, all made of `matmul`."""

from __future__ import annotations

from collections.abc import Sequence

from horn.errors import ArgumentError, ShapeError
from horn.spec.laws import show
from horn.spec.normalise import axis as one_axis
from horn.spec.op import Tensor, composite, ops
from horn.spec.sizes import product


@composite(promote=True)
def tensordot(x1: Tensor, x2: Tensor, axes: int | tuple[int | tuple[int, ...], ...] = 2):
    """Return the sums of products of two tensors along pairs of axes.

    Args:
        x1: Any tensor.
        x2: Any tensor.
        axes: How many of the last axes of `x1` pair with as many first ones of `x2`, or the axes of
            each.

    Shapes:
        returns: the other axes of `x1`, then those of `x2`

    Example:
        >>> ops.tensordot(np.ones((2, 3)), np.ones((3, 4)), axes=1).shape
        (2, 4)
    """
    rank1, rank2 = len(x1.shape), len(x2.shape)
    if isinstance(axes, int):
        pairs = (tuple(range(rank1 - axes, rank1)), tuple(range(axes)))
    else:
        pairs = tuple(a if isinstance(a, tuple) else (a,) for a in axes)
    first = [one_axis(i, rank1, "tensordot") for i in pairs[0]]
    second = [one_axis(i, rank2, "tensordot") for i in pairs[1]]
    if [x1.shape[i] for i in first] != [x2.shape[i] for i in second]:
        raise ShapeError(
            "tensordot was given axes of different sizes.",
            expected="equal sizes along each pair of axes",
            got=f"{show(x1.shape)} and {show(x2.shape)} along {axes}",
            remedy="check the order of the axes",
        )
    rest1 = [i for i in range(rank1) if i not in first]
    rest2 = [i for i in range(rank2) if i not in second]
    sizes1, sizes2 = [x1.shape[i] for i in rest1], [x2.shape[i] for i in rest2]
    inner = product(x1.shape[i] for i in first)
    left = ops.reshape(ops.transpose(x1, (*rest1, *first)), (product(sizes1), inner))
    right = ops.reshape(ops.transpose(x2, (*second, *rest2)), (inner, product(sizes2)))
    return ops.reshape(ops.matmul(left, right), (*sizes1, *sizes2))


@composite(promote=True)
def dot(x1: Tensor, x2: Tensor):
    """Return the product over the last axis of `x1` and the last but one, or only, axis of `x2`.

    A scalar multiplies. Unlike in `matmul`, the other axes of both follow one another.
    """
    if not x1.shape or not x2.shape:
        return x1 * x2
    return ops.tensordot(x1, x2, axes=((-1,), (-1 if len(x2.shape) == 1 else -2,)))


@composite(promote=True)
def inner(x1: Tensor, x2: Tensor):
    """Return the product over the last axes of both; a scalar multiplies."""
    if not x1.shape or not x2.shape:
        return x1 * x2
    return ops.tensordot(x1, x2, axes=((-1,), (-1,)))


@composite(promote=True)
def vdot(x1: Tensor, x2: Tensor):
    """Return the sum of the products of all elements of two tensors, as a scalar."""
    return ops.matmul(ops.reshape(x1, (-1,)), ops.reshape(x2, (-1,)))


@composite(promote=True)
def outer(x1: Tensor, x2: Tensor):
    """Return the product of each element of `x1` with each of `x2`, as a matrix.

    Example:
        >>> ops.outer(np.array([1, 2]), np.array([3, 4]))
        array([[3, 4],
               [6, 8]])
    """
    return ops.reshape(x1, (-1, 1)) * ops.reshape(x2, (1, -1))


@composite(promote=True)
def einsum(operands: Sequence[Tensor], subscripts: str):
    """Return the sum of products that the subscripts name, as in Einstein's notation.

    Called as ``einsum("ij,jk->ik", x, y)``. A letter stands for an axis; one that is missing behind
    the arrow is summed over; one that an operand has twice takes its diagonal. ``...`` stands for
    axes that broadcast. Without an arrow the letters that occur once follow in alphabetic order.
    Operands are contracted from left to right.

    Example:
        >>> x = np.array([[1, 2], [3, 4]])
        >>> ops.einsum("ij,kj->ik", x, x), int(ops.einsum("ii", x))
        (array([[ 5, 11],
               [11, 25]]), 5)
    """
    inputs, output = _parse(subscripts, [x.shape for x in operands])
    terms = [_diagonals(x, labels) for x, labels in zip(operands, inputs, strict=True)]
    _check_sizes(subscripts, terms)
    terms = _without_stretched(terms)
    value, labels = terms[0]
    for i in range(1, len(terms)):
        later = {*output, *(label for _, names in terms[i + 1 :] for label in names)}
        value, labels = _contract((value, labels), terms[i], later)
    value, labels = _sum_out(value, labels, set(output))
    return ops.transpose(value, tuple(labels.index(label) for label in output))


@einsum.frontend
def _(subscripts, *operands):
    return einsum.bind(operands, subscripts=subscripts)


def _parse(subscripts, shapes):
    """Return the labels of the axes of each operand and of the result; those of ``...`` are numbers."""
    text = subscripts.replace(" ", "")
    left, arrow, right = text.partition("->")
    names = left.split(",")
    if len(names) != len(shapes):
        raise _refused(subscripts, f"{len(shapes)} operands, separated by commas", f"{len(names)} of them")
    inputs = [_labels(subscripts, name, len(shape)) for name, shape in zip(names, shapes, strict=True)]
    free = sorted({label for labels in inputs for label in labels if isinstance(label, int)})
    if arrow:
        before, dots, after = right.partition("...")
        output = (*before, *(free if dots else ()), *after)
    else:
        letters = left.replace(",", "").replace(".", "")
        output = (*free, *sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    known = {label for labels in inputs for label in labels}
    if len(set(output)) < len(output) or not set(output) <= known:
        raise _refused(subscripts, "each letter behind the arrow once, and of an operand", repr(right))
    return inputs, output


def _labels(subscripts, name, rank):
    before, dots, after = name.partition("...")
    hidden = rank - len(before) - len(after)
    if any(not (letter.isascii() and letter.isalpha()) for letter in before + after):
        raise _refused(subscripts, "letters, commas, ... and one arrow", repr(name))
    if hidden < 0 or (hidden and not dots):
        raise _refused(subscripts, f"one letter for each of {rank} axes", repr(name))
    return (*before, *range(-hidden, 0), *after)


def _refused(subscripts, expected, got):
    return ArgumentError(
        f"einsum was given subscripts that do not fit its operands: {subscripts!r}.",
        expected=expected,
        got=got,
        remedy='write them as in "ij,jk->ik"',
    )


def _diagonals(x, labels):
    """Return an operand in which each label is left once."""
    for label in dict.fromkeys(labels):
        while labels.count(label) > 1:
            first = labels.index(label)
            second = labels.index(label, first + 1)
            x = ops.diagonal(x, axis1=first, axis2=second)
            labels = (*(k for i, k in enumerate(labels) if i not in (first, second)), label)
    return x, labels


def _check_sizes(subscripts, terms):
    sizes = {}
    for x, labels in terms:
        for label, size in zip(labels, x.shape, strict=True):
            if size != 1 and sizes.setdefault(label, size) != size:
                raise ShapeError(
                    f"einsum was given sizes that do not fit: {subscripts!r}.",
                    expected="one size for each letter",
                    got=" and ".join(show(x.shape) for x, _ in terms),
                    remedy="check the order of the axes",
                )


def _without_stretched(terms):
    """Return the terms without the axes of size one that stretch to those of another term."""
    pairs = [pair for x, labels in terms for pair in zip(labels, x.shape, strict=True)]
    sizes = {label for label, size in pairs if size != 1}
    kept = []
    for x, labels in terms:
        stays = [i for i, label in enumerate(labels) if label not in sizes or x.shape[i] != 1]
        slim = x if len(stays) == len(labels) else ops.reshape(x, tuple(x.shape[i] for i in stays))
        kept.append((slim, tuple(labels[i] for i in stays)))
    return kept


def _sum_out(x, labels, kept):
    gone = tuple(i for i, label in enumerate(labels) if label not in kept)
    if not gone:
        return x, labels
    return ops.sum(x, axis=gone), tuple(label for label in labels if label in kept)


def _contract(first, second, later):
    """Return the product of two terms, summed over the labels that nothing needs later."""
    x1, labels1 = _sum_out(*first, {*second[1], *later})
    x2, labels2 = _sum_out(*second, {*labels1, *later})
    shared = [label for label in labels1 if label in labels2]
    batch = [label for label in shared if label in later]
    inner = [label for label in shared if label not in later]
    left = [label for label in labels1 if label not in shared]
    right = [label for label in labels2 if label not in shared]
    result = (*batch, *left, *right)
    size = {**dict(zip(labels1, x1.shape, strict=True)), **dict(zip(labels2, x2.shape, strict=True))}
    x1 = ops.transpose(x1, tuple(labels1.index(label) for label in (*batch, *left, *inner)))
    x2 = ops.transpose(x2, tuple(labels2.index(label) for label in (*batch, *inner, *right)))
    groups = [tuple(size[label] for label in group) for group in (batch, left, inner, right)]
    if not inner:
        x1 = ops.reshape(x1, (*groups[0], *groups[1], *(1,) * len(right)))
        x2 = ops.reshape(x2, (*groups[0], *(1,) * len(left), *groups[3]))
        return x1 * x2, result
    n, rows, depth, columns = (product(group) for group in groups)
    many = (n,) if batch else ()
    value = ops.matmul(ops.reshape(x1, (*many, rows, depth)), ops.reshape(x2, (*many, depth, columns)))
    return ops.reshape(value, (*groups[0], *groups[1], *groups[3])), result
