# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A double of EC2's instance metadata service, version 2 only, for one rehearsal host."""
