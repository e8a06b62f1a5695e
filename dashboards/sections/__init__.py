"""The parts of a report, one file each: a job's record in, a `Section` out."""
