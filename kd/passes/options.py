"""Groups of parameters, as entry points share them."""

from dataclasses import dataclass

from kd.config import option
from kd.corpus.settings import SplitSettings
from kd.engines.pool import ENGINES
from kd.labels.names import ACCEPTS, KINDS, SCALES, SMOOTHINGS
from kd.models.config import ARCHITECTURES


@dataclass(frozen=True)
class ClipOptions:
    """How much is read of each clip."""

    clip_seconds: float = option(10.0, help="clips are cropped or padded to this length", low=0.2, high=600)


@dataclass(frozen=True)
class RateOptions:
    """How audio is read where the network's paper does not say it."""

    rate: int = option(
        0, help="samples per second of the features; 0: 32000 where the corpus has it, else 16000", low=0, high=96_000
    )


@dataclass(frozen=True)
class CorpusSettings(RateOptions, ClipOptions, SplitSettings):
    """Which corpus, and how its audio is read."""


@dataclass(frozen=True)
class LengthOptions:
    """How long one network is trained."""

    steps: int = option(0, help="training steps per candidate; 0: from the number of clips", low=0, high=10_000_000)
    epochs: int = option(
        0, help="training epochs per candidate, where steps=0; 0: from the number of clips", low=0, high=100_000
    )
    batch: int = option(0, help="clips per step; 0: the recipe's (paper 32, default 12)", low=0, high=4096)


@dataclass(frozen=True)
class DescentOptions(LengthOptions):
    """How one network is trained, whatever it learns from."""

    learning_rate: float = option(
        0.0,
        help="Adam's rate; falls linearly over the last third; 0: the network's own (0.004 of the small ones, 0.002 of "
        "shallow, 0.001 of the others and with recipe=paper)",
        low=1e-8,
        high=1,
        unset=0,
    )
    seed: int = option(0, help="seed of initialisation, batch order and augmentation", low=0, high=2**31)
    time_mask: int = option(0, help="SpecAugment: frames masked of a clip, below this; 0: none", low=0, high=100_000)
    frequency_mask: int = option(0, help="SpecAugment: mel bands masked of a clip, below this; 0: none", low=0, high=64)


@dataclass(frozen=True)
class FitOptions(DescentOptions):
    """The same of one kind of targets, which can be mixed up."""

    mixup: float = option(
        0.0, help="α of Beta(α, α): log-mel features and targets of two clips are mixed; 0: none", low=0, high=100
    )
    average: float = option(
        0.995,
        help="decay of the moving average of weights that each network ends with; 0: its last weights; not with recipe=paper",
        low=0,
        high=0.99999,
    )


@dataclass(frozen=True)
class LabelOptions:
    """How teacher scores become labels."""

    labels: str = option(
        "",
        help="'soft': teacher probabilities; 'binary': 1 where they reach the threshold; 'gated': soft, and no label "
        "where they are between 1 - threshold and threshold; empty: the recipe's, and soft with a temperature",
        choices=("", *KINDS),
    )
    window: int = option(7, help="label median window in frames, odd", low=1, high=239, odd=True)
    sigma: float = option(1.0, help="label Gaussian in frames", low=0, high=100)
    temperature: float = option(1.0, help="soft and gated labels are sigmoid(logit / temperature)", low=0.05, high=100)
    threshold_scale: str = option(
        "own",
        help="what thresholds of binary and gated labels are compared with: 'own', scores shifted so that the teacher's "
        "own threshold lies at 0.5; 'absolute', the scores",
        choices=SCALES,
    )
    threshold_start: float = option(
        0.0, help="threshold of pass 2; 0: 0.5 on the teacher's own scale, 0.75 on the absolute one", low=0, high=1
    )
    threshold_decay: float = option(
        -1.0,
        help="what the threshold falls by in each later pass; -1: nothing on the teacher's own scale, down to the floor "
        "over the passes on the absolute one",
        low=-1,
        high=1,
    )
    threshold_floor: float = option(0.25, help="the threshold does not fall below this", low=0, high=1)


