"""MLproject, rendered from the settings classes: `python -m kd.project > MLproject`."""

import dataclasses
import importlib
import sys
from typing import Any

from kd.config import as_text

ENTRY_POINTS = {
    "main": ("iterate", "kd.passes.settings:IterateSettings"),
    "iterate": ("iterate", "kd.passes.settings:IterateSettings"),
    "class_frame": ("class_frame", "kd.passes.class_frame_settings:ClassFrameSettings"),
    "baseline": ("baseline", "kd.baseline.settings:BaselineSettings"),
    "reproduce": ("reproduce", "kd.reproduce.settings:ReproduceSettings"),
    "train": ("train", "kd.passes.settings:TrainSettings"),
    "distill": ("distill", "kd.passes.settings:DistillSettings"),
    "pseudo_label": ("pseudo_label", "kd.passes.settings:PseudoLabelSettings"),
    "compress": ("compress", "kd.compress.settings:CompressSettings"),
    "merge": ("merge", "kd.passes.settings:MergeSettings"),
    "tune": ("tune", "kd.passes.settings:TuneSettings"),
    "detect": ("detect", "kd.listening.settings:DetectSettings"),
    "evaluate": ("evaluate", "kd.passes.scoring_settings:EvaluateSettings"),
    "compare": ("compare", "kd.passes.scoring_settings:CompareSettings"),
    "lineage": ("lineage", "kd.lineage.settings:LineageSettings"),
    "promote": ("promote", "kd.promotion.settings:PromoteSettings"),
    "champions": ("champions", "kd.promotion.settings:ChampionsSettings"),
    "prune": ("prune", "kd.promotion.settings:PruneSettings"),
    "export": ("export", "kd.export.settings:ExportSettings"),
    "report": ("report", "dashboards.settings:ReportSettings"),
    "dashboard": ("dashboard", "dashboards.settings:DashboardSettings"),
    "scenes_teacher_student": ("scenes_teacher_student", "kd.scenes.settings:TeacherStudentSettings"),
    "scenes_specialists": ("scenes_specialists", "kd.scenes.settings:SpecialistsSettings"),
    "classify": ("classify", "kd.scenes.classify_settings:ClassifySettings"),
    "convert_scenes": ("convert_scenes", "kd.scenes.convert_settings:ConvertSettings"),
    "doctor": ("doctor", "kd.doctor.settings:DoctorSettings"),
    "backup": ("backup", "kd.backup.settings:BackupSettings"),
    "restore": ("restore", "kd.backup.settings:RestoreSettings"),
    "check_data": ("check_data", "kd.corpus.check_command:CheckDataSettings"),
}


def settings_class(place: str) -> type[Any]:
    """The settings class at `module:name`."""
    module, _, name = place.partition(":")
    kind: type[Any] = getattr(importlib.import_module(module), name)
    return kind


def rendered() -> str:
    """The text of MLproject."""
    lines = ["name: kd-sed", "", "conda_env: conda.yaml", "", "entry_points:"]
    for name, (module, place) in ENTRY_POINTS.items():
        fields = dataclasses.fields(settings_class(place))
        lines += [f"  {name}:", "    parameters:"]
        lines += [
            f"      {field.name}: {{type: {_type(field.default)}, default: {_quoted(field.default)}}}"
            for field in fields
        ]
        words = " ".join(f"--{field.name} {{{field.name}}}" for field in fields)
        lines += [f'    command: "python -m entrypoints.{module} {words}"']
    lines += ["  test:", "    command: \"python -m pytest -m 'not slow'\""]
    return "\n".join(lines) + "\n"


def _type(default: Any) -> str:
    return "float" if isinstance(default, int | float) and not isinstance(default, bool) else "string"


def _quoted(default: Any) -> str:
    text = as_text(default)
    return text if _type(default) == "float" else f'"{text}"'


if __name__ == "__main__":
    sys.stdout.write(rendered())
