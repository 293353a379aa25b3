"""Which tables there are: their rows as settings, their columns as metrics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from backbones.base.errors import UsageError, suggestion
from backbones.base.streams import STREAMS
from results.claims.claims import by_id, claims
from results.claims.side import PAPER_PRESET, Side
from results.tables.interpretations import tried, untried

K400, UCF, HMDB, SSV2 = "kinetics400", "ucf101", "hmdb51", "ssv2"


@dataclass(frozen=True)
class Row:
    """setting: "mbd method.final=false @ average", an output of a configuration; "" where none is. A metric
    that names an output of its own ("local.top1") is of that one.

    reported: what the paper states, by metric ("top1"), as text. lacking: why it cannot be measured here.
    preset: the paper's protocol.
    """

    label: str
    setting: str = ""
    reported: tuple[tuple[str, str], ...] = ()
    lacking: str = ""
    preset: str = PAPER_PRESET

    def side(self, metric: str) -> Side | None:
        if not self.setting:
            return None
        if "." in metric:
            return Side.parse(f"{self.setting.rpartition(' @ ')[0]} @ {metric}", self.preset)
        return Side.parse(f"{self.setting}.{metric}", self.preset)


@dataclass(frozen=True)
class Spec:
    """A table of runs. paper: the data set of its reported numbers. free: stream settings that rows vary.

    fixed: measured numbers, too, are of that data set alone. baseline: the row that differences are taken to.
    seeds: how many `--run` makes where no number is given: a grid has few. notes: what else is to be known.
    own_networks: rows of methods that use their own networks stand next to those of common streams.
    """

    name: str
    title: str
    paper: str
    rows: tuple[Row, ...]
    metrics: tuple[str, ...] = ("top1", "top5")
    free: tuple[str, ...] = ()
    fixed: str = ""
    baseline: int | None = 0
    seeds: int = 5
    notes: tuple[str, ...] = ()
    own_networks: bool = False


def stated(**values: str) -> tuple[tuple[str, str], ...]:
    """Reported numbers by metric: a claim's id, or text."""
    known = by_id()
    return tuple((key, known[text].value if text in known else text) for key, text in values.items())


FUSIONS = {
    "average": "C22a",
    "weighted": "C22b",
    "max": "C22c",
    "concat": "C22d",
    "svm": "C22e",
    "conv3d": "C22f",
    "bilinear": "C22g",
    "adaptive": "C23a",
}


def _fusion() -> Spec:
    rows = [
        Row(rule, f"mbd @ {rule}", stated(top1=by_id()[claim].value.replace("..", " to ")))
        for rule, claim in FUSIONS.items()
    ]
    return Spec("fusion", "Fusion rules on the same streams (MBD, Figure 6)", K400, tuple(rows))


def _components() -> Spec:
    rows = (
        Row("two streams, no distillation", "two_stream @ average", stated(top1="C02a", top5="C02b")),
        Row("middle-layer distillation", "mbd method.final=false @ average", stated(top1="C06a")),
        Row("final-layer distillation", "mbd method.middle=false @ average", stated(top1="C08a")),
        Row("adaptive fusion", "two_stream @ adaptive", stated(top1="C10a")),
        Row("all: MBD", "mbd @ adaptive", stated(top1="C04a", top5="C04b")),
    )
    return Spec("components", "Components of MBD (Table 1)", K400, rows)


def _clip_length() -> Spec:
    def row(frames: int, top1: str, top5: str) -> Row:
        setting = f"mbd local.frames={frames} global.frames={frames} @ adaptive"
        return Row(f"{frames} frames", setting, stated(top1=top1, top5=top5))

    rows = (row(8, "C19a", "C19b"), row(16, "C20a", "C20b"))
    free = ("local.frames", "global.frames")
    return Spec("clip-length", "Frames per clip (MBD, Table 2)", K400, rows, free=free, seeds=2)


def _alignment() -> Spec:
    rows = (
        Row("MSE of the logits", "mbd method.final_loss=mse @ adaptive", stated(top1="C21b")),
        Row("MSE of the scores", "mbd method.final_loss=mse_scores @ adaptive"),
        Row("KL", "mbd @ adaptive", stated(top1="C20a", top5="C20b")),
    )
    return Spec("alignment", "Alignment of the final layers (MBD, Table 3)", K400, rows)


LEVELS = {"middle": " method.final=false", "final": " method.middle=false", "both": ""}


