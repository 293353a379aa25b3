"""What is said of a training whose numbers are not finite any more: which term, which layer, what to try."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from backbones.base.errors import UserError
from backbones.base.plugins import PLUGINS


def not_finite(method: nn.Module, values: dict[str, float], half: bool) -> str:
    """Which loss terms and which layers' gradients are not finite. half: whether bf16 may be to blame."""
    terms = [name.removeprefix("loss:") for name, value in values.items() if not math.isfinite(value)]
    layers = [
        name for name, p in method.named_parameters() if p.grad is not None and not p.grad.isfinite().all()
    ]
    broken = [f"loss {', '.join(terms)}"] if terms else []
    if layers:
        broken.append(f"gradient of {layers[-1]}{_and_more(layers)}")
    return _diverged("; ".join(broken), half)


def check_weights(method: nn.Module, half: bool) -> None:
    """A `UserError` where the last step, which no loss follows, has left weights that are not finite."""
    state = method.state_dict()
    broken = [name for name, value in state.items() if value.is_floating_point() and not _finite(value)]
    if broken:
        raise UserError(_diverged(f"after the last step, {broken[0]}{_and_more(broken)}", half))


def diverged_in_testing(stream: str, network: nn.Module, passes: Callable[[], object], half: bool) -> str:
    """Of outputs that are not finite although the weights are. passes: gives the same clips once more."""
    layer = first_layer(network, passes)
    where = f", first after its layer {layer}" if layer else ""
    return _diverged(f"outputs of the {stream} stream on test clips{where}", half)


def first_layer(network: nn.Module, passes: Callable[[], object]) -> str:
    """The first layer, in the order of the pass, whose output is not finite; "" where there is none."""
    found: list[str] = []

    def watch(name: str) -> Callable[..., None]:
        def look(module: nn.Module, given: object, output: object) -> None:
            if not found and isinstance(output, Tensor) and not _finite(output):
                found.append(name)

        return look

    layers = [(name, each) for name, each in network.named_modules() if not list(each.children())]
    hooks = [layer.register_forward_hook(watch(name)) for name, layer in layers]
    try:
        passes()
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else ""


def _finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())


def _and_more(names: Sequence[str]) -> str:
    return f" and {len(names) - 1} more" if names[1:] else ""


def _diverged(what: str, half: bool) -> str:
    tries = ["a smaller --lr", "smaller weights of these terms"] + ["--precision fp32"] * half
    advice = f"{', '.join(tries[:-1])} or {tries[-1]}"
    blame = f"; {plugin}" if (plugin := PLUGINS.hint()) else ""
    return f"training is not finite any more ({what}); try {advice}{blame}"
