# Copyright: Contributors to the mlinfra.aws collection
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Training runs: started as units of systemd, watched over, mirrored into the models bucket, and resumed on another host."""
