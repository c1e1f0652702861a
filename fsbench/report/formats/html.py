"""HTML: one page that stands alone, with its style inside and nothing to load."""

from collections.abc import Sequence

from jinja2 import Environment, StrictUndefined

from fsbench.report.formats.columns import DASH, groups
from fsbench.report.model import Table

_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ tables[0].title }}</title>
<style>
body { font-family: sans-serif; margin: 2em; color: #1a1a1a; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: bold; padding: .6em 0; }
th, td { padding: .2em .6em; text-align: right; }
tbody th { text-align: left; font-weight: normal; }
thead tr:first-child > * { border-top: 2px solid; }
thead tr:last-child > * { border-bottom: 1px solid; }
tbody tr:last-child > * { border-bottom: 2px solid; }
.group { text-align: center; }
.best { font-weight: bold; }
.second { text-decoration: underline; }
.notes { font-size: smaller; }
</style>
</head>
<body>
{%- for table in tables %}
<table>
<caption>{{ table.title }}</caption>
<thead>
{%- if table.groups[0].title %}
<tr><td></td>
{%- for group in table.groups %}
{%- if group.title %}
<th class="group" colspan="{{ group.columns|length }}" scope="colgroup">{{ group.title }}</th>
{%- else %}
<td colspan="{{ group.columns|length }}"></td>
{%- endif %}
{%- endfor %}</tr>
{%- endif %}
<tr><th scope="col">Method</th>
{%- for group in table.groups %}{% for column in group.columns %}<th scope="col">{{ column.label }}
{%- if column.unit %} ({{ column.unit }}){% endif %}</th>{% endfor %}{% endfor %}</tr>
</thead>
<tbody>
{%- for label in table.labels %}{% set r = loop.index0 %}
<tr><th scope="row">{{ label }}</th>
{%- for group in table.groups %}{% for column in group.columns %}<td
{%- if column.marks[r] %} class="{{ classes[column.marks[r]] }}"{% endif %}>
{%- if column.cells[r] == dash %}&ndash;{% else %}{{ column.cells[r] }}{% endif %}</td>
{%- endfor %}{% endfor %}</tr>
{%- endfor %}
</tbody>
</table>
<ul class="notes">
{%- for note in table.notes %}
<li>{{ note }}</li>
{%- endfor %}
<li>Measured as <code>{{ table.signature }}</code>.</li>
</ul>
{%- endfor %}
</body>
</html>
"""


def write(tables: Sequence[Table]) -> str:
    """Write a page with the tables below each other; what comes from runs is escaped."""
    template = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True).from_string(_PAGE)
    shown = [
        {
            "title": table.title,
            "groups": groups(table),
            "labels": [row.label for row in table.rows],
            "notes": table.notes,
            "signature": table.signature,
        }
        for table in tables
    ]
    return template.render(tables=shown, classes={1: "best", 2: "second"}, dash=DASH)
