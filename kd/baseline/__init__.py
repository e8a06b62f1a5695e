"""The baseline of DCASE 2018 task 4: what the loop is measured against."""