@dataclass(frozen=True)
class ClampOptions:
    """What is known of clips beside their pseudo-labels."""

    clamp: bool = option(
        True, help="labels of a weakly labelled clip are 0 for classes it is known not to hold; not with recipe=paper"
    )
    accept: str = option(
        "all",
        help="weakly labelled clips that get frame labels; 'exact': those whose detected tags are the known ones",
        choices=ACCEPTS,
    )
    tag_weight: float = option(
        1.0,
        help="what the loss of tags, known or detected, counts beside that of frame labels; 0: nothing; not with recipe=paper",
        low=0,
        high=100,
    )


@dataclass(frozen=True)
class DirectionOptions:
    """Which way recurrent networks walk."""

    direction: str = option(
        "both",
        help="'forward': recurrent networks walk the frames in order only, for use while the sound goes on; 4 frames "
        "(deep) or 3 (shallow, small) are seen ahead",
        choices=("both", "forward"),
    )


@dataclass(frozen=True)
class RecurrentOptions(DirectionOptions):
    """What the recurrent networks are made of."""

    sru_version: int = option(1, help="recurrent unit: 1 (the paper's) or 2", low=1, high=2)
    recurrent_activation: str = option(
        "tanh", help="activation inside the recurrent unit", choices=("tanh", "identity")
    )
    padding: str = option("same", help="padding of the deep network", choices=("same", "literal"))
    pooling: str = option(
        "",
        help="clip tags from frames: 'mean' of their probabilities, the paper's, or 'linear', weighted by themselves; empty: "
        "the recipe's",
        choices=("", "mean", "linear"),
    )


@dataclass(frozen=True)
class WidthOptions:
    """How large the residual and the small networks are."""

    width: float = option(
        0.0,
        help="a factor of the channels of the residual network, where 1 is the paper's and 0.25 suits processors, and of "
        "the small ones; 0: the network's own (2 of the small ones, else 1)",
        low=0.02,
        high=8,
        unset=0,
    )


@dataclass(frozen=True)
class RegistryOptions:
    """Where networks are registered."""

    model: str = option("kd-sed", help="name in the model registry")


@dataclass(frozen=True)
class NetworkOptions(RegistryOptions, WidthOptions, RecurrentOptions):
    """What networks are made of, and the name they are registered under."""


@dataclass(frozen=True)
class ArithmeticOptions:
    """Arithmetic of prediction."""

    precision: str = option("auto", help="arithmetic", choices=("auto", "float32", "bfloat16"))
    threads: int = option(0, help="processor threads of each process; 0: the cores shared among them", low=0, high=1024)


@dataclass(frozen=True)
class PlacingOptions:
    """Where networks are trained, and how many at once."""

    workers: int = option(
        0, help="networks trained at the same time, each in its own process; 0: one per core", low=0, high=1024
    )
    engine: str = option(
        "local",
        help="where networks are trained: 'local', processes of this machine; 'ray', a Ray cluster",
        choices=ENGINES,
    )
    address: str = option(
        "local",
        help="with engine=ray, the cluster, as ray.init takes it: 'auto', 'ray://host:10001'; 'local': one on this machine",
    )
    gpus_per_candidate: float = option(
        0.0,
        help="devices of a training: with engine=ray, several trainings share one of which they take a fraction; 2 and more "
        "share each batch of it out",
        low=0,
        high=64,
    )


@dataclass(frozen=True)
class WorkerOptions(PlacingOptions):
    """The same of a job."""

    fresh: bool = option(False, help="start a new job that reuses features but no finished step")


@dataclass(frozen=True)
class LoopOptions:
    """The loop of `iterate`."""

    passes: int = option(8, help="passes of the loop", low=1, high=1000)
    recipe: str = option("default", help="'paper': Koutini 2018 as published", choices=("default", "paper"))
    architectures: str = option(
        "",
        help=f"networks trained in each pass, comma-separated, of {', '.join(ARCHITECTURES)}; empty: the recipe's (paper "
        "deep,shallow, default small,shallow)",
    )
    smoothings: str = option(
        "", help=f"label smoothings from pass 2 on, comma-separated, of {', '.join(SMOOTHINGS)}; empty: the recipe's"
    )
    selection: str = option(
        "select_on",
        help="crossfit: where select_on serves both ends (report_on the same or empty), report cross-fitted figures of it",
        choices=("select_on", "crossfit"),
    )
    start: str = option(
        "",
        help="where networks begin: 'fresh', or 'last', the weights of the best network of their kind in the pass before; "
        "empty: the recipe's",
        choices=("", "fresh", "last"),
    )
    merge: str = option(
        "class",
        help="'class': each class from its best network; 'network': all classes from the one of best mean F1",
        choices=("class", "network"),
    )
    blend: float = option(
        -1.0,
        help="what the mean of all champions' networks counts in the merged scores of each class; the rest is its own "
        "champion's; -1: the recipe's (paper 0, default 0.5)",
        low=0,
        high=1,
        unset=-1,
    )
    patience: int = option(
        0,
        help="end the job after so many passes in which no class gained beyond its 95 % interval on the selection split; 0: "
        "all passes",
        low=0,
        high=1000,
    )
    warm_start: str = option("", help="versions of earlier jobs that may be champions, comma-separated")
    sample: int = option(
        12, help="clips of each scored split whose sound is kept for the report; 0: none", low=0, high=10_000
    )


