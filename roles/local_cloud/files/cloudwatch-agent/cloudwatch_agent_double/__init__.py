# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A double of the Amazon CloudWatch agent for rehearsal hosts: the same configuration, the same names in CloudWatch.

It measures and ships what the roles configure (disk, memory, swap, processor, files, journal). What a configuration may
hold besides is accepted, logged as not measured, and left out. It proves a configuration, not Amazon's program.
"""
