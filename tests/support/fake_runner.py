"""A runner that trains nothing: it writes the record that a run would leave."""

from backbones.base.errors import UserError
from harness.campaign.shared_settings import pairs_for
from harness.config.difference import run_key
from methods.fusion.catalogue import FUSIONS
from support.made_records import made, save


class FakeRunner:
    """fails: {label: reason}. stops_at: the number of the call that is stopped. calls: what was asked for."""

    def __init__(self, out, fails=(), stops_at=None):
        self.out, self.fails, self.stops_at, self.calls = out, dict(fails), stops_at, []

    def __call__(self, run):
        self.calls.append(run_key(run.config.plain()))
        if len(self.calls) == self.stops_at:
            raise KeyboardInterrupt
        if run.label() in self.fails:
            raise UserError(self.fails[run.label()])
        want, weights = run.wanted[0], run.config.local.weights
        pairs = [*pairs_for(want.method, run.base.pairs), *want.pairs]
        pairs += [f"local.weights={weights}"] if weights else []
        everywhere = dict.fromkeys(FUSIONS.names(), 60.0)
        how = {"method": want.method, "seed": want.seed, "preset": run.base.preset}
        how |= {"dataset": want.dataset} if want.dataset else {}
        record = made(everywhere, *pairs, **how)
        save([record], self.out)
        (self.out / record.id / "checkpoint.pt").touch()