@dataclass(frozen=True)
class StudyOptions:
    """How studies search."""

    trials: int = option(40, help="trials of a study of labels", low=1, high=100_000)
    student_trials: int = option(6, help="trials of a study of students, a short training each", low=1, high=10_000)
    student_steps: int = option(
        100, help="training steps of a student in a trial; never more than a candidate's", low=1, high=1_000_000
    )
    students_at_once: int = option(
        1,
        help="students of a study trained at the same time; each is drawn before the others beside it have ended",
        low=1,
        high=1024,
    )
    sampler: str = option("tpe", help="how Optuna draws", choices=("tpe", "gp", "cmaes", "random"))
    class_loss: float = option(
        0.1,
        help="event F1 that labels of a class may lose against its champion, else a trial counts as infeasible",
        low=0,
        high=1,
    )


@dataclass(frozen=True)
class TuningOptions(StudyOptions):
    """Optuna's part in the loop."""

    tuning: str = option(
        "",
        help="on: studies choose how labels are made, from the given settings on; empty: on, but off in recipe=paper",
        choices=("", "on", "off"),
    )
    objective: str = option(
        "both",
        help="'labels': quality of the labels, in every pass; 'student': F1 of a short student, in student_passes",
        choices=("labels", "student", "both"),
    )
    student_passes: str = option("2", help="passes with a study of students, comma-separated")


@dataclass(frozen=True)
class TuneOptions:
    """What `tune` looks for."""

    what: str = option(
        "labels",
        help="labels: window, Gaussian and threshold by the labels' quality; student: these, kind, temperature, decay and "
        "clamping by short students; schedule: start and decay by several short passes; training: learning rate, batch, "
        "steps, augmentation",
        choices=("labels", "student", "schedule", "training"),
    )
    architecture: str = option("small", help="network of students and of what=training", choices=ARCHITECTURES)
    passes: int = option(3, help="short passes in a trial of what=schedule", low=3, high=1000)
    fresh: bool = option(False, help="forget the study of these parameters and start it anew")


@dataclass(frozen=True)
class TrainOptions:
    """The network of `train` and what it learns from."""

    architecture: str = option("small", help="network", choices=ARCHITECTURES)
    labels: str = option(
        "weak", help="label source: weak (tags) or strong (the split named by strong=)", choices=("weak", "strong")
    )


@dataclass(frozen=True)
class DistillOptions:
    """The student of `distill` and what it learns from."""

    labels: str = option("", help="pseudo-labels: a folder, or the id of the run that logged them")
    smoothing: str = option("median", help="smoothing of the labels", choices=SMOOTHINGS)
    architecture: str = option("small", help="student network", choices=ARCHITECTURES)


@dataclass(frozen=True)
class LabellingOptions:
    """The model of `pseudo_label` and where its labels go."""

    model: str = option("models:/kd-sed@merged", help="registered model, as a models:/ address")
    out: str = option("pseudo-labels", help="folder to write the labels to; it must not exist yet")


@dataclass(frozen=True)
class MergeOptions:
    """The model of `merge`."""

    model: str = option("kd-sed", help="name in the model registry, whose best-<class> aliases are merged")
    blend: float = option(
        0.5,
        help="what the mean of all champions' networks counts in the scores of each class; the rest is its own champion's",
        low=0,
        high=1,
    )
