"""A Horn model as an `nn.Module` over the same parameters, for loops written in PyTorch."""

from __future__ import annotations

from typing import Any

import torch

from horn import contract
from horn.state.pure import Scope


class Module(torch.nn.Module):
    """A module whose parameters and buffers are the storages of a model's Variables.

    Args:
        model: A built Horn model on the backend ``"torch"``.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self._model = model
        self._sources = model.variables
        self._names: list[str] = []
        for number, variable in enumerate(self._sources):
            storage = variable.storage(model.backend)
            name = f"{number}_{variable.path}".replace("/", "_").replace(".", "_")
            self._names.append(name)
            if isinstance(storage, torch.nn.Parameter):
                self.register_parameter(name, storage)
            else:
                self.register_buffer(name, storage)

    def forward(self, *args: Any) -> Any:
        """Return the outputs; PyTorch's autograd reaches the parameters."""
        values = [getattr(self, name) for name in self._names]
        with contract.context(backend=self._model.backend), Scope(self._sources, values).active() as running:
            outputs = self._model(*args, training=self.training)
        for variable in running.assigned.values():
            variable.store(running.values[id(variable)].detach())
        return outputs


def module(model: Any) -> Module:
    """Return `model` as an `nn.Module` over the same parameters: what one changes, the other sees.

    Args:
        model: A built Horn model whose backend is ``"torch"``.

    Example:
        >>> import numpy as np, torch, horn
        >>> model = horn.Sequential([horn.Input((3,)), horn.layers.Dense(1)], backend="torch")
        >>> net = module(model)
        >>> loss = net(torch.ones(2, 3)).square().mean()
        >>> loss.backward()
        >>> torch.optim.SGD(net.parameters(), 0.1).step()
    """
    return Module(model)
