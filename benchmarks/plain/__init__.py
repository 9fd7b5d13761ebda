# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The seed's set as plain boto3 makes it: one process, one call after the other, nothing of Ansible."""
