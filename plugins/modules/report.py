#!/usr/bin/python
# Copyright: (c) the mlinfra.aws authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: report
version_added: 0.1.0
short_description: Write what a playbook found as JSON and as a page with charts
description:
  - Writes two files on the controller, C(PATH.json) with the data for programs and C(PATH.html) for people.
  - The page is one file. It asks for nothing else, has no script, follows the reader's light or dark colours, and can be
    printed. All that is put into it is escaped.
  - Both files are written anew each time, whole or not at all.
author:
  - The mlinfra.aws authors (!UNKNOWN)
notes:
  - An action plugin does the work, on the controller and without a process of its own.
options:
  path:
    description:
      - Where to write, without an extension. Relative to the folder that ansible-playbook was started in.
        Missing folders are made.
    type: str
    required: true
  title:
    description: Title of the report.
    type: str
    required: true
  subtitle:
    description: A line below the title.
    type: str
    default: ""
  data:
    description: What the JSON holds. The title and the time are added under the key C(report).
    type: dict
    required: true
  sections:
    description:
      - The parts of the page, in their order. Each has C(kind), and may have C(title), C(note) (a line below it) and
        C(currency) (of money, by default C(USD)).
      - C(kind=text) has C(text), one paragraph or a list of them.
      - C(kind=log) has C(lines), a list of texts that keep their spaces.
      - C(kind=figures) shows large figures side by side. C(items) have C(label) and C(value), and may have C(format),
        C(note) and C(tone).
      - C(kind=table) has C(columns), each a title or a dictionary of C(title) and C(format), and C(rows), each a list of
        cells or a dictionary of C(cells) and C(tone); C(foot) is a last row, such as a sum.
      - C(kind=bars) draws horizontal bars. C(items) have C(label) and C(value), and may have C(note) and C(tone).
        C(format) of the section is that of the values. Negative values go to the left.
      - C(kind=lines) draws lines. C(series) have C(label) and C(points), a list of pairs of x and y; where x is a text,
        it is a time in ISO 8601. C(x_title) and C(y_title) name the axes, C(format) is that of y. C(marks) are points to
        point out, with C(x), C(y) and C(label), and C(rules) are upright lines, with C(x) and C(label).
      - C(kind=timeline) draws spans of time in rows. C(items) have C(label) (those of one label share a row), C(start) and
        C(end) in ISO 8601, and may have C(note), shown on hovering, and C(tone). C(start) and C(end) of the section say
        where the axis begins and ends.
      - A C(format) is C(text), C(code), C(number) or C(money), a C(tone) is C(good), C(warn), C(bad) or C(muted).
    type: list
    elements: dict
    default: []
attributes:
  check_mode:
    description: Makes the report in check mode too, and does not write it.
    support: full
"""

EXAMPLES = r"""
- name: Write the report
  mlinfra.aws.report:
    path: reports/cost
    title: What dev costs
    data: "{{ cost }}"
    sections:
      - kind: figures
        items:
          - {label: A month, value: "{{ cost.total }}", format: money}
      - kind: table
        title: Resources
        columns: [Resource, {title: USD, format: money}]
        rows:
          - [NAT gateway, 32.85]
          - {cells: [EC2 t3.medium, 30.37], tone: warn}
        foot: [Total, 63.22]
      - kind: lines
        title: NAT gateway or endpoints
        x_title: GB a month
        format: money
        series:
          - {label: NAT gateway, points: [[0, 36.5], [2000, 126.5]]}
          - {label: Endpoints, points: [[0, 73], [2000, 93]]}
        marks:
          - {x: 1043, y: 83.43, label: 1043 GB}
"""

RETURN = r"""
json:
  description: The file with the data.
  returned: success
  type: str
  sample: /home/me/reports/cost.json
html:
  description: The page.
  returned: success
  type: str
  sample: /home/me/reports/cost.html
"""
