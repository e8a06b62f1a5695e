"""Several teachers, one small student: S4 (Fu 2019)."""
