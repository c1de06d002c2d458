"""The kernel of `scan`: a loop of TensorFlow's in a graph, a loop of Python's in eager code."""

from __future__ import annotations

from horn_tf.tensors import index, ints, raw, tf, tf_dtype

_UNROLLED = 4  # steps, up to which a loop costs more than it saves


def scan(init, xs, captures, *, body, length, reverse=False, keep_carries=False):
    run = _unrolled if tf.executing_eagerly() or length <= _UNROLLED else _looped
    return run(_Body(body, len(init), captures, keep_carries), init, xs, length, reverse)


class _Body:
    """One step of a scan: from carry and slices to the new carry and the rows to keep."""

    def __init__(self, program, n_carry, captures, keep_carries):
        self.program = program
        self.n_carry = n_carry
        self.captures = captures
        self.keep_carries = keep_carries
        carried, rows = program.graph.outputs[:n_carry], program.graph.outputs[n_carry:]
        self.row_specs = [out.spec for out in rows] + [out.spec for out in carried] * keep_carries

    def __call__(self, carry, slices):
        results = self.program(*carry, *slices, *self.captures)
        kept = carry if self.keep_carries else []
        return list(results[: self.n_carry]), [*results[self.n_carry :], *kept]


def _unrolled(body, init, xs, length, reverse):
    slices = [raw.Unpack(value=x, num=length, axis=0) for x in xs]
    carry, rows = list(init), []
    for i in range(length)[:: -1 if reverse else 1]:
        carry, row = body(carry, [parts[i] for parts in slices])
        rows.append(row)
    if not rows:
        return (*carry, *(_nothing(spec) for spec in body.row_specs))
    columns = zip(*rows[:: -1 if reverse else 1], strict=True)
    return (*carry, *(raw.Pack(values=list(column), axis=0) for column in columns))


def _nothing(spec):
    return tf.zeros((0, *spec.shape), tf_dtype(spec.dtype))


def _looped(body, init, xs, length, reverse):
    n = len(init)
    stacks = [
        tf.TensorArray(tf_dtype(spec.dtype), size=length, element_shape=spec.shape) for spec in body.row_specs
    ]

    def step(i, *held):
        at = raw.Sub(x=index(length - 1), y=i) if reverse else i
        slices = [raw.GatherV2(params=x, indices=at, axis=index(0)) for x in xs]
        carry, row = body(list(held[:n]), slices)
        written = [stack.write(at, value) for stack, value in zip(held[n:], row, strict=True)]
        return (raw.AddV2(x=i, y=index(1)), *carry, *written)

    end = index(length)
    results = tf.while_loop(
        lambda i, *_: raw.Less(x=i, y=end), step, (index(0), *init, *stacks), maximum_iterations=length
    )
    return (*results[1 : n + 1], *(stack.stack() for stack in results[n + 1 :]))


KERNELS = {"scan": scan}
