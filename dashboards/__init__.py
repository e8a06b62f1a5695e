"""Pages that show a job: what its passes found, what its clips sound like, how far it errs."""
