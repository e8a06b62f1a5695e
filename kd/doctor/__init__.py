"""What stands in the way of a job, looked for before it begins."""