def _teachers() -> Spec:
    rows = [Row("no distillation", "two_stream @ average", stated(top1="C02a"))]
    reported = {("local", level): "< 80.9" for level in LEVELS} | {("global", "final"): "C17a"}
    for level, pairs in LEVELS.items():
        for teacher in STREAMS:
            setting = f"unidirectional method.teacher={teacher}{pairs} @ average"
            value = stated(top1=reported[teacher, level]) if (teacher, level) in reported else ()
            rows.append(Row(f"{level}: {teacher} stream teaches", setting, value))
        rows.append(Row(f"{level}: dominant stream teaches", f"mbd{pairs} @ average"))
    return Spec("teachers", "Which stream teaches, at which layers (MBD, Figure 5)", K400, tuple(rows))


def _networks() -> Spec:
    rows = []
    for local, spatial in (
        ("50", "vitb"), ("34", "vitb"), ("50", "resnet50"), ("34", "resnet50"), ("50", "resnet101"),
        ("34", "resnet101"),
    ):  # fmt: skip
        setting = f"mbd local.backbone=r2plus1d{local} global.backbone=vtn_{spatial} @ adaptive"
        rows.append(Row(f"r2plus1d{local} + vtn_{spatial}", setting))
    rows[0] = Row(rows[0].label, rows[0].setting, stated(top1="C04a", top5="C04b"))
    free = ("local.backbone", "global.backbone")
    return Spec(
        "networks", "Networks of the two streams (MBD, Figure 4)", K400, tuple(rows), free=free, seeds=1
    )


def _loss_weights() -> Spec:
    rows = [Row("KL 0.6, MSE 0.4", "mbd @ local", stated(top1="C24")),
            Row("KL 0.6, MSE 0.4", "mbd @ global", stated(top1="C25"))]  # fmt: skip
    grid = [0.2, 0.4, 0.6, 0.8, 1.0]
    for kl, mse in ((kl, mse) for kl in grid for mse in grid if (kl, mse) != (0.6, 0.4)):
        pairs = f"method.kl_weight={kl} method.mse_weight={mse}"
        rows += [Row(f"KL {kl}, MSE {mse}", f"mbd {pairs} @ {stream}") for stream in STREAMS]
    named = tuple(
        Row(f"{row.label}: {row.setting.rpartition(' ')[2]}", row.setting, row.reported) for row in rows
    )
    title = "Weights of the distillation losses, each stream alone (MBD, Figure 7)"
    return Spec("loss-weights", title, K400, named, metrics=("top1",), baseline=None, seeds=1)


STEP_TIME = "time.step"  # of the method, not of a record
METRICS = ("top1", "local.top1", "global.top1", "dominance.agreement", STEP_TIME)
# What a stream can see of each family, and what fusion makes of it: `harness.data.sets.localglobal`.
FAMILIES = (
    *(f"{output}.{family}" for output in STREAMS for family in (output, "shared", "conflict")),
    *(f"own.{family}" for family in (*STREAMS, "shared", "conflict")),
)


def _of_methods(name: str, methods: Iterable[str]) -> Spec:
    rows = _methods(methods)
    if name == "families":
        title = "All methods on the generated clips: each stream and the fusion, by class family"
        notes = ("chance level within a family: 25 %; families that a stream cannot see are left out",)
        made = Spec(name, title, "", rows, FAMILIES, fixed="localglobal", baseline=None, notes=notes)
    else:
        made = Spec(
            name, "All methods: each with its own fusion rule, and its streams alone", "", rows, METRICS
        )
    return replace(made, own_networks=True)


def _methods(methods: Iterable[str]) -> tuple[Row, ...]:
    rows = []
    for name in methods:
        rows.append(Row(name, f"{name} @ own"))
        if name == "single":
            rows[-1:] = [Row("single: local stream", "single @ own"),
                         Row("single: global stream", "single method.stream=global @ own")]  # fmt: skip
    return tuple(rows)


def _ambiguities() -> Spec:
    """Each interpretation of what MBD leaves open, one at a time, against the defaults."""
    rows = [Row("default interpretations", "mbd @ adaptive")]
    rows += [Row(label, f"mbd {pairs} @ adaptive") for label, pairs in tried().items()]
    title = "What the paper leaves open: the effect of each interpretation (MBD)"
    return Spec("ambiguities", title, "", tuple(rows), seeds=2, notes=untried())


def _stddcn() -> Spec:
    """None of STDDCN's own numbers is known; the two notes for scale are of related methods."""
    rows = [
        Row("two streams, no links, no distillation", "stddcn method.dense=false method.distill=false @ own"),
        Row("dense links only", "stddcn method.distill=false @ own"),
        Row("distillation only", "stddcn method.dense=false @ own"),
        Row("both: STDDCN", "stddcn @ own"),
    ]
    found: dict[str, list[str]] = {}
    for claim in claims("stddcn"):
        if claim.left.kind == "cited":
            found.setdefault(claim.left.name, []).append(f"{claim.value} on {claim.dataset}")
    notes = [f"for scale, {name}: {', '.join(values)} (reported)" for name, values in found.items()]
    title = "Dense links and distillation from the fusion (STDDCN; its own numbers are not available)"
    return Spec("stddcn", title, "", tuple(rows), notes=tuple(notes))


