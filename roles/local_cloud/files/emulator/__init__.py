# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A rehearsal's AWS: moto's server behind TLS, with corrections, kept state and a log of calls."""
