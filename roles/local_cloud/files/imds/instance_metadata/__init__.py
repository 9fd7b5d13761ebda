"""A double of EC2's instance metadata service, version 2 only, for one rehearsal host."""