def _compared(name: str, title: str, dataset: str) -> Spec:
    """The cited methods of a data set, then MBD."""
    found: dict[str, dict[str, str]] = {}
    for claim in claims():
        if claim.of_others and claim.dataset == dataset and claim.metric in ("top1", "top5"):
            key = f"{claim.left.name} ({claim.note})" if claim.note else claim.left.name
            found.setdefault(key, {}).setdefault(claim.metric, claim.value)
    own = {c.metric.partition(".")[2]: c.id for c in claims("mbd")
           if c.dataset == dataset and c.where.startswith(("Table 4", "Table 5", "Table 6"))
           and c.setting == "mbd" and c.relation == "="}  # fmt: skip
    rows = [Row(label, "", stated(**values)) for label, values in found.items()]
    rows.append(Row("MBD", "mbd @ adaptive", stated(**own)))
    return Spec(name, title, dataset, tuple(rows), fixed=dataset, baseline=None, seeds=1)


def _genkd() -> Spec:
    """The student's own accuracy under each baseline and form, and its teacher's."""
    rows = (
        Row("plain student", "single method.stream=global @ own", stated(top1="G01e", top5="G01f")),
        Row("logits KD", "kd @ own"),
        Row("feature-normalised KD", "kd method.kind=feature_norm @ own"),
        Row("SimKD", "kd method.kind=simkd @ own"),
        Row("attention head and VAE, no teacher", "genkd_teacher method.stream=global @ own"),
        Row("GenKD", "genkd @ own", stated(top1="G01a", top5="G01b")),
        Row("GenKD, no generative distillation", "genkd method.generative_weight=0 @ own"),
        Row("GenKD, no attention distillation", "genkd method.attention_weight=0 @ own"),
        Row("GenKD, second softmax as in the code", "genkd method.classification=summed_scores @ own"),
        Row("GenKD, teacher's VAE as in the code", "genkd method.teacher_vae=student @ own"),
        Row("the teacher", "genkd_teacher @ own"),
    )
    own = tuple(replace(row, preset="genkd") for row in rows)
    return Spec("genkd", "A student of a frozen teacher (GenKD, AAAI 2024)", UCF, own)


BUILDERS = {
    "fusion": _fusion,
    "components": _components,
    "clip-length": _clip_length,
    "alignment": _alignment,
    "ucf101": lambda: _compared("ucf101", "Methods compared on UCF101 (MBD, Table 4)", UCF),
    "hmdb51": lambda: _compared("hmdb51", "Methods compared on HMDB51 (MBD, Table 4)", HMDB),
    "kinetics400": lambda: _compared("kinetics400", "Methods compared on Kinetics-400 (MBD, Table 5)", K400),
    "ssv2": lambda: _compared("ssv2", "Methods compared on Something-Something V2 (MBD, Table 6)", SSV2),
    "teachers": _teachers,
    "networks": _networks,
    "loss-weights": _loss_weights,
    "ambiguities": _ambiguities,
    "stddcn": _stddcn,
    "genkd": _genkd,
}
# Two tables side by side: what stands over each, and their names.
JOINED = {"ucf101-hmdb51": {"UCF101": "ucf101", "HMDB51": "hmdb51"}}
OF_METHODS = ("methods", "families")
NAMES = (*BUILDERS, *JOINED, *OF_METHODS, "cost")
# Each number once: what stands in a joined table is not shown alone as well.
ALL = tuple(name for name in NAMES if not any(name in parts.values() for parts in JOINED.values()))


def spec(name: str, methods: Iterable[str]) -> Spec:
    """A table of runs by its name. methods: what this harness can run; rows of others say so."""
    check_table(name)
    known = list(methods)
    made = _of_methods(name, known) if name in OF_METHODS else BUILDERS[name]()
    return replace(made, rows=tuple(_if_known(row, known) for row in made.rows))


def _if_known(row: Row, methods: list[str]) -> Row:
    side = row.side("top1")
    if side is None or not methods or side.name in methods:
        return row
    return replace(row, setting="", lacking=f"method '{side.name}' is not in this harness yet")


def check_table(name: str) -> None:
    if name not in NAMES:
        raise UsageError(
            f"no table '{name}'{suggestion(name, list(NAMES)) or ';'} there are {', '.join(ALL)}"
        )
