"""Real hosts on this machine: systemd in a namespace of its own, over an overlay of a cached tree."""
