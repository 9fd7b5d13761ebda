# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Real hosts on this machine: systemd in a namespace of its own, over an overlay of a cached tree."""
