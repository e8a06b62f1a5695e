"""Parameters of the entry points that train scene classifiers."""

from dataclasses import dataclass

from kd.config import option
from kd.corpus.settings import ClassChoice
from kd.losses.names import COMBINE, POINTS, SOFTEN
from kd.passes.options import ArithmeticOptions, LengthOptions, WorkerOptions

EPOCHS = 20  # where neither steps nor epochs are given


@dataclass(frozen=True)
class SceneCorpusOptions(ClassChoice):
    """Which corpus, and which of its tables plays which part."""

    data: str = option("demo", help="corpus folder in the layout of TAU Urban Acoustic Scenes; 'demo' generates one")
    train: str = option("fold1_train", help="table below evaluation_setup/ that is trained on")
    report_on: str = option("fold1_evaluate", help="table that is reported, never chosen on; empty: none")
    select_on: str = option(
        "", help="table that temperatures, pairs and best networks are chosen on; empty: places held out of train"
    )
    hold_out: float = option(
        0.2,
        help="share of the training clips that is held out, by places, where select_on is empty",
        low=0.02,
        high=0.9,
    )
    classes: str = option("", help="only these classes, comma-separated; empty: those of the training table")
    missing: str = option("error", help="clips listed but absent", choices=("error", "skip"))


@dataclass(frozen=True)
class SoundOptions:
    """How much is read of each clip, and how."""

    clip_seconds: float = option(
        0.0, help="clips are cropped or padded to this length; 0: most clips'", low=0, high=600
    )
    rate: int = option(0, help="samples per second that networks read; 0: most clips'", low=0, high=192_000)
    channels: int = option(0, help="channels that networks read; 0: the files', at most 2", low=0, high=2)


@dataclass(frozen=True)
class SceneFitOptions(LengthOptions):
    """How one network is trained."""

    steps: int = option(0, help="training steps of each network; 0: from the epochs", low=0, high=10_000_000)
    epochs: int = option(0, help=f"training epochs of each network, where steps=0; 0: {EPOCHS}", low=0, high=100_000)
    batch: int = option(0, help="clips per step; 0: 8, with recipe=paper its paper's", low=0, high=4096)
    recipe: str = option(
        "default",
        help="'paper': optimiser, rate and batch of the paper; 'default': rates for hundreds of steps, not thousands",
        choices=("default", "paper"),
    )
    width: float = option(
        0.25,
        help="channels of the convolutions, as a share of the papers'; 1 is theirs, 0.25 suits processors",
        low=0.05,
        high=8,
    )
    seed: int = option(0, help="seed of what is held out, initialisation, batches and draws", low=0, high=2**31)


@dataclass(frozen=True)
class SoftLabelOptions:
    """How students learn from teachers."""

    temperature: float = option(
        5.0, help="soft labels are softmax(logit / temperature); where Optuna begins", low=0.05, high=100
    )
    soften: str = option(
        "logits", help="what is divided by it: 'probabilities' is S5's equation (3) as printed", choices=SOFTEN
    )
    student_temperature: float = option(
        0.0, help="temperature of the student's own outputs; 0: the teacher's, 1: S5's equation (2)", low=0, high=100
    )
    squared: bool = option(True, help="soft losses times the square of the student's temperature")
    weight: float = option(
        0.5, help="share of the loss of hard labels; where Optuna begins; the papers have none: 0", low=0, high=1
    )


@dataclass(frozen=True)
class SceneTuningOptions:
    """Optuna's part."""

    tuning: str = option(
        "on", help="on: a study of short students chooses temperature and weight", choices=("on", "off")
    )
    trials: int = option(6, help="trials of the study, a short training each", low=1, high=10_000)
    trial_share: float = option(0.5, help="length of a trial's training, as a share of a network's", low=0.01, high=1)
    sampler: str = option("tpe", help="how Optuna draws", choices=("tpe", "gp", "cmaes", "random"))


@dataclass(frozen=True)
class SceneJobOptions:
    """The job."""

    model: str = option("kd-scenes", help="name in the model registry")


@dataclass(frozen=True)
class SceneSettings(
    WorkerOptions,
    SceneJobOptions,
    SceneTuningOptions,
    SoftLabelOptions,
    ArithmeticOptions,
    SceneFitOptions,
    SoundOptions,
    SceneCorpusOptions,
):
    """What both jobs take."""


@dataclass(frozen=True)
class TeacherStudentSettings(SceneSettings):
    """Parameters of `scenes_teacher_student`."""

    networks: str = option("waveform,spectrogram", help="networks, comma-separated, of waveform, spectrogram, mel")
    teacher_clips: int = option(
        2,
        help="clips of one class that the teacher hears one after the other: 1, 2 or 3 times a clip's length",
        low=1,
        high=10,
    )
    point: str = option(
        "",
        help="where knowledge is distilled: the output, the last hidden layer (embedding) or both; empty: the best of "
        "these on the selection part, or with tables=false both",
        choices=("", *POINTS),
    )
    distance: float = option(
        1.0, help="with point=both: what the distance of embeddings counts beside the soft labels", low=0, high=1e6
    )
    tables: bool = option(True, help="train the students of S5's Tables 4 and 5 as well, of the last network")


@dataclass(frozen=True)
class SpecialistsSettings(SceneSettings):
    """Parameters of `scenes_specialists`."""

    networks: str = option("waveform,mel", help="networks, comma-separated, of waveform, spectrogram, mel")
    pairs: int = option(2, help="pairs of classes that get a specialist", low=1, high=100)
    combine: str = option("mean", help="of the soft labels of generalist and specialists", choices=COMBINE)
    crop_seconds: float = option(
        0.0,
        help="random part of each waveform that a training step reads; 0: half of a clip, as in S3's Table 2 (its text "
        "says 3 of 10 s)",
        low=0,
        high=600,
    )
    mixup: float = option(
        0.1, help="α of Beta(α, α): sound and targets of two clips are mixed; 0: none", low=0, high=100
    )
